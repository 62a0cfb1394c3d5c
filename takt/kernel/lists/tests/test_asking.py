"""The filter grammar: what it understands, what it refuses, and paging through whole lists."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import Invalid
from takt.kernel.lists.asking import Asked, asked
from takt.kernel.lists.spec import Column, ListSpec
from takt.sales.catalog.models import Product

AT = dt.datetime(2026, 11, 12, 9, 0, tzinfo=dt.UTC)
NOBODY = User(pk=7, email="nobody@example.com", name="Nobody")


def units(user: User) -> list[tuple[Any, str]]:
    return [("pcs", "Pieces"), ("h", "Hours")]


GOODS = ListSpec(
    resource="test_goods",
    entity="product",
    columns=(
        Column("name", "Name", sort="sort_key"),
        Column("code", "Code"),
        Column("unit", "Unit", kind="choice", choices=units),
        Column("price", "Price", kind="money", sort="price", nullable=True),
        Column("is_active", "Active", kind="bool"),
        Column("created", "Created", kind="datetime", path="created_at", sort="created_at"),
        Column("day", "Day", kind="date", path="created_at__date"),
        Column("owner", "Owner", kind="ref", path="id"),
        Column("company", "Company", kind="ref", path="id"),
        Column("hidden", "Hidden", filterable=False),
    ),
    default_sort="-created",
    search=True,
)


def ask(query: str, **more: Any) -> Asked:
    return asked(GOODS, QueryDict(query), NOBODY, at=AT, **more)


def goods(*prices: Any, **more: Any) -> list[Product]:
    rows = []
    for number, price in enumerate(prices):
        row = Product(
            name=f"Thing {number}",
            sort_key=f"thing {number}",
            price=price,
            currency="EUR",
            created_at=AT - dt.timedelta(days=number),
            updated_at=AT,
            **more,
        )
        row.set_search(row.name)
        rows.append(row)
    return Product.objects.bulk_create(rows)


def found(query: str) -> list[str]:
    wanted = ask(query)
    return sorted(wanted.apply(Product.objects.all()).values_list("name", flat=True))


HOSTILE = [
    "x" * 10_000,
    "%00",
    "a%00b",
    "%F0%9F%98%80" * 3000,
    "'; DROP TABLE product; --" * 20,
    "1e400",
    "NaN",
    "Infinity",
    "-",
    "0000-01-01",
    "99999-01-01",
    "2026-02-30",
    "9" * 400,
    "%D9%A1%D9%A2",
    "²",
    "{}",
    "[]",
    "null",
]
STRICT = [
    "price",
    "price__gte",
    "created",
    "created__lt",
    "day",
    "day__gte",
    "is_active",
    "owner",
    "company",
    "unit",
]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize(
    "name", [*STRICT, "limit", "cursor", "sort", "count", "columns", "export", "price__empty"]
)
@pytest.mark.django_db
def test_a_value_that_means_nothing_is_refused(name: str, value: str) -> None:
    with pytest.raises(Invalid) as refused:
        ask(f"{name}={value}")
    assert refused.value.errors[0].field == name
    assert refused.value.status == 422


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("name", ["name", "name__contains", "q", "code__ne"])
@pytest.mark.django_db
def test_a_strange_text_is_refused_or_finds_nothing(name: str, value: str) -> None:
    try:
        wanted = ask(f"{name}={value}")
    except Invalid:
        return
    list(wanted.page(wanted.apply(Product.objects.all())).rows)


@pytest.mark.parametrize(
    "name",
    [
        "nothing",
        "hidden",
        "name__gte",
        "price__contains",
        "price__",
        "__",
        "",
        "owner__gte",
        "name__lookup__x",
        "a%00",
    ],
)
def test_an_unknown_and_an_unreadable_field_are_refused_alike(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        ask(f"{name}=1")
    assert refused.value.errors[0].code == "unknown_filter"


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        ask("nothing=1&price__gte=x&limit=900&sort=code")
    assert {e.field for e in refused.value.errors} == {"nothing", "price__gte", "limit", "sort"}


def test_empty_form_fields_mean_nothing() -> None:
    assert ask("price__gte=&unit=", blanks=True).filters == ()
    with pytest.raises(Invalid):
        ask("price__gte=")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("price=10", [0]),
        ("price=10,30", [0, 2]),
        ("price=10&price=30", [0, 2]),
        ("price__ne=10", [1, 2, 3]),
        ("price__gte=20", [1, 2]),
        ("price__gt=20", [2]),
        ("price__lte=20.00", [0, 1]),
        ("price__lt=20", [0]),
        ("price__empty=true", [3]),
        ("price__empty=false", [0, 1, 2]),
        ("created=today", [0]),
        ("created=2026-11-11", [1]),
        ("created__gte=2026-11-11", [0, 1]),
        ("created__gt=2026-11-11", [0]),
        ("created__lte=yesterday", [1, 2, 3]),
        ("created__lt=2026-11-11T09:00:00Z", [2, 3]),
        ("created=-1d", [0, 1]),
        ("created__gte=-2d", [0, 1, 2]),
        ("created__lte=+1d", [0, 1, 2, 3]),
        ("created=this_week", [0, 1, 2, 3]),
        ("created=last_month", []),
        ("day=2026-11-10,2026-11-09", [2, 3]),
        ("name__contains=THING 2", [2]),
        ("q=thing+3", [3]),
        ("unit=pcs", []),
        ("unit__empty=true", [0, 1, 2, 3]),
        ("is_active=true&price__gte=20", [1, 2]),
        ("name=Thing 1,Thing 2", [1, 2]),
    ],
)
def test_filters(query: str, numbers: list[int]) -> None:
    goods(Decimal(10), Decimal(20), Decimal(30), None)
    with timezone.override(dt.UTC):
        assert found(query) == [f"Thing {n}" for n in numbers]


@pytest.mark.django_db
def test_a_day_is_the_reader_s_own() -> None:
    goods(Decimal(10))
    Product.objects.update(created_at=dt.datetime(2026, 11, 11, 23, 30, tzinfo=dt.UTC))
    with timezone.override(dt.timezone(dt.timedelta(hours=3))):
        assert found("created=2026-11-12") == ["Thing 0"]
    with timezone.override(dt.UTC):
        assert found("created=2026-11-12") == []


@pytest.mark.django_db
def test_a_comma_of_the_value_is_escaped() -> None:
    goods(Decimal(1))
    Product.objects.update(name="Smith, Inc")
    assert found("name=Smith\\, Inc") == ["Smith, Inc"]
    assert found("name=Smith, Inc") == []


@pytest.mark.django_db
def test_a_person_by_id_e_mail_or_me() -> None:
    row = User.objects.create(email="Anna@takt.example", name="Anna", sort_key="anna", created_at=AT)
    assert ask("owner=anna@takt.example").filters[0].values == (row.pk,)
    assert ask("owner=me,5").filters[0].values == (7, 5)
    for query in ("owner=nobody@nowhere.example", "company=me", "company=anna@takt.example", "owner=0"):
        with pytest.raises(Invalid):
            ask(query)


@pytest.mark.parametrize("sort", ["price", "-price", "name", "-name", "created", "-created"])
@pytest.mark.django_db
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    prices=st.lists(st.none() | st.sampled_from([0, 1, 2, 5]).map(Decimal), max_size=25),
    limit=st.integers(1, 7),
)
def test_all_pages_together_are_the_sorted_list(sort: str, prices: list[Any], limit: int) -> None:
    Product.objects.all().delete()
    goods(*prices)
    Product.objects.filter(id__in=Product.objects.values("id")[:5]).update(created_at=AT, sort_key="same")
    path = {"price": "price", "name": "sort_key", "created": "created_at"}[sort.lstrip("-")]
    sign = -1 if sort.startswith("-") else 1
    rows = list(Product.objects.values_list(path, "id"))
    valued = sorted((r for r in rows if r[0] is not None), reverse=sign < 0)
    empty = sorted((r for r in rows if r[0] is None), key=lambda r: r[1] * sign)
    for fields in (("name",), None):
        seen, cursor = [], ""
        while True:
            page = ask(f"sort={sort}&limit={limit}{cursor}").page(Product.objects.all(), fields)
            seen += [r.id for r in page.rows]
            assert len(page.rows) <= limit
            if page.next_cursor is None:
                break
            cursor = f"&cursor={page.next_cursor}"
        assert seen == [r[1] for r in valued + empty]
    assert [r.id for r in ask(f"sort={sort}").walk(Product.objects.all(), ("id",), size=limit)] == seen


@pytest.mark.django_db
def test_a_cursor_belongs_to_its_order() -> None:
    goods(Decimal(1), Decimal(2), Decimal(3))
    cursor = ask("sort=-price&limit=1").page(Product.objects.all(), ("name",)).next_cursor
    assert (
        ask(f"sort=-price&cursor={cursor}").page(Product.objects.all(), ("name",)).rows[0].name == "Thing 1"
    )
    with pytest.raises(Invalid):
        ask(f"sort=price&cursor={cursor}")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@pytest.mark.django_db
@given(
    value=st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text(max_size=20)
    | st.sampled_from(
        ["1e400", "1e999999", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "\x00", [], {}]
    ),
    sort=st.sampled_from(["price", "-price", "name", "created"]),
    number=st.integers(1, 2**63 - 1),
)
def test_a_made_up_cursor_never_breaks_the_list(value: Any, sort: str, number: int) -> None:
    import base64
    import json

    raw = json.dumps([sort, value, number]).encode()
    cursor = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    try:
        ask(f"sort={sort}&cursor={cursor}").page(Product.objects.all(), ("name",))
    except Invalid as refused:
        assert refused.errors[0].field == "cursor"


@pytest.mark.django_db
def test_the_next_page_starts_from_an_index(django_assert_max_num_queries: Any) -> None:
    goods(*[Decimal(n) for n in range(20)])
    cursor = ask("sort=name&limit=5").page(Product.objects.all(), ("name",)).next_cursor
    wanted = ask(f"sort=name&limit=5&cursor={cursor}")
    with django_assert_max_num_queries(1) as queries:
        wanted.page(Product.objects.all(), ("name",))
    sql = queries.captured_queries[0]["sql"]
    assert '"sort_key" >= ' in sql and "NULLS" not in sql


@pytest.mark.django_db
def test_the_question_as_a_link() -> None:
    wanted = ask("price__gte=20&unit=pcs,h&q=thing&sort=price&limit=9&cursor=", blanks=True)
    assert wanted.query() == "price__gte=20&unit=pcs,h&q=thing&sort=price"
    assert wanted.query(without=["unit"], sort="") == "price__gte=20&q=thing"
    assert ask(wanted.query()).filters == wanted.filters
