"""One field of a deal edited in place: what it shows, saves, refuses, and who may."""

import datetime as dt
import json
from typing import Any

import pytest

from takt.kernel.fields.commands import create_field
from takt.kernel.lib.actor import Actor
from takt.sales.deals import commands
from takt.sales.deals.commands import NewTask
from takt.sales.deals.models import Deal, Qualification

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal(pipeline: Any, anna: Any, at: dt.datetime) -> Deal:
    return commands.create_deal(
        name="Racking", amount="10", currency="EUR", first_task=NewTask("call", "Call Ilse", at),
        new_company="Frisia", by=Actor(anna), at=at,
    )  # fmt: skip


FIELDS = (
    *(
        "name",
        "amount",
        "expected_close_date",
        "probability",
        "type",
        "source",
        "company",
        "tags",
        "about",
        "owner",
    ),
    *("need_text", "budget", "timeframe", "criteria_text", "competitors"),
)


def test_every_field_has_its_form_for_those_who_may_edit(
    deal: Deal, anna: Any, carla: Any, person: Any, client_of: Any
) -> None:
    auditor = person("olga", role="auditor", team=None)
    page = client_of(anna).get(f"/deals/{deal.pk}").content.decode()
    seen = client_of(auditor).get(f"/deals/{deal.pk}").content.decode()
    assert "data-inline=" in page and "data-inline=" not in seen
    for name in FIELDS:
        path = f"/deals/{deal.pk}/field/{name}"
        if name != "owner":
            assert f'data-field="{name}"' in page
        assert client_of(anna).get(path).status_code == 200, name
        assert client_of(carla).get(path).status_code == 404
        assert client_of(carla).post(path, {}).status_code == 404
        assert client_of(auditor).get(path).status_code == 403
        assert client_of(auditor).post(path, {name: "1"}).status_code == 403
    for name in ("status", "nonsense", "custom.nonsense"):
        assert client_of(anna).get(f"/deals/{deal.pk}/field/{name}").status_code == 404
        assert client_of(anna).post(f"/deals/{deal.pk}/field/{name}", {name: "1"}).status_code == 404


@pytest.mark.parametrize(
    ("name", "post", "kept", "shown"),
    [
        ("name", {"name": "Racking <2>"}, ("name", "Racking <2>"), "Racking &lt;2&gt;"),
        ("amount", {"amount": "1 250,50", "currency": "USD"}, ("currency", "USD"), "1,250.50"),
        (
            "expected_close_date",
            {"expected_close_date": "2026-05-01"},
            ("expected_close_on", dt.date(2026, 5, 1)),
            "2026",
        ),
        ("probability", {"probability": "35"}, ("probability", 35), "35 %"),
        ("tags", {"tags": "vip, cold,"}, ("tags", ["vip", "cold"]), "vip"),
        ("about", {"about": "Two halls"}, ("about", "Two halls"), "Two halls"),
    ],
)
def test_a_field_is_saved(
    deal: Deal, anna: Any, client_of: Any, name: str, post: Any, kept: Any, shown: str
) -> None:
    told = client_of(anna).post(f"/deals/{deal.pk}/field/{name}", post).json()
    found = Deal.objects.get(pk=deal.pk)
    assert getattr(found, kept[0]) == kept[1]
    assert told["version"] == found.version
    assert shown in told["cells"][name]


def test_need_and_competitors(deal: Deal, anna: Any, client_of: Any) -> None:
    browser = client_of(anna)
    base = f"/deals/{deal.pk}/field"
    assert "two" in browser.post(f"{base}/need_text", {"need_text": "two halls"}).json()["cells"]["need_text"]
    assert browser.post(f"{base}/budget", {"budget_from": "1,000", "budget_to": "2000"}).status_code == 200
    assert str(Qualification.objects.get(deal=deal).budget_from) == "1000.00"
    wrong = browser.post(f"{base}/budget", {"budget_from": "3000", "budget_to": "2000"})
    assert wrong.status_code == 422 and 'value="3000"' in wrong.content.decode()
    told = browser.post(f"{base}/competitors", {"competitors": ["Acme", "Berg"]}).json()
    assert "Acme" in told["cells"]["competitors"]
    assert browser.get("/deals/competitors/pick?q=ac").json() == [{"value": "Acme", "text": "Acme"}]
    page = browser.get(f"/deals/{deal.pk}").content.decode()
    assert "two halls" in page and "Berg" in page and "BANT" in page


def test_ones_own_field(deal: Deal, anna: Any, dora: Any, at: Any, client_of: Any) -> None:
    area = create_field(entity="deal", name="Hall area", kind="number", by=Actor(dora), at=at)
    path = f"/deals/{deal.pk}/field/custom.{area.slug}"
    browser = client_of(anna)
    assert f'data-field="custom.{area.slug}"' in browser.get(f"/deals/{deal.pk}").content.decode()
    wrong = browser.post(path, {f"cf_{area.slug}": "many"})
    assert wrong.status_code == 422 and "many" in wrong.content.decode()
    assert "12" in browser.post(path, {f"cf_{area.slug}": "12"}).json()["cells"][f"custom.{area.slug}"]
    assert Deal.objects.get(pk=deal.pk).custom == {area.slug: "12"}


def test_refused_it_keeps_what_was_typed(deal: Deal, anna: Any, client_of: Any) -> None:
    browser = client_of(anna)
    answer = browser.post(f"/deals/{deal.pk}/field/amount", {"amount": "ten", "currency": "EUR"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="ten"' in text and "Enter an amount" in text
    assert browser.post(f"/deals/{deal.pk}/field/name", {"name": " "}).status_code == 422
    assert Deal.objects.get(pk=deal.pk).name == "Racking"


def test_what_somebody_else_wrote_is_shown_first(
    deal: Deal, anna: Any, boris: Any, at: Any, client_of: Any
) -> None:
    browser, path = client_of(anna), f"/deals/{deal.pk}/field/name"
    commands.edit_deal(deal.pk, {"about": "another field"}, by=Actor(boris), at=at)
    mine = {"name": "Mine", "seen": json.dumps({"name": "Racking"})}
    commands.edit_deal(deal.pk, {"name": "Theirs & co"}, by=Actor(boris), at=at)
    answer = browser.post(path, mine)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Theirs &amp; co" in text and 'value="Mine"' in text and "Use mine" in text
    assert Deal.objects.get(pk=deal.pk).name == "Theirs & co"
    assert (
        browser.post(path, {"name": "Mine", "seen": json.dumps({"name": "Theirs & co"})}).status_code == 200
    )
    assert browser.post(path, {"name": "Again", "seen": json.dumps({"name": "Mine"})}).status_code == 200


def test_another_owner_without_the_form(
    deal: Deal, anna: Any, boris: Any, carla: Any, client_of: Any
) -> None:
    path = f"/deals/{deal.pk}/field/owner"
    assert client_of(anna).post(path, {"owner": carla.pk}).status_code == 403
    told = client_of(boris).post(path, {"owner": boris.pk}).json()
    assert told == {"go": f"/deals/{deal.pk}"}
    assert Deal.objects.get(pk=deal.pk).owner == boris


def test_the_questions_load_and_save(deal: Deal, anna: Any, carla: Any, person: Any, client_of: Any) -> None:
    path = f"/deals/{deal.pk}/qualification"
    browser = client_of(anna)
    assert 'name="need"' in browser.get(path).content.decode()
    saved = browser.post(
        path, {"need": "2", "budget": "2", "timing": "1", "evidence_champion": "https://x.example"}
    )
    assert saved.status_code == 200 and "5/8" in saved.content.decode()
    assert 'href="https://x.example"' in saved.content.decode()
    assert browser.post(path, {"need": "7"}).status_code == 422
    assert client_of(carla).get(path).status_code == 404
    auditor = client_of(person("olga", role="auditor", team=None))
    assert "disabled" in auditor.get(path).content.decode()
    assert auditor.post(path, {"need": "1"}).status_code == 403
