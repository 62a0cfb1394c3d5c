"""The pages about customers: what they show to whom, what they do."""

import datetime as dt
from typing import Any

import pytest
from django.conf import settings as site

from takt.kernel.lib.actor import Actor
from takt.sales.activities.models import Task
from takt.sales.contacts.commands import create_company, create_contact, move_contact
from takt.sales.contacts.models import Company
from takt.sales.customers.commands import reckon
from takt.sales.customers.models import JudgingRule
from takt.sales.customers.tests.test_ruling import deal_of
from takt.sales.deals import commands as deals

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
HX = {"HX-Request": "true"}


@pytest.fixture
def acme(anna: Any, pipeline: Any, takt: Actor, at: dt.datetime) -> Any:
    by = Actor(anna)
    acme = create_company(name="Acme", by=by, at=at - 9 * DAY)
    create_contact(name="Ilse", company=acme, by=by, at=at - 9 * DAY)
    reckon(by=takt, at=at - 8 * DAY)
    for amount in (100, 150):
        deal = deal_of(acme, by, at - 5 * DAY, amount=amount, new_person=deals.NewPerson("Kim"))
        deals.win_deal(deal, by=by, at=at - 5 * DAY)
    reckon(by=takt, at=at)
    return acme


def test_the_panel_of_a_company(acme: Any, anna: Any, carla: Any, client_of: Any) -> None:
    text = client_of(anna).get(f"/customers/panel?company={acme.pk}").content.decode()
    assert "Repeat purchases" in text
    assert "1 time" in text
    assert "+50.0%" in text
    assert "data-chart" in text
    assert "Repeat purchase" in text
    assert client_of(carla).get(f"/customers/panel?company={acme.pk}").status_code == 404
    assert client_of(anna).get("/customers/panel").status_code == 404
    assert client_of(anna).get("/customers/panel?company=x").status_code == 404


def test_the_company_page_whole(acme: Any, anna: Any, client_of: Any, at: dt.datetime) -> None:
    below = create_company(name="Below", parent=acme, by=Actor(anna), at=at)
    old = create_contact(name="Gone Away", company=acme, by=Actor(anna), at=at)
    move_contact(old, below, reason="Promoted", by=Actor(anna), at=at)
    text = client_of(anna).get(f"/companies/{acme.pk}").content.decode()
    for part in ("How it stands", "Champions", "Gone Away", "Promoted", "Group of companies", "Below"):
        assert part in text, part
    text = client_of(anna).get(f"/contacts/{old.pk}").content.decode()
    assert "Where the person works" in text
    assert f"/companies/{acme.pk}" in text


def test_dialogs_of_a_company_and_a_person(acme: Any, anna: Any, carla: Any, client_of: Any) -> None:
    client, ilse = client_of(anna), acme.contacts.get(name="Ilse")
    for path in (
        f"/companies/{acme.pk}/level",
        f"/companies/{acme.pk}/classify",
        f"/contacts/{ilse.pk}/move",
    ):
        assert client.get(path).status_code == 200
        assert client.get(path, headers=HX).status_code == 200
        assert client_of(carla).get(path).status_code == 404
    answer = client.post(f"/companies/{acme.pk}/level", {"level": "A", "reason": ""}, headers=HX)
    assert answer.status_code == 422
    answer = client.post(f"/companies/{acme.pk}/level", {"level": "A", "reason": "Strategic"}, headers=HX)
    assert answer.status_code == 204
    assert client.post(f"/companies/{acme.pk}/level", {"release": "1"}).status_code == 302
    form = {"loyalty": "loyal", "interests": "racks, shelves", "next_contact_on": "2026-05-01", "version": ""}
    assert client.post(f"/companies/{acme.pk}/classify", form, headers=HX).status_code == 204
    acme.refresh_from_db()
    assert (acme.level, acme.loyalty, acme.interests) == ("A", "loyal", ["racks", "shelves"])
    assert client.post(f"/companies/{acme.pk}/classify", {"loyalty": "x"}).status_code == 422
    assert client.post(f"/contacts/{ilse.pk}/move", {"company": "", "on": "2030-01-01"}).status_code == 422
    answer = client.post(f"/contacts/{ilse.pk}/move", {"company": "", "reason": "Left"}, headers=HX)
    assert answer.status_code == 204
    ilse.refresh_from_db()
    assert ilse.company is None
    assert "Loyal" in client.get(f"/companies/{acme.pk}").content.decode()


def test_pages_of_all_customers(
    acme: Any, anna: Any, carla: Any, dora: Any, client_of: Any, at: dt.datetime
) -> None:
    month = at.date().isoformat()[:7]
    for name in ("segments", "ladder", "levels", "lines", "forgotten"):
        assert client_of(anna).get(f"/customers/{name}").status_code == 200, name
    text = client_of(anna).get(f"/customers/segments?month={month}").content.decode()
    assert "Acme" in text
    assert "Acme" not in client_of(carla).get(f"/customers/segments?month={month}").content.decode()
    assert client_of(anna).get("/customers/segments?month=never").status_code == 200
    assert "Enter a date" in client_of(anna).get("/customers/ladder?from=x").content.decode()
    text = client_of(dora).get("/customers/levels").content.decode()
    assert "Acme" in text
    assert client_of(anna).post("/customers/levels", {"ids": acme.pk}).status_code == 403
    assert client_of(dora).post("/customers/levels", {"ids": acme.pk}).status_code == 302
    assert Company.objects.get(pk=acme.pk).level == "A"
    assert "Acme" not in client_of(dora).get("/customers/levels").content.decode()


def test_a_task_for_the_group(acme: Any, anna: Any, client_of: Any) -> None:
    client = client_of(anna)
    before = Task.objects.count()
    text = client.get(f"/customers/tasks?ids={acme.pk}", headers=HX).content.decode()
    assert "Acme" in text
    assert client.get("/customers/tasks").status_code == 422
    form = {"ids": acme.pk, "title": "", "type": "call", "due_at": "2026-05-01T09:00"}
    assert client.post("/customers/tasks", form).status_code == 422
    assert client.post("/customers/tasks", form | {"title": "Say sorry"}).status_code == 302
    assert Task.objects.count() == before + 1
    assert "/customers/tasks" in client.get("/companies").content.decode()


def test_settings(acme: Any, anna: Any, admin: Any, client_of: Any) -> None:
    assert client_of(anna).get("/settings/customers").status_code == 403
    client = client_of(admin)
    text = client.get("/settings/customers").content.decode()
    assert "Lost customers" in text
    form = {"key": "churn", "mode": "off", "days": "100", "from": ""}
    assert client.post("/settings/customers", form).status_code == 303
    assert client.post("/settings/customers", form | {"days": "1"}).status_code == 422
    weights = {"kind": "company", "phones": "1", "emails": "0"}
    assert client.post("/settings/customers/weights", weights).status_code == 303
    assert client.post("/settings/customers/weights", {"kind": "x"}).status_code == 422
    rules = JudgingRule.objects.count()
    rule = {"trigger": "lost:price", "value": "loyalty:hostile"}
    assert client.post("/settings/customers/judging", rule).status_code == 303
    assert client.post("/settings/customers/judging", rule).status_code == 422
    made = JudgingRule.objects.get(classifier="loyalty")
    assert client.post(f"/settings/customers/judging/{made.pk}/remove").status_code == 303
    assert JudgingRule.objects.count() == rules


def test_the_list_is_filtered_and_sorted(acme: Any, anna: Any, dora: Any, client_of: Any) -> None:
    client = client_of(anna)
    columns = (
        "name,level,segment,ladder,completeness,loyalty,is_churned,last_contact_on,interests,next_contact_on"
    )
    text = client.get(f"/companies?columns={columns}&segment=100,111,101,110&sort=-ladder").content.decode()
    assert "Acme" in text
    assert client.get("/companies?segment=999").status_code in {200, 422}
    export = client_of(dora).get(f"/companies?columns={columns}&export=csv")
    assert b"Acme" in b"".join(export.streaming_content if export.streaming else [export.content])


def test_the_api(acme: Any, anna: Any, carla: Any, dora: Any, api_of: Any) -> None:
    api = api_of(anna)
    found = api.get(f"/companies/{acme.pk}/sales").json()
    assert (found["currency"], found["won"]["count"], found["repeat_purchases"]) == (site.TAKT_CURRENCY, 2, 1)
    assert (found["average_check"], found["average_change"]) == ("125.00", "0.5000")
    contact = acme.contacts.filter(name="Ilse").get()
    assert api.get(f"/contacts/{contact.pk}/sales").json()["won"]["count"] == 0
    standing = api.get(f"/companies/{acme.pk}/standing").json()
    assert [r["ladder"] for r in standing["ladder"]] == [1, 6]
    assert len(standing["segments"]) == 1
    assert api_of(carla).get(f"/companies/{acme.pk}/standing").status_code == 404
    assert api.post("/customers/levels/confirm", {"companies": [acme.pk]}).status_code == 403
    assert api_of(dora).post("/customers/levels/confirm", {"companies": [acme.pk]}).json() == {"count": 1}
    task = {"companies": [acme.pk], "title": "Say sorry", "due_at": "2026-05-01T09:00:00Z"}
    answer = api.post("/customers/tasks", task)
    assert answer.status_code == 201, answer.content
    assert len(answer.json()["tasks"]) == 1
    assert [t["people"] for t in api.get("/customers/lines", {"least": 3}).json()["items"]] == [2]
