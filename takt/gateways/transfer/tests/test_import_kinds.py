"""What rows of each kind become, what is refused, and what a second file changes."""

import datetime as dt
from decimal import Decimal

import pytest

from takt.gateways.transfer.models import Import, ImportRow
from takt.kernel.events.models import Event
from takt.sales.activities.models import Task
from takt.sales.catalog.models import Product
from takt.sales.contacts.models import Company, Contact
from takt.sales.deals.models import Deal, StagePassage, StageTotal

pytestmark = pytest.mark.django_db


def reasons(job):
    return dict(ImportRow.objects.filter(job=job, outcome="refused").values_list("line", "reason"))


def counts(job):
    return tuple(job.count(n) for n in ("read", "created", "updated", "skipped", "refused"))


def test_companies_with_parent_phones_and_a_second_reading(bring, table, pipeline):
    path = table(
        ["Название", "ИНН", "Телефон", "Почта", "Parent company", "Employees", "Tags"],
        ["Ромашка", "77-01", "+49 30 901820; +49 30 901821", "a@x.example", "Холдинг", "1 200", "vip; опт"],
        ["Холдинг", "", "", "", "", "", ""],
    )
    job = bring("companies", path)
    assert counts(job) == (2, 2, 0, 0, 0)
    row = Company.objects.get(name="Ромашка")
    assert (row.parent.name, row.tax_id, row.employees, row.tags) == ("Холдинг", "7701", 1200, ["vip", "опт"])
    assert list(row.phones.values_list("number", flat=True)) == ["+4930901820", "+4930901821"]
    assert counts(bring("companies", path)) == (2, 0, 0, 2, 0)
    changed = table(["Name", "Tax id", "Employees"], ["Ромашка ООО", "7701", "1300"])
    assert counts(bring("companies", changed)) == (1, 0, 1, 0, 0)
    row.refresh_from_db()
    assert (row.name, row.employees, row.version) == ("Ромашка ООО", 1300, 2)


def test_no_company_comes_to_stand_above_itself(bring, table, pipeline):
    path = table(["Name", "Parent"], ["A", "B"], ["B", "C"], ["C", "A"], ["D", "C"], ["E", "E"])
    job = bring("companies", path, keep_going=True)
    assert counts(job) == (5, 1, 0, 0, 4)
    assert Company.objects.get(name="E").parent is None
    bring("companies", table(["Name", "Parent"], ["A", "B"], ["B", "C"]))
    assert bring("companies", table(["Name", "Parent"], ["C", "A"])).state == Import.State.REFUSED
    job = bring("companies", table(["Name", "Parent"], ["C", "A"], ["B", "D"]))
    assert counts(job) == (2, 0, 2, 0, 0)
    assert Company.objects.get(name="C").parent.parent.parent.name == "D"


def test_contacts_find_their_company_and_seal_what_is_personal(bring, table, pipeline):
    path = table(
        ["first_name", "last_name", "Company", "Email", "Mobile"],
        ["Anna", "Berg", "Acme", "anna@acme.example", "+49 151 23456789"],
        ["Иван", "Петров", "Acme", "", ""],
    )
    job = bring("contacts", path)
    assert counts(job) == (2, 2, 0, 0, 0)
    assert Company.objects.get().name == "Acme"
    assert set(Contact.objects.values_list("name", "company__name")) == {
        ("Anna Berg", "Acme"),
        ("Иван Петров", "Acme"),
    }
    event = Event.objects.filter(kind="contact.created").first()
    assert "anna" not in str(event.payload).lower() and event.sealed
    assert event.via == f"import:{job.pk}"
    assert counts(bring("contacts", path)) == (2, 0, 0, 2, 0)


def test_deals_keep_their_true_dates_and_make_what_they_name(bring, table, pipeline, anna):
    path = table(
        [
            "Deal name",
            "Company",
            "Contact",
            "Contact email",
            "Owner",
            "Stage",
            "Amount",
            "Created",
            "Close date",
            "Lost reason",
        ],
        [
            "Big",
            "Acme",
            "Bea",
            "bea@acme.example",
            "anna@takt.example",
            "Qualified",
            "1,250.50",
            "2025-01-10",
            "2025-12-01",
            "",
        ],
        ["Won one", "Acme", "", "", "Anna", "Closed won", "100", "2025-01-10", "2025-02-10", ""],
        ["Lost one", "Beta", "", "", "Anna", "Closed lost", "70", "2025-01-10", "2025-03-10", "Price"],
        ["Lost two", "Beta", "", "", "Anna", "Lost", "", "2025-01-10", "2025-03-10", ""],
    )
    job = bring("deals", path)
    assert counts(job) == (4, 4, 0, 0, 0), reasons(job)
    big, won = Deal.objects.get(name="Big"), Deal.objects.get(name="Won one")
    assert (big.amount, big.expected_close_on, big.stage.name) == (
        Decimal("1250.50"),
        dt.date(2025, 12, 1),
        "Qualified",
    )
    assert big.parts.get().contact.name == "Bea"
    assert big.next_task is None and big in Deal.objects.without_next_step()
    assert (won.status, won.closed_at.date(), won.precision) == ("won", dt.date(2025, 2, 10), "day")
    assert (won.closed_at - won.cycle_start_at).days == 31
    assert Deal.objects.get(name="Lost one").loss_reason.slug == "price"
    assert Deal.objects.get(name="Lost two").loss_reason.slug == "not_recorded"
    assert StagePassage.objects.get(deal=won).exit == "won"
    assert StageTotal.objects.get(stage=big.stage).amount == Decimal("1250.50")
    assert counts(bring("deals", path)) == (4, 0, 0, 4, 0)
    assert Company.objects.count() == 2


def test_a_later_file_moves_wins_and_hands_over(bring, table, pipeline, anna, carla):
    first = table(
        ["ID", "Name", "Owner", "Stage", "Amount", "Created"],
        ["k1", "One", "Anna", "Qualified", "10", "2025-01-10"],
        ["k2", "Two", "Anna", "Qualified", "20", "2025-01-10"],
    )
    bring("deals", first)
    second = table(
        ["ID", "Name", "Owner", "Stage", "Status", "Amount", "Closed"],
        ["k1", "One", "Carla", "Offer sent", "", "15", ""],
        ["k2", "Two", "Anna", "Qualified", "won", "", "2025-06-01"],
    )
    job = bring("deals", second)
    assert counts(job) == (2, 0, 2, 0, 0), reasons(job)
    one, two = Deal.objects.get(import_key="k1"), Deal.objects.get(import_key="k2")
    assert (one.owner.name, one.stage.name, one.amount) == ("Carla", "Offer sent", Decimal(15))
    assert list(one.passages.order_by("id").values_list("stage__name", "exit")) == [
        ("Qualified", "advanced"),
        ("Offer sent", ""),
    ]
    assert (two.status, two.amount_base) == ("won", Decimal(20))
    assert StageTotal.objects.filter(deals__gt=0).values_list("owner__name", "deals", "amount").get() == (
        "Carla",
        1,
        Decimal(15),
    )


def test_tasks_belong_to_deals_by_key(bring, table, pipeline, anna):
    bring("deals", table(["ID", "Name", "Owner"], ["k1", "One", "Anna"]))
    path = table(
        ["Subject", "Type", "Due", "Assignee", "Deal key", "Status", "Done at"],
        ["Call them", "Call", "2026-03-05 10:30", "anna@takt.example", "k1", "", ""],
        ["Met them", "meeting", "2026-02-05", "Anna", "k1", "done", "2026-02-05"],
        ["Nowhere", "call", "2026-02-05", "Anna", "k9", "", ""],
    )
    job = bring("tasks", path, keep_going=True)
    assert counts(job) == (3, 2, 0, 0, 1)
    assert "k9" in reasons(job)[4]
    assert Deal.objects.get().next_task.title == "Call them"
    assert Task.objects.get(status="done").done_at.date() == dt.date(2026, 2, 5)
    assert counts(bring("tasks", path, keep_going=True)) == (3, 0, 0, 2, 1)


def test_products_by_code(bring, table, pipeline):
    path = table(["Артикул", "Наименование", "Цена", "Валюта"], ["A-1", "Насос", "1 200,50", "EUR"])
    assert counts(bring("products", path)) == (1, 1, 0, 0, 0)
    assert Product.objects.get().price == Decimal("1200.50")
    more = table(["Code", "Name", "Price", "Currency"], ["A-1", "Насос", "1300", "EUR"])
    assert counts(bring("products", more)) == (1, 0, 1, 0, 0)


def test_one_refused_row_stops_all_unless_told_to_go_on(bring, table, pipeline, anna):
    path = table(
        ["Name", "Owner", "Type", "Amount"],
        ["Good", "Anna", "", "5"],
        ["Bad", "Nobody", "Unheard of", "much"],
        ["", "Anna", "", "-1"],
    )
    job = bring("deals", path)
    assert (job.state, counts(job)) == (Import.State.REFUSED, (3, 1, 0, 0, 2))
    assert not Deal.objects.exists()
    told = reasons(job)
    assert "Nobody" in told[3] and "much" in told[3]
    assert "negative" in told[4]
    job = bring("deals", path, keep_going=True)
    assert (job.state, counts(job)) == (Import.State.DONE, (3, 1, 0, 0, 2))
    assert Deal.objects.get().name == "Good"


def test_unknown_types_are_refused_or_made(bring, table, pipeline, anna):
    path = table(["Name", "Owner", "Type", "Source", "Stage"], ["X", "Anna", "Barter", "Radio", "Haggling"])
    assert bring("deals", path).state == Import.State.REFUSED
    job = bring("deals", path, create_missing=True)
    assert job.state == Import.State.DONE, reasons(job)
    deal = Deal.objects.get()
    assert (deal.type.name, deal.source.name, deal.stage.name) == ("Barter", "Radio", "Haggling")


def test_the_same_key_twice_in_one_file_is_one_record(bring, table, pipeline, anna):
    path = table(["ID", "Name", "Owner", "Amount"], ["k", "A", "Anna", "1"], ["k", "A", "Anna", "2"])
    assert counts(bring("deals", path)) == (2, 1, 1, 0, 0)
    assert Deal.objects.get().amount == 2


def test_what_lies_in_the_recycle_bin_is_not_made_again(bring, table, pipeline, admin, at):
    from takt.kernel.lib.actor import Actor
    from takt.sales.deals.commands import delete_deal

    path = table(["ID", "Name"], ["k", "A"])
    bring("deals", path, by=admin)
    delete_deal(Deal.objects.get().pk, by=Actor(user=admin), at=at)
    job = bring("deals", path, by=admin)
    assert job.state == Import.State.REFUSED
    assert "recycle bin" in reasons(job)[2]


@pytest.mark.parametrize(
    "name",
    [
        "<script>window.__x=1</script>",
        "=cmd|'/c calc'!A1",
        "'; DROP TABLE deal; --",
        "a" * 201,
        "‮evil",
        "\\N",
        "{{7*7}}",
        "%s%d",
    ],
)
def test_hostile_names_are_stored_as_they_are_or_refused(bring, table, pipeline, anna, name):
    job = bring("companies", table(["Name", "About"], [name, name]))
    if len(name) > 200:
        assert job.state == Import.State.REFUSED
    else:
        assert Company.objects.get().name == name.strip()


def test_nothing_is_told_to_anybody_about_an_import(bring, table, pipeline, anna):
    job = bring("deals", table(["Name", "Owner"], ["A", "Anna"]))
    vias = set(Event.objects.filter(kind__startswith="deal.").values_list("via", flat=True))
    assert vias == {f"import:{job.pk}"}
