"""A whole import taken back: the dump is what it was, and what has been edited since stays."""

import datetime as dt

import pytest

from takt.gateways.transfer import commands
from takt.gateways.transfer.models import Import, ImportRow
from takt.gateways.transfer.running import carry_out
from takt.kernel.lib.actor import Actor
from takt.ops.doctor.dump import canonical_lines
from takt.sales.contacts.models import Company
from takt.sales.deals.commands import edit_deal
from takt.sales.deals.models import Deal

pytestmark = pytest.mark.django_db


def dump():
    return list(canonical_lines())


def undo(job, by=None):
    commands.undo_import(job, by=Actor(user=by), at=dt.datetime.now(dt.UTC))
    return carry_out(job.pk)


def test_created_and_updated_records_are_as_before(bring, table, pipeline, anna, carla):
    bring(
        "deals",
        table(
            ["ID", "Name", "Owner", "Stage", "Amount", "Company"],
            ["k1", "One", "Anna", "Qualified", "10", "Acme"],
        ),
    )
    before = dump()
    job = bring(
        "deals",
        table(
            ["ID", "Name", "Owner", "Stage", "Amount", "Company", "Contact", "Contact email", "Type"],
            ["k1", "Uno", "Carla", "Offer sent", "11", "Beta", "Bea", "bea@x.example", "New type"],
            ["k2", "Two", "Carla", "Qualified", "12", "Gamma", "Cee", "cee@x.example", "New type"],
        ),
        create_missing=True,
    )
    assert job.count("created") == 1 and job.count("updated") == 1
    job = undo(job)
    assert job.state == Import.State.UNDONE
    assert dump() == before


def test_what_was_edited_since_is_kept_and_listed(bring, table, pipeline, anna, admin, at):
    job = bring(
        "deals",
        table(
            ["ID", "Name", "Owner", "Company"], ["k1", "One", "Anna", "Acme"], ["k2", "Two", "Anna", "Beta"]
        ),
    )
    edit_deal(
        Deal.objects.get(import_key="k1").pk,
        {"about": "mine"},
        by=Actor(user=admin),
        at=dt.datetime.now(dt.UTC),
    )
    job = undo(job)
    assert list(Deal.objects.values_list("import_key", flat=True)) == ["k1"]
    assert list(Company.objects.values_list("name", flat=True)) == ["Acme"]
    kept = ImportRow.objects.filter(job=job, outcome="kept")
    assert set(kept.values_list("kind", flat=True)) == {"deal", "company"}
    assert job.count("kept") == 2 and job.count("removed") == 2


def test_companies_and_contacts_get_their_old_values(bring, table, pipeline):
    bring(
        "contacts", table(["Name", "Email", "Company", "Position"], ["Bea", "b@x.example", "Acme", "Clerk"])
    )
    bring("companies", table(["Name", "Annual revenue"], ["Acme", "100.50"]))
    before = dump()
    one = bring(
        "contacts",
        table(["Name", "Email", "Phone", "Position"], ["Bea", "b@x.example", "+49 30 901820", "Chief"]),
    )
    two = bring(
        "companies", table(["Name", "Annual revenue", "Email"], ["Acme", "200", "office@acme.example"])
    )
    assert (one.count("updated"), two.count("updated")) == (1, 1)
    undo(two)
    undo(one)
    assert dump() == before


def test_the_whole_preset_is_taken_back(bring, shared, pipeline):
    before = dump()
    folder = shared / "maven"
    names = ["sales_pipeline.csv", "products.csv", "sales_teams.csv", "accounts.csv"]
    job = bring("deals", *(folder / n for n in names), preset="maven")
    assert job.state == Import.State.DONE
    job = undo(job)
    assert (job.state, job.count("kept")) == (Import.State.UNDONE, 0)
    assert dump() == before
