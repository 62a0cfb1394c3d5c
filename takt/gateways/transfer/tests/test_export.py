"""Export on the command line: everything, or one person's list as his page gives it out."""

import csv
import datetime as dt
import io
import zipfile

import pytest
from django.core.management import CommandError, call_command

from takt.gateways.transfer import reading
from takt.kernel.accounts.models import User
from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lists.commands import save_view
from takt.sales.catalog.lists import PRODUCTS
from takt.sales.contacts.lists import COMPANIES, CONTACTS
from takt.sales.contacts.models import Company
from takt.sales.deals.lists import DEALS
from takt.sales.deals.models import Deal
from takt.sales.deals.task_lists import TASKS

pytestmark = pytest.mark.django_db
SPECS = {s.resource: s for s in (COMPANIES, CONTACTS, DEALS, TASKS, PRODUCTS)}
KINDS = ["companies", "contacts", "deals", "tasks", "products"]


def export(*arguments):
    out = io.StringIO()
    call_command("export", *map(str, arguments), stdout=out)
    return out.getvalue()


@pytest.fixture
def filled(bring, table, pipeline, anna, boris, carla):
    """Deals of Anna and Carla with companies, people, tasks; one product."""
    header = ["ID", "Name", "Owner", "Company", "Contact", "Amount"]
    rows = [
        ["k1", "=One", "Anna", "Acme", "Ada", "10"],
        ["k2", "Two", "Carla", "Beta", "Bea", "20"],
        ["k3", "Три", "Boris", "Acme", "Ada", "30"],
    ]
    bring("deals", table(header, *rows))
    due = "2030-01-02 10:00"
    tasks = [["Call", due, "k1", "Anna"], ["Write", due, "k2", "Carla"]]
    bring("tasks", table(["Title", "Due", "Deal id", "Assignee"], *tasks))
    bring("products", table(["Name", "Price"], ["Lathe", "5"]))
    Company.objects.filter(name="Acme").update(owner=carla)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("who", ["boris", "dora", "admin"])
def test_it_is_what_the_page_gives_out(filled, client_of, request, tmp_path, kind, who):
    user = request.getfixturevalue(who)
    page = client_of(user).get(f"/{kind}?export=csv")
    if page.status_code == 403:
        with pytest.raises(CommandError):
            export(kind, tmp_path / "own.csv", "--by", user.email)
        return
    export(kind, tmp_path / "own.csv", "--by", user.email)
    assert (tmp_path / "own.csv").read_bytes() == b"".join(page.streaming_content)
    export(kind, tmp_path / "own.xlsx", "--by", user.email)
    page = client_of(user).get(f"/{kind}?export=xlsx")
    (tmp_path / "theirs.xlsx").write_bytes(b"".join(page.streaming_content))
    own, theirs = (list(reading.rows(tmp_path / f"{name}.xlsx")) for name in ("own", "theirs"))
    assert own == theirs


def test_a_team_lead_takes_out_neither_other_teams_nor_their_names(filled, boris, carla, tmp_path):
    export("deals", tmp_path / "own.csv", "--by", boris.email)
    text = (tmp_path / "own.csv").read_text("utf-8-sig")
    assert "Три" in text and "Two" not in text and "Acme" not in text  # Acme is Carla's


def test_a_rep_takes_nothing_out(filled, anna, tmp_path):
    with pytest.raises(CommandError):
        export("deals", tmp_path / "own.csv", "--by", anna.email)
    assert not (tmp_path / "own.csv").exists()


def test_a_view_filters_orders_and_chooses_columns(filled, dora, client_of, tmp_path):
    now = dt.datetime.now(dt.UTC)
    query = "amount__gte=15&sort=-amount&columns=name,amount"
    save_view("deals", "Big", query, by=Actor(user=dora), at=now)
    before = Event.objects.filter(kind="list.exported").count()
    export("deals", tmp_path / "big.csv", "--view", "Big", "--by", dora.email)
    with open(tmp_path / "big.csv", encoding="utf-8-sig") as file:
        rows = list(csv.reader(file))
    assert [r[0] for r in rows] == ["Deal", "Три", "Two"]
    assert [r[2] for r in rows] == ["takt_id", *(str(Deal.objects.get(name=n).pk) for n in ("Три", "Two"))]
    assert Event.objects.filter(kind="list.exported", actor=dora.pk).count() == before + 1
    page = client_of(dora).get(f"/deals?{query}&export=csv")
    assert (tmp_path / "big.csv").read_bytes() == b"".join(page.streaming_content)
    for wrong in (["--view", "None", "--by", dora.email], ["--view", "Big"], ["--by", "nobody@x.example"]):
        with pytest.raises(CommandError):
            export("deals", tmp_path / "none.csv", *wrong)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_everything_read_back_changes_nothing(filled, bring, tmp_path, kind, ending):
    path = tmp_path / f"all.{ending}"
    assert f" {kind} written" in export(kind, path)
    job = bring(kind, path)
    assert job.state == "done" and job.read, job.problem
    assert [job.count(n) for n in ("created", "updated", "refused")] == [0, 0, 0]


def test_formulas_are_text_in_every_file(filled, dora, tmp_path):
    assert Deal.objects.filter(name="=One").exists()
    for more in ([], ["--by", dora.email]):
        export("deals", tmp_path / "all.csv", *more)
        with open(tmp_path / "all.csv", encoding="utf-8-sig", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert "\t=One" in cells and not [c for c in cells if c.startswith(("=", "+", "@"))]
        export("deals", tmp_path / "all.xlsx", *more)
        with zipfile.ZipFile(tmp_path / "all.xlsx") as archive:
            assert b"<f" not in archive.read("xl/worksheets/sheet1.xml").replace(b"<formatCode", b"")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["en", "ru", "zh-hans"])
def test_a_list_taken_from_its_page_and_read_back_changes_nothing(
    filled, bring, client_of, dora, tmp_path, kind, ending, language
):
    User.objects.update(language=language)
    names = ",".join(c.name for c in SPECS[kind].columns if c.where is None)
    page = client_of(dora).get(f"/{kind}?export={ending}&columns={names}")
    path = tmp_path / f"list.{ending}"
    path.write_bytes(b"".join(page.streaming_content))
    job = bring(kind, path, by=dora)
    assert job.state == "done" and job.read, job.problem
    assert [job.count(n) for n in ("created", "updated", "refused")] == [0, 0, 0]
