"""Rows that say little, or what no database could hold: changed by number, or refused in a sentence."""

import datetime as dt

import pytest

from takt.gateways.transfer.models import Import, ImportRow
from takt.sales.activities.models import Task
from takt.sales.catalog.models import Product
from takt.sales.contacts.models import Company, Contact
from takt.sales.deals.models import Deal

pytestmark = pytest.mark.django_db

LONG_ADDRESS = "a" * 60 + "@" + ".".join(["b" * 60] * 3) + ".example"


def reasons(job):
    return list(ImportRow.objects.filter(job=job, outcome="refused").values_list("reason", flat=True))


def test_one_column_of_a_record_is_changed_by_its_number(bring, table, pipeline, anna, admin):
    bring("companies", table(["ID", "Name"], ["c1", "Acme"]))
    bring("contacts", table(["ID", "Name", "Company"], ["p1", "Bea", "Acme"]))
    bring("products", table(["Name", "Code"], ["Lathe", "L1"]))
    bring("deals", table(["ID", "Name", "Owner", "Company"], ["k1", "One", "Anna", "Acme"]))
    bring(
        "tasks",
        table(["ID", "Title", "Due", "Deal id", "Assignee"], ["t1", "Call", "2030-01-02", "k1", "Anna"]),
    )
    for kind, model, column, text, field, value in (
        ("companies", Company, "Region", "Bavaria", "region", "Bavaria"),
        ("contacts", Contact, "Position", "Chief", "position", "Chief"),
        ("products", Product, "Unit", "pcs", "unit", "pcs"),
        ("deals", Deal, "Competitor", "Rival", "competitor", "Rival"),
        ("tasks", Task, "Result", "Agreed", "result", "Agreed"),
    ):
        pk = model.objects.get().pk
        job = bring(kind, table(["takt_id", column], [str(pk), text]), by=admin)
        assert (job.state, job.count("updated")) == (Import.State.DONE, 1), (kind, reasons(job))
        assert getattr(model.objects.get(), field) == value


def test_one_column_of_a_deal_is_changed_by_its_key_and_a_new_one_is_refused(bring, table, pipeline, anna):
    bring("deals", table(["ID", "Name", "Owner"], ["k1", "One", "Anna"]))
    job = bring("deals", table(["ID", "Amount"], ["k1", "12"]), owner=anna.pk)
    assert job.count("updated") == 1 and Deal.objects.get().name == "One"
    job = bring("companies", table(["ID", "Name", "Region"], ["c9", "", "Bavaria"]))
    assert reasons(job) == ["Name: this can't be empty."]


def test_a_deal_keeps_to_its_own_pipeline_where_the_file_names_none(bring, table, pipeline, anna):
    rows = ["k1", "One", "Anna", "Second", "Draft"]
    bring("deals", table(["ID", "Name", "Owner", "Pipeline", "Stage"], rows), create_missing=True)
    job = bring("deals", table(["ID", "Name", "Stage"], ["k1", "One", "Draft"]), owner=anna.pk)
    assert (job.state, job.count("skipped")) == (Import.State.DONE, 1), reasons(job)
    job = bring("deals", table(["ID", "Name", "Stage"], ["k1", "One", "Qualified"]), owner=anna.pk)
    assert "no stage" in reasons(job)[0]


@pytest.mark.parametrize("number", ["²", "-1", "abc", "1.5", "9" * 30])
@pytest.mark.parametrize("kind", ["companies", "contacts", "deals", "products", "tasks"])
def test_what_is_no_number_of_takt_is_refused(bring, table, pipeline, anna, kind, number):
    title = "Title" if kind == "tasks" else "Name"
    job = bring(kind, table(["takt_id", title], [number, "One"]), owner=anna.pk)
    assert (job.state, job.count("refused")) == (Import.State.REFUSED, 1)


@pytest.mark.parametrize(
    ("header", "row", "reason"),
    [
        (["Name", "Amount"], ["A", "1e400"], "Amount:"),
        (["Name", "Amount"], ["A", "1e20"], "Amount:"),
        (["Name", "Amount"], ["A", "NaN"], "Amount:"),
        (["Name", "Product", "Quantity"], ["A", "Lathe", "99999999999"], "Amount:"),
        (["Name", "Product", "Quantity", "Amount"], ["A", "Lathe", "0.0000001", "5"], "Quantity:"),
        (["Name", "Contact", "Contact email"], ["A", "Bea", "not an address"], "e-mail:"),
        (["Name", "Contact", "Contact phone"], ["A", "Bea", "12"], "phone:"),
        (["Name", "Company"], ["A", "x" * 201], "Company:"),
        (["Name", "Created"], ["A", "2020-01-01 25:00"], "Created:"),
        (["Name", "Pipeline"], ["A", "Unknown"], "Pipeline:"),
        (["Name", "Status"], ["A", "won"], "Closed:"),
        (["Name", "Tags"], ["A", "x" * 41], "Tags:"),
    ],
)
def test_what_a_deal_cannot_hold_is_refused(bring, table, pipeline, anna, header, row, reason):
    bring("products", table(["Name", "Price"], ["Lathe", "99999999999"]))
    for options in ({}, {"create_missing": True, "keep_going": True}):
        job = bring("deals", table(header, row), owner=anna.pk, **options)
        assert job.count("refused") == 1 and reason in reasons(job)[0], (job.state, job.problem)
        assert not Deal.objects.exists()


def test_a_long_company_of_a_task_is_refused_and_line_ends_in_names_are_spaces(bring, table, pipeline, anna):
    due = dt.date(2030, 1, 2).isoformat()
    job = bring("tasks", table(["Title", "Due", "Company"], ["Call", due, "x" * 300]), owner=anna.pk)
    assert "Company:" in reasons(job)[0]
    bring("deals", table(["Name", "Company"], ["One", "Acme\n GmbH"]), owner=anna.pk)
    assert Company.objects.get().name == "Acme GmbH"


def test_the_longest_address_fits_as_a_name(bring, table, pipeline, anna):
    assert len(LONG_ADDRESS) > 200
    job = bring("contacts", table(["Name", "Email"], ["", LONG_ADDRESS]))
    assert job.state == Import.State.DONE and len(Contact.objects.get().name) == 200
    job = bring("deals", table(["Name", "Contact email"], ["One", LONG_ADDRESS]), owner=anna.pk)
    assert (job.state, Contact.objects.count()) == (Import.State.DONE, 1)


def test_a_task_is_done_only_with_its_time(bring, table, pipeline, anna):
    header = ["ID", "Title", "Due", "Assignee"]
    bring("tasks", table(header, ["t1", "Call", "2030-01-02", "Anna"]))
    job = bring("tasks", table(["ID", "Title", "Status"], ["t1", "Call", "done"]), owner=anna.pk)
    assert reasons(job) == ["a done task needs the time at which it was done."]
    more = ["t1", "Call", "done", "2026-01-05"]
    job = bring("tasks", table(["ID", "Title", "Status", "Done at"], more), owner=anna.pk)
    assert (job.count("updated"), Task.objects.get().status) == (1, "done")
    job = bring("tasks", table(["ID", "Title", "Status"], ["t1", "Call", "done"]), owner=anna.pk)
    assert job.count("skipped") == 1
