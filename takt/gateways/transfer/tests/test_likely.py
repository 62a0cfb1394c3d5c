"""The check warns of customers that are here already; one chooses what becomes of them; merged keys lead on."""

import datetime as dt
from typing import Any

import pytest

from takt.gateways.transfer import commands, queries
from takt.gateways.transfer.models import Import, ImportRow
from takt.gateways.transfer.running import carry_out
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Invalid
from takt.sales.contacts.commands import create_company, create_contact, merge_companies, merge_contacts
from takt.sales.contacts.models import Company, Contact

pytestmark = pytest.mark.django_db

FIRMS = (
    "Name,Phone,E-mail,Region,Tax number\n"
    "Acme Europe GmbH,+49 30 5550100,,,\n"
    "Romashka,,,,\n"
    "Shanghai Dianli,,,,\n"
    "Somebody Else,,,,\n"
    "Twice,+31 10 5550188,,,\n"
    "Another Name,+31 10 5550188,,,\n"
)


@pytest.fixture(name="bring")
def bring_text(bring: Any, tmp_path: Any) -> Any:
    """`bring("companies", text)` with the text of a file."""

    def run(kind: str, text: str, *, dry_run: bool = False) -> Import:
        path = tmp_path / "table.csv"
        path.write_text(text, encoding="utf-8")
        return bring(kind, path, write=not dry_run)

    return run


@pytest.fixture
def here(admin: Any, at: dt.datetime) -> dict[str, Company]:
    by = Actor(admin)
    return {
        "acme": create_company(name="Acme", phones=["+49305550100"], by=by, at=at),
        "romashka": create_company(name="ООО «Ромашка»", by=by, at=at),
        "dianli": create_company(name="上海电力", by=by, at=at),
    }


def start(job: Import, choice: str, admin: Any) -> Import:
    commands.begin_import(job, duplicates=choice, by=Actor(admin), at=dt.datetime.now(dt.UTC))
    return carry_out(job.pk)


def test_the_check_warns(here: dict[str, Company], bring: Any) -> None:
    job = bring("companies", FIRMS, dry_run=True)
    assert job.count("likely") == 4, list(ImportRow.objects.values())
    rows = {r.line: r for r in queries.likely(job)}
    assert [(r.name, r.reason) for r in rows.values()] == [
        ("Acme", "The phone number is the same"),
        ("ООО «Ромашка»", "The name is nearly the same"),
        ("上海电力", "The name is nearly the same"),
        ("", "Line 6 of the file. The phone number is the same"),
    ]


@pytest.mark.parametrize(
    ("choice", "companies", "counts"),
    [("create", 9, (6, 0, 0)), ("skip", 5, (2, 0, 4)), ("update", 5, (2, 2, 2))],
)
def test_what_becomes_of_them(
    here: dict[str, Company], bring: Any, admin: Any, choice: str, companies: int, counts: Any
) -> None:
    done = start(bring("companies", FIRMS, dry_run=True), choice, admin)
    assert done.state == "done", done.problem
    assert Company.objects.count() == companies, list(Company.objects.values_list("name", flat=True))
    assert set(Company.objects.filter(pk__in=[c.pk for c in here.values()]).values_list("name", flat=True)) == {
        "Acme", "ООО «Ромашка»", "上海电力",
    }  # fmt: skip


def test_an_unknown_choice(here: dict[str, Company], bring: Any, admin: Any) -> None:
    with pytest.raises(Invalid):
        start(bring("companies", FIRMS, dry_run=True), "forget", admin)


def test_namesakes_in_two_firms_are_two_people(
    here: dict[str, Company], bring: Any, admin: Any, at: dt.datetime
) -> None:
    by = Actor(admin)
    create_contact(name="Ivan Petrov", company=here["acme"], by=by, at=at)
    job = bring(
        "contacts",
        "Name,Company,E-mail\nИван Петров,Acme,ivan@acme.example\nIvan Petrov,上海电力,ivan@dianli.example\n",
        dry_run=True,
    )
    assert [(r.line, r.name) for r in queries.likely(job)] == [(2, "Ivan Petrov")]


def test_the_key_of_a_merged_record_leads_to_what_it_became(
    here: dict[str, Company], bring: Any, admin: Any, at: dt.datetime
) -> None:
    by = Actor(admin)
    bring("companies", "Name,Key\nBeta,b-1\n")
    beta = Company.objects.get(import_key="b-1")
    merge_companies(here["acme"], beta, by=by, at=at)
    done = bring("companies", "Name,Key,Region\nAcme,b-1,Utrecht\n")
    assert (done.state, done.count("updated")) == ("done", 1), done.problem
    assert Company.objects.get(pk=here["acme"].pk).region == "Utrecht"
    bring("contacts", "Name,Key\nIlse,p-1\nJan,p-2\n")
    ilse, jan = Contact.objects.get(import_key="p-1"), Contact.objects.get(import_key="p-2")
    merge_contacts(ilse, jan, by=by, at=at)
    done = bring("contacts", "Name,Key,Job title\nJan,p-2,Buyer\n")
    assert (done.state, done.count("updated")) == ("done", 1), done.problem
    assert Contact.objects.get(pk=ilse.pk).position == "Buyer"


def test_classifiers_come_by_code_or_by_name(bring: Any) -> None:
    bring(
        "companies",
        "Name,Loyalty,Client type,Interests,Next contact\nNew One,loyal,Dealer,racks; shelves,2026-05-01\n",
    )
    row = Company.objects.get(name="New One")
    assert (row.loyalty, row.client_type, row.interests, row.next_contact_on) == (
        "loyal", "dealer", ["racks", "shelves"], dt.date(2026, 5, 1),
    )  # fmt: skip
    job = bring("companies", "Name,Loyalty\nNew Two,warmish\n", dry_run=True)
    assert job.state == "refused"
