"""What is exported and read back unchanged changes nothing, whatever stands in it."""

import datetime as dt
import itertools
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from takt.gateways.transfer.commands import undo_import
from takt.gateways.transfer.exporting import write_file
from takt.gateways.transfer.models import ImportRow
from takt.gateways.transfer.running import carry_out
from takt.kernel.lib.actor import Actor
from takt.kernel.settings.commands import change_setting
from takt.sales.catalog import commands as catalog
from takt.sales.catalog.models import Product
from takt.sales.deals import commands as selling
from takt.sales.deals.models import Deal, DealLine

pytestmark = pytest.mark.django_db

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"]), max_size=30).map(str.strip)
NAMES = TEXTS.filter(lambda t: any(c.isalnum() for c in t))
AMOUNTS = st.none() | st.decimals(0, 10**12, places=2)
PRODUCTS = st.lists(
    st.fixed_dictionaries({
        "name": NAMES, "series": TEXTS, "unit": TEXTS.map(lambda t: t[:20].strip()), "price": AMOUNTS,
        "currency": st.sampled_from(["EUR", "USD", "CNY"]), "is_active": st.booleans(),
        "tax_rate": st.none() | st.decimals(0, 100, places=2),
    }),
    min_size=1, max_size=4,
)  # fmt: skip
DEALS = st.lists(
    st.fixed_dictionaries({
        "name": NAMES, "about": TEXTS, "amount": AMOUNTS, "currency": st.sampled_from(["EUR", "USD", "CNY"]),
        "probability": st.none() | st.integers(0, 100),
        "expected_close_date": st.none() | st.dates(dt.date(1990, 1, 1), dt.date(2100, 1, 1)),
        "tags": st.lists(st.sampled_from(["vip", "опт", "重点"]), unique=True),
    }),
    min_size=1, max_size=4,
)  # fmt: skip
PROPERTY = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)  # fmt: skip


def unchanged(kind, bring, folder):
    """Both files of everything, read back, change nothing."""
    for ending in ("csv", "xlsx"):
        path = folder / f"{kind}.{ending}"
        count = write_file(kind, path)
        job = bring(kind, path)
        rows = list(ImportRow.objects.filter(job=job).values_list("line", "outcome", "reason"))
        assert (job.state, job.read, rows) == ("done", count, [])


@PROPERTY
@given(PRODUCTS)
def test_products(bring, admin, at, tmp_path, rows):
    with transaction.atomic():
        for number, row in enumerate(rows):
            catalog_row = {k: v for k, v in row.items() if k != "is_active"}
            made = catalog.create_product(code=f"C{number}", **catalog_row, by=Actor(admin), at=at)
            Product.objects.filter(pk=made.pk).update(is_active=row["is_active"])
        before = list(Product.objects.order_by("pk").values())
        unchanged("products", bring, tmp_path)
        assert list(Product.objects.order_by("pk").values()) == before
        transaction.set_rollback(True)


@PROPERTY
@given(DEALS, st.lists(st.sampled_from(["open", "won", "lost"]), min_size=4, max_size=4))
def test_deals(bring, admin, pipeline, at, tmp_path, rows, ends):
    by = Actor(admin)
    with transaction.atomic():
        for row, end in zip(rows, itertools.cycle(ends), strict=False):
            deal = selling.create_deal(**row, new_company="Acme", is_quick=True, by=by, at=at)
            if end == "lost":
                selling.lose_deal(deal, reason="price", comment="too dear\nand late", by=by, at=at)
        before = list(Deal.objects.order_by("pk").values())
        unchanged("deals", bring, tmp_path)
        assert list(Deal.objects.order_by("pk").values()) == before
        transaction.set_rollback(True)


def test_the_tax_of_a_product_comes_goes_and_is_taken_back(bring, table, admin):
    path = table(["Name", "Price", "VAT %"], ["Lathe", "100", "20%"], ["Mill", "50", ""], ["Saw", "5", "7.5"])
    assert bring("products", path).count("created") == 3
    rates = dict(Product.objects.values_list("name", "tax_rate"))
    assert rates == {"Lathe": Decimal(20), "Mill": None, "Saw": Decimal("7.5")}
    job = bring("products", table(["Name", "НДС"], ["Lathe", "0"], ["Mill", ""]))
    assert (job.count("updated"), job.count("skipped")) == (1, 1)
    assert Product.objects.get(name="Lathe").tax_rate == 0  # not taxed is no blank
    for wrong in ("101", "-1", "7.555", "many"):
        assert bring("products", table(["Name", "Tax"], ["Saw", wrong])).count("refused") == 1
    undo_import(job, by=Actor(admin), at=dt.datetime.now(dt.UTC))
    carry_out(job.pk)
    assert Product.objects.get(name="Lathe").tax_rate == 20


@pytest.fixture
def lathe(bring, table):
    bring("products", table(["Name", "Price", "Tax"], ["Lathe", "100", "20"]))


def line_of(name):
    return DealLine.objects.filter(deal__name=name).values_list(
        "quantity", "price", "discount", "discount_amount", "tax_rate"
    )[0]


def test_a_line_of_a_deal_has_its_discount_and_tax(bring, table, pipeline, anna, admin, at, lathe):
    change_setting("deal.prices_include_tax", 1, by=Actor(admin), at=at)
    header = ["Name", "Product", "Qty", "Unit price", "Discount", "Discount amount", "VAT", "Amount"]
    path = table(
        header,
        ["percent", "Lathe", "2", "100", "10%", "", "", ""],
        ["money", "Lathe", "2", "100", "", "30", "7", ""],
        ["backwards", "Lathe", "2", "", "10", "", "", "180"],
        ["as it says", "Lathe", "1", "100", "50", "", "", "999"],
    )
    assert bring("deals", path, owner=anna.pk).count("created") == 4
    assert line_of("percent") == (2, 100, 10, 0, 20)  # the product's own tax
    assert line_of("money") == (2, 100, 0, 30, 7)
    assert line_of("backwards") == (2, 100, 10, 0, 20)
    amounts = dict(Deal.objects.values_list("name", "amount"))
    assert amounts == {"percent": 180, "money": 170, "backwards": 180, "as it says": 999}
    wrong = table(
        header,
        ["both", "Lathe", "1", "100", "10", "5", "", ""],
        ["more", "Lathe", "1", "100", "", "101", "", ""],
        ["much", "Lathe", "1", "100", "120", "", "", ""],
        ["taxed", "Lathe", "1", "100", "", "", "-3", ""],
    )
    assert bring("deals", wrong, owner=anna.pk).count("refused") == 4


def test_where_prices_are_without_tax_it_comes_on_top(bring, table, pipeline, anna, lathe):
    header = ["Name", "Product", "Qty", "Price", "Amount"]
    path = table(header, ["on top", "Lathe", "2", "100", ""], ["backwards", "Lathe", "2", "", "240"])
    assert bring("deals", path, owner=anna.pk).count("created") == 2
    assert set(Deal.objects.values_list("amount", flat=True)) == {Decimal(240)}
    assert line_of("backwards")[1] == 100
    assert set(DealLine.objects.values_list("total", flat=True)) == {Decimal(240)}
