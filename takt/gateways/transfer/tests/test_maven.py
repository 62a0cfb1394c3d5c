"""The preset's figures are those of the data."""

import datetime as dt
import json
from decimal import Decimal

import pytest
from django.db.models import Avg, Count, F, Sum
from django.db.models.functions import TruncDate

from takt.gateways.transfer.models import Import
from takt.kernel.accounts.models import Team, User
from takt.sales.contacts.models import Company
from takt.sales.deals.models import Deal, StagePassage

pytestmark = pytest.mark.django_db
FILES = ["sales_pipeline.csv", "products.csv", "sales_teams.csv", "accounts.csv"]


@pytest.fixture
def maven(bring, shared, pipeline):
    return bring("deals", *(shared / "maven" / n for n in FILES), preset="maven")


def test_every_row_is_brought_in_and_none_twice(maven, bring, shared):
    assert (maven.state, maven.count("created"), maven.count("refused")) == (Import.State.DONE, 8927, 0)
    again = bring("deals", *(shared / "maven" / n for n in reversed(FILES)), preset="maven")
    assert (again.count("created"), again.count("updated"), again.count("skipped")) == (0, 0, 8927)


def test_figures_are_those_of_the_ground_truth(maven, shared):
    truth = json.loads((shared / "maven_ground_truth.json").read_text())
    by_status = dict(Deal.objects.values_list("status").annotate(n=Count("pk")))
    assert by_status == {
        "won": truth["by_stage"]["Won"],
        "lost": truth["by_stage"]["Lost"],
        "open": 1589 + 500,
    }
    won = Deal.objects.filter(status="won")
    assert won.aggregate(s=Sum("amount_base"))["s"] == truth["won_value_total"]
    open_ = Deal.objects.filter(status="open", amount_is_estimated=True)
    listed = {n.lower(): int(s) for n, s in open_.values_list("stage__name").annotate(s=Sum("amount"))}
    assert listed == truth["open_pipeline_list_price"]
    assert Deal.objects.filter(status="lost").aggregate(s=Sum("amount"))["s"] == 0
    days = TruncDate("closed_at") - TruncDate("cycle_start_at")
    mean = won.aggregate(d=Avg(days))["d"] / dt.timedelta(days=1)
    assert round(Decimal(mean), 3) == round(Decimal(truth["days_won"]["mean"]), 3)
    assert set(Deal.objects.filter(status="lost").values_list("loss_reason__slug", flat=True)) == {
        "not_recorded"
    }


def test_history_is_that_of_the_data(maven):
    at = dt.datetime(2017, 4, 1, tzinfo=dt.UTC)  # the end of the first quarter
    engaged = StagePassage.objects.filter(stage__name="Engaging", entered_at__lt=at).exclude(left_at__lt=at)
    assert engaged.count() == 1330
    assert not Deal.objects.filter(stage__name="Prospecting").exclude(cycle_start_at=None).exists()
    assert not StagePassage.objects.filter(left_at__lt=F("entered_at")).exists()


def test_people_teams_and_companies(maven):
    moses = User.objects.get(email="moses-frase@maven.example")
    assert (moses.name, moses.team.name, moses.team.parent.name) == (
        "Moses Frase",
        "Dustin Brinkmann",
        "Central",
    )
    assert not moses.has_usable_password()
    assert Team.objects.filter(parent=None, children__isnull=False).distinct().count() == 3
    assert Company.objects.exclude(parent=None).count() == 15
    acme = Company.objects.get(name="Acme Corporation")
    assert (acme.owner, acme.annual_revenue, acme.region) == (None, Decimal("1100040000"), "United States")


@pytest.mark.parametrize(
    ("kind", "name", "rows"),
    [
        ("companies", "salesforce_accounts.csv", 423),
        ("contacts", "atomic_crm_contacts_export.csv", 2),
        ("contacts", "thunderbird_basic_csv_addressbook.csv", 2),
        ("contacts", "thunderbird_csv_semicolon.csv", 2),
        ("contacts", "thunderbird_utf16_addressbook.csv", 1),
        ("companies", "ru_exchange_issuers_cp1251.csv", 1437),
        ("companies", "cn_listed_companies_gbk.csv", 3172),
        ("contacts", "odoo_contacts.xlsx", 4),
    ],
)
def test_files_of_other_programs_need_no_hand(bring, shared, pipeline, kind, name, rows):
    job = bring(kind, shared / "exports" / name, keep_going=True, ignore_owners=True, create_missing=True)
    assert job.state == Import.State.DONE
    assert job.count("read") == rows
    assert job.count("created") + job.count("updated") + job.count("skipped") + job.count("refused") == rows
    assert job.count("created") >= rows * 0.9


def test_salesforce_opportunities_find_their_accounts(bring, shared, pipeline, admin):
    bring(
        "companies",
        shared / "exports" / "salesforce_accounts.csv",
        by=admin,
        keep_going=True,
        ignore_owners=True,
    )
    job = bring(
        "deals",
        shared / "exports" / "salesforce_opportunities.csv",
        by=admin,
        keep_going=True,
        ignore_owners=True,
        create_missing=True,
    )
    assert job.count("created") == 38
    assert Deal.objects.filter(company=None).count() == 0
    assert Deal.objects.aggregate(s=Sum("amount"))["s"] == 6_270_000
    assert Deal.objects.filter(status="won").count() == 8
