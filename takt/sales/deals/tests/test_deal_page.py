"""The deal's own page, its forms and the acts that begin there."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from takt.kernel.lib.actor import Actor
from takt.sales.deals import commands
from takt.sales.deals.commands import NewLine, NewPerson, NewTask
from takt.sales.deals.models import Deal, LossReason, Pipeline, Stage

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _euro(settings: Any) -> None:
    settings.TAKT_CURRENCY = "EUR"


@pytest.fixture
def stages(pipeline: Any) -> list[Stage]:
    return list(Stage.objects.filter(pipeline=pipeline).order_by("position"))


def made(user: Any, at: dt.datetime, name: str = "Racking", **more: Any) -> Deal:
    new = {"amount": "1000", "currency": "EUR", "first_task": NewTask("call", "Call Ilse", at)} | more
    return commands.create_deal(name=name, by=Actor(user), at=at, **new)


def reason() -> LossReason:
    found = LossReason.objects.filter(is_active=True, is_system=False, needs_comment=False).first()
    assert found is not None
    return found


def test_the_page_shows_stages_people_history_and_next_step(
    stages: Any, anna: Any, at: Any, client_of: Any
) -> None:
    deal = made(anna, at, new_company="Frisia", new_person=NewPerson("Ilse van Rottum", phone="+31105550142"))
    commands.move_deal(deal.pk, stages[1].pk, by=Actor(anna), at=at + dt.timedelta(days=6))
    page = client_of(anna).get(f"/deals/{deal.pk}")
    text = page.content.decode()
    assert page.status_code == 200
    for shown in ("Racking", "€1,000", "Frisia", "Ilse van Rottum", "Call Ilse", "6 d", stages[6].name):
        assert shown in text
    assert f'name="stage" value="{stages[1].pk}" aria-current="step"' in text


def test_who_sees_the_page(
    stages: Any, anna: Any, boris: Any, carla: Any, dora: Any, at: Any, client_of: Any
) -> None:
    path = f"/deals/{made(anna, at).pk}"
    assert [client_of(u).get(path).status_code for u in (anna, boris, carla, dora)] == [200, 200, 404, 200]
    assert client_of(anna).get("/deals/999999").status_code == 404
    for act in ("edit", "contacts", "lines", "win", "lose", "reopen", "snooze", "assign", "pipeline"):
        assert client_of(carla).get(f"{path}/{act}", headers=HX).status_code == 404
        assert client_of(carla).post(f"{path}/{act}", {}, headers=HX).status_code == 404
        assert client_of(anna).get(f"{path}/{act}", headers=HX).status_code == 200
        assert client_of(anna).get(f"{path}/{act}").status_code == 200


def test_a_reader_gets_no_buttons_and_may_not_act(
    stages: Any, anna: Any, person: Any, at: Any, client_of: Any
) -> None:
    auditor = person("olga", role="auditor", team=None)
    deal = made(anna, at)
    text = client_of(auditor).get(f"/deals/{deal.pk}").content.decode()
    assert f"/deals/{deal.pk}/win" not in text
    assert f"/deals/{deal.pk}/delete" not in text
    assert client_of(auditor).post(f"/deals/{deal.pk}/edit", {"name": "X"}, headers=HX).status_code == 403
    assert client_of(anna).post(f"/deals/{deal.pk}/delete").status_code == 403


def test_as_many_queries_for_a_busy_deal_as_for_a_quiet_one(
    stages: Any, anna: Any, at: Any, client_of: Any
) -> None:
    deal = made(anna, at, new_person=NewPerson("Ilse"))
    browser = client_of(anna)
    counts = []
    for more in (1, 40):
        for i in range(more):
            commands.add_note(body=f"Note {i}", deal=deal.pk, by=Actor(anna), at=at)
            new = NewTask("call", f"Call number {i}", at + dt.timedelta(hours=i))
            commands.create_task(new, deal=deal.pk, by=Actor(anna), at=at)
        with CaptureQueriesContext(connection) as seen:
            assert browser.get(f"/deals/{deal.pk}").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_names_and_notes_are_text_and_never_markup(stages: Any, anna: Any, at: Any, client_of: Any) -> None:
    bad = "<script>alert(1)</script>"
    deal = made(anna, at, bad, new_company=bad, new_person=NewPerson(bad), about=bad, tags=[bad])
    commands.add_note(body=bad, deal=deal.pk, by=Actor(anna), at=at)
    browser = client_of(anna)
    for path in ("", "/edit", "/win", "/lose", "/assign", "/snooze", "/contacts"):
        text = browser.get(f"/deals/{deal.pk}{path}").content.decode()
        assert "<script>alert" not in text


def test_edit_keeps_what_was_typed_when_refused(
    stages: Any, anna: Any, boris: Any, at: Any, client_of: Any
) -> None:
    deal = made(anna, at)
    browser, path = client_of(anna), f"/deals/{deal.pk}/edit"
    typed = {"name": "Racking, two halls", "amount": "2500", "currency": "EUR", "version": deal.version}
    wrong = browser.post(path, typed | {"amount": "much"}, headers=HX)
    assert wrong.status_code == 422
    assert "Racking, two halls" in wrong.content.decode()
    commands.edit_deal(deal.pk, {"about": "Seen"}, by=Actor(boris), at=at)
    stale = browser.post(path, typed, headers=HX)
    assert stale.status_code == 409
    assert "Racking, two halls" in stale.content.decode()
    deal.refresh_from_db()
    assert browser.post(path, typed | {"version": deal.version}, headers=HX).status_code == 204
    deal.refresh_from_db()
    assert (deal.name, deal.amount, deal.about) == ("Racking, two halls", Decimal(2500), "Seen")


def test_won_names_what_is_missing_then_closes(stages: Any, anna: Any, at: Any, client_of: Any) -> None:
    deal = made(anna, at)
    browser, path = client_of(anna), f"/deals/{deal.pk}/win"
    refused = browser.post(path, {"version": deal.version}, headers=HX)
    assert refused.status_code == 409
    assert "Add at least one contact." in refused.content.decode()
    person = made(anna, at, "Other", new_person=NewPerson("Ilse")).parts.get().contact_id
    browser.post(f"/deals/{deal.pk}/contacts", {"contact": person, "part": "champion"}, headers=HX)
    assert browser.post(path, {}, headers=HX).status_code == 204
    assert Deal.objects.get(pk=deal.pk).status == "won"


def test_lost_needs_a_reason_and_comes_back_with_a_next_step(
    stages: Any, anna: Any, at: Any, client_of: Any
) -> None:
    deal = made(anna, at)
    browser, path = client_of(anna), f"/deals/{deal.pk}"
    refused = browser.post(f"{path}/lose", {"comment": "They stay with Nordlift"}, headers=HX)
    assert refused.status_code == 422
    assert "They stay with Nordlift" in refused.content.decode()
    assert "cp-err" in refused.content.decode()
    given = {"reason": reason().pk, "competitor": "Nordlift"}
    assert browser.post(f"{path}/lose", given, headers=HX).status_code == 204
    deal.refresh_from_db()
    assert (deal.status, deal.competitor) == ("lost", "Nordlift")
    assert browser.post(f"{path}/reopen", {"next": "task"}, headers=HX).status_code in {409, 422}
    again = {
        "stage": stages[3].pk,
        "next": "task",
        "step_title": "Call Ilse again",
        "step_due": "2026-03-09T10:00",
    }
    assert browser.post(f"{path}/reopen", again, headers=HX).status_code == 204
    deal.refresh_from_db()
    assert (deal.status, deal.stage) == ("open", stages[3])
    assert deal.next_task is not None


def test_a_won_deal_is_reopened_by_a_manager_only(
    stages: Any, anna: Any, boris: Any, at: Any, client_of: Any
) -> None:
    deal = made(anna, at, new_person=NewPerson("Ilse"))
    commands.win_deal(deal.pk, by=Actor(anna), at=at)
    typed = {"next": "task", "step_title": "Call Ilse again", "step_due": "2026-03-09T10:00"}
    assert client_of(anna).post(f"/deals/{deal.pk}/reopen", typed, headers=HX).status_code == 403
    assert client_of(boris).post(f"/deals/{deal.pk}/reopen", typed, headers=HX).status_code == 204


def test_products_set_the_amount_when_asked_to(
    stages: Any, anna: Any, dora: Any, at: Any, client_of: Any
) -> None:
    from takt.sales.catalog.commands import create_product

    product = create_product(name="Reach truck", price="900", currency="EUR", by=Actor(dora), at=at)
    deal = made(anna, at)
    browser, path = client_of(anna), f"/deals/{deal.pk}/lines"
    typed = {"product": product.pk, "quantity": "3", "price": "", "version": deal.version}
    assert browser.post(path, typed, headers=HX).status_code == 204
    deal.refresh_from_db()
    assert (deal.amount, deal.lines.get().price) == (Decimal(1000), Decimal(900))
    assert (
        browser.post(path, typed | {"sets_amount": "on", "version": deal.version}, headers=HX).status_code
        == 204
    )
    deal.refresh_from_db()
    assert deal.amount == Decimal(2700)
    commands.set_lines(deal.pk, [NewLine(product, 1)], by=Actor(anna), at=at)
    assert "€900" in browser.get(f"/deals/{deal.pk}").content.decode()


def test_the_sixth_contact_is_refused_in_the_dialog(stages: Any, anna: Any, at: Any, client_of: Any) -> None:
    people = [
        made(anna, at, f"Deal {i}", new_person=NewPerson(f"Person {i}")).parts.get().contact_id
        for i in range(6)
    ]
    deal = made(anna, at)
    browser, path = client_of(anna), f"/deals/{deal.pk}/contacts"
    answers = [browser.post(path, {"contact": p, "part": ""}, headers=HX) for p in people]
    assert [a.status_code for a in answers] == [204] * 5 + [409]
    assert "at most 5 contacts" in answers[-1].content.decode()
    assert browser.post(f"{path}/{people[0]}/detach", headers=HX).status_code == 204
    assert deal.parts.count() == 4


def test_another_owner_and_another_pipeline(
    stages: Any, anna: Any, boris: Any, dora: Any, at: Any, client_of: Any
) -> None:
    line = commands.create_pipeline(name="Service line", stages=[{"name": "Asked"}], by=Actor(dora), at=at)
    deal = made(anna, at)
    browser = client_of(boris)
    assert browser.post(f"/deals/{deal.pk}/assign", {"owner": boris.pk}, headers=HX).status_code == 204
    assert browser.post(f"/deals/{deal.pk}/pipeline", {"pipeline": line.pk}, headers=HX).status_code == 204
    deal.refresh_from_db()
    assert (deal.owner, deal.pipeline, deal.stage.name) == (boris, Pipeline.objects.get(pk=line.pk), "Asked")
    assert client_of(anna).post(f"/deals/{deal.pk}/assign", {"owner": anna.pk}, headers=HX).status_code == 404


def test_what_opens_in_a_dialog_is_a_whole_page_by_its_address(
    stages: Any, anna: Any, at: Any, client_of: Any
) -> None:
    deal = made(anna, at, new_person=NewPerson("Ilse"))
    person, client = deal.parts.get().contact_id, client_of(anna)
    for path in ("lines", "contacts", f"contacts/{person}/replace"):
        page = client.get(f"/deals/{deal.pk}/{path}").content.decode()
        assert "<html" in page and "hx-target" not in page.partition("<main")[2].partition("</main")[0], path
        part = client.get(f"/deals/{deal.pk}/{path}", headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in part and "hx-post" in part, path
    refused = client.post(f"/deals/{deal.pk}/contacts", {"contact": ""})
    assert refused.status_code == 422 and "<html" in refused.content.decode()
