"""Web forms: settings, the public page, and what an answer becomes."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from takt.gateways.intake import commands, queries, rules
from takt.gateways.intake.models import Submission, WebForm
from takt.kernel.events.models import Event
from takt.kernel.fields.commands import create_field
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid
from takt.kernel.undo.commands import offer, take_back
from takt.sales.contacts.commands import create_contact
from takt.sales.contacts.models import Contact, Source
from takt.sales.deals.models import Deal, StagePassage

pytestmark = pytest.mark.django_db
ANSWER = {"name": "Ilse Maas", "email": "Ilse@Frisia.example", "phone": "+49 30 1234567", "message": "Racks"}


@pytest.fixture
def form(admin: Any, anna: Any, carla: Any, pipeline: Any, at: dt.datetime) -> WebForm:
    source = Source.objects.order_by("pk").first()
    return commands.create_web_form(
        name="Ask us",
        pipeline=pipeline,
        source=source,
        owners=[anna.pk, carla.pk],
        task_minutes=30,
        by=Actor(admin),
        at=at,
    )


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Visitors who take their time."""
    monkeypatch.setattr(rules, "LEAST_SECONDS", -1)


def send(
    form: WebForm, at: dt.datetime, given: dict[str, Any] = ANSWER, nonce: str = "n1", **more: Any
) -> Any:
    return commands.receive(
        form.pk, given, nonce=nonce, address=more.pop("address", "192.0.2.1"), by=Actor(), at=at, **more
    )


def nonce_in(browser: Client, form: WebForm) -> str:
    page = browser.get(form.path)
    assert page.status_code == 200
    return page.content.decode().split('name="nonce" value="')[1].split('"')[0]


def test_an_answer_becomes_a_deal_with_its_task(form: WebForm, anna: Any, at: dt.datetime) -> None:
    deal = send(form, at, {**ANSWER, "utm_campaign": "spring"}).deal
    assert (deal.pipeline, deal.owner, deal.about) == (form.pipeline, anna, "Racks")
    assert deal.stage == form.pipeline.stages.order_by("position").first()
    assert deal.source == form.source and deal.next_due_at == at + dt.timedelta(minutes=30)
    contact = Contact.objects.get()
    assert contact.source == form.source and contact.emails.get().address == "ilse@frisia.example"
    event = Event.objects.get(kind="web_form.submitted")
    assert event.payload["campaign"] == {"utm_campaign": "spring"} and event.via == f"form:{form.pk}"
    assert "Ilse" not in str(event.payload)


def test_people_take_turns_and_a_repeat_is_one_deal(form: WebForm, carla: Any, at: dt.datetime) -> None:
    first = send(form, at)
    assert send(form, at) == first and Deal.objects.count() == 1
    second = send(form, at, {**ANSWER, "email": "o@x.example", "phone": ""}, nonce="n2")
    assert second.deal.owner == carla


def test_a_known_customer_keeps_the_first_source(form: WebForm, anna: Any, at: dt.datetime) -> None:
    other = Source.objects.order_by("-pk").first()
    known = create_contact(name="Ilse", phones=["+49301234567"], source=other, by=Actor(anna), at=at)
    got = send(form, at)
    known.refresh_from_db()
    assert got.is_known_customer and Contact.objects.count() == 1
    assert got.deal.source == other == known.source and known.name == "Ilse"


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "nobody"},
        {"email": ""},
        {"name": " "},
        {"name": "x" * 201},
        {"name": "a\x00b"},
        {"phone": "12"},
        {"name": ["a"]},
        {"message": {"a": 1}},
    ],
)
def test_what_is_wrong_leaves_nothing_behind(form: WebForm, wrong: dict[str, Any], at: dt.datetime) -> None:
    with pytest.raises(Invalid):
        send(form, at, ANSWER | wrong)
    assert not Deal.objects.exists() and not Contact.objects.exists() and not Submission.objects.exists()


def test_consent_is_kept_with_its_text(form: WebForm, admin: Any, at: dt.datetime) -> None:
    commands.edit_web_form(form.pk, {"consent": "You may write to me."}, by=Actor(admin), at=at)
    with pytest.raises(Invalid):
        send(form, at)
    got = send(form, at, {**ANSWER, "consent": "on"})
    assert (got.consent, got.consented_at) == ("You may write to me.", at)


def test_floods_and_robots(form: WebForm, at: dt.datetime) -> None:
    assert send(form, at, is_robot=True, nonce="r").deal is None
    for number in range(rules.PER_ADDRESS - 1):
        send(form, at, nonce=f"f{number}")
    with pytest.raises(commands.TooMany):
        send(form, at, nonce="last")
    send(form, at, nonce="elsewhere", address="198.51.100.7")
    send(form, at + dt.timedelta(minutes=rules.ADDRESS_MINUTES + 1), nonce="later")


def test_settings_are_the_administrators(form: WebForm, admin: Any, dora: Any, at: dt.datetime) -> None:
    with pytest.raises(Forbidden):
        commands.edit_web_form(form.pk, {"name": "Mine"}, by=Actor(dora), at=at)
    for field, value in {
        "redirect_url": "javascript:alert(1)",
        "sites": ["*"],
        "fields": [{"name": "name"}],
        "task_minutes": "0",
        "owners": ["999999"],
        "task_type": "dance",
        "language": "xx",
    }.items():
        with pytest.raises(Invalid):
            commands.edit_web_form(form.pk, {field: value}, by=Actor(admin), at=at)
    form.refresh_from_db()
    before = commands.forms.state_of(form)
    row = commands.edit_web_form(form.pk, {"is_active": False}, by=Actor(admin), at=at)
    token = offer(
        inverse="intake.restore_web_form",
        arguments={"form": row.pk, "state": before, "version": row.version},
        by=Actor(admin),
        at=at,
    )
    take_back(token, by=Actor(admin), at=at)
    form.refresh_from_db()
    assert form.is_active and commands.forms.state_of(form) == before


def test_the_public_page(form: WebForm, admin: Any, at: dt.datetime, patient: None) -> None:
    change = {"sites": ["https://www.example.com"], "language": "ru"}
    commands.edit_web_form(form.pk, change, by=Actor(admin), at=at)
    browser = Client(enforce_csrf_checks=True)
    nonce = nonce_in(browser, form)
    page = browser.get(f"{form.path}?utm_source=ad&utm_medium=%3Cb%3E")
    assert "frame-ancestors https://www.example.com" in page["Content-Security-Policy"]
    assert "&lt;b&gt;" in page.content.decode() and page["Content-Language"] == "ru"
    assert "frame-ancestors 'none'" in browser.get("/sign-in")["Content-Security-Policy"]
    wrong = browser.post(form.path, {**ANSWER, "email": "<script>", "nonce": nonce})
    assert wrong.status_code == 422 and "&lt;script&gt;" in wrong.content.decode()
    assert nonce in wrong.content.decode() and Submission.objects.get().reason == "email"
    for _time in range(2):
        assert browser.post(form.path, {**ANSWER, "nonce": nonce}).status_code == 200
    assert Deal.objects.count() == 1
    assert browser.post(form.path, {**ANSWER, "nonce": "forged"}).status_code == 422
    assert browser.post(form.path, {**ANSWER, "nonce": nonce, "message": "x" * 70_000}).status_code == 422
    robot = nonce_in(browser, form)
    assert browser.post(form.path, {**ANSWER, "nonce": robot, rules.TRAP: "x"}).status_code == 200
    assert Deal.objects.count() == 1
    commands.edit_web_form(form.pk, {"is_active": False}, by=Actor(admin), at=at)
    assert browser.get(form.path).status_code == 404
    assert browser.get("/f/nothing").status_code == 404


def test_what_is_sent_at_once_is_a_robots(form: WebForm) -> None:
    browser = Client()
    assert browser.post(form.path, {**ANSWER, "nonce": nonce_in(browser, form)}).status_code == 200
    assert Submission.objects.get().outcome == "robot" and not Deal.objects.exists()


def test_programs_send_json(form: WebForm) -> None:
    browser = Client(enforce_csrf_checks=True)
    for shown in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": queries.secret_of(form)}):
        refused = browser.post(form.path, ANSWER, content_type="application/json", headers=shown)
        assert refused.status_code == 403 and not Submission.objects.exists()
    secret = {"Authorization": f"Bearer {queries.secret_of(form)}"}
    for _time in range(2):
        answer = browser.post(
            form.path,
            ANSWER,
            content_type="application/json",
            headers=secret | {"Idempotency-Key": "order-1"},
        )
        assert answer.status_code == 201 and set(answer.json()) == {"status", "message"}
    assert Deal.objects.count() == 1
    for bad in ("[1]", "{", '{"name": 5}', "\ud800".encode("utf-8", "surrogatepass")):
        answer = browser.post(form.path, bad, content_type="application/json", headers=secret)
        assert answer.status_code == 422 and answer["Content-Type"] == "application/problem+json"


def test_settings_pages(form: WebForm, admin: Any, anna: Any, client_of: Any, at: dt.datetime) -> None:
    send(form, at)
    for path in ("/settings/web-forms", "/settings/web-forms/new", f"/settings/web-forms/{form.pk}"):
        assert client_of(anna).get(path).status_code == 403
        assert Client().get(path).status_code == 302
        assert client_of(admin).get(path).status_code == 200
    browser = client_of(admin)
    assert browser.get("/settings/web-forms/999").status_code == 404
    posted = {
        "name": "Second",
        "pipeline": form.pipeline_id,
        "owners": [anna.pk],
        "task_type": "call",
        "task_minutes": "15",
        "language": "en",
        "shown_email": "on",
        "required_email": "on",
        "place_email": "1",
        "shown_name": "on",
        "place_name": "2",
        "sites": "https://a.example\nhttps://b.example:8443",
    }
    wrong = browser.post("/settings/web-forms/new", {**posted, "redirect_url": "data:x"})
    assert wrong.status_code == 422 and "data:x" in wrong.content.decode()
    assert browser.post("/settings/web-forms/new", posted).status_code == 303
    row = WebForm.objects.get(name="Second")
    assert [f["name"] for f in row.fields] == ["email", "name"]
    assert row.sites == ["https://a.example", "https://b.example:8443"]
    path = f"/settings/web-forms/{row.pk}"
    assert browser.post(path, {**posted, "name": "Third", "version": "1"}).status_code == 303
    assert browser.post(path, {**posted, "name": "Fourth", "version": "1"}).status_code == 409
    assert browser.post(f"{path}/switch").status_code == 303
    row.refresh_from_db()
    assert (row.name, row.is_active) == ("Third", False)


def test_a_try_keeps_nothing(form: WebForm, admin: Any, anna: Any, client_of: Any) -> None:
    path = f"/settings/web-forms/{form.pk}/try"
    assert client_of(anna).get(path).status_code == 403
    browser = client_of(admin)
    assert browser.get(path).status_code == 200
    events = Event.objects.count()
    for _time in range(2):
        shown = browser.post(path, ANSWER)
        assert shown.status_code == 200 and "Ask us: Ilse Maas" in shown.content.decode()
        assert "Anna" in shown.content.decode(), "nobody's turn is used up"
    wrong = browser.post(path, {**ANSWER, "email": "x"})
    assert wrong.status_code == 422 and "Racks" in wrong.content.decode()
    assert not (Deal.objects.exists() or Contact.objects.exists() or Submission.objects.exists())
    assert Event.objects.count() == events


def test_another_address_ends_the_old_one(form: WebForm, admin: Any, client_of: Any, at: dt.datetime) -> None:
    old, secret = form.path, queries.secret_of(form)
    answer = client_of(admin).post(f"/settings/web-forms/{form.pk}/key")
    assert answer.status_code == 303
    form.refresh_from_db()
    assert form.path != old and queries.secret_of(form) != secret
    assert Client().get(old).status_code == 404 and Client().get(form.path).status_code == 200
    commands.restore_key(form.pk, old.removeprefix("/f/"), form.version, by=Actor(admin), at=at)
    assert Client().get(old).status_code == 200


def test_what_came_in_is_filtered_and_taken_out(
    form: WebForm, admin: Any, client_of: Any, at: dt.datetime
) -> None:
    send(form, at, {**ANSWER, "utm_source": "fair"})
    send(form, at, is_robot=True, nonce="r")
    browser = client_of(admin)
    path = f"/settings/web-forms/{form.pk}"
    assert "Ask us: Ilse" in browser.get(path).content.decode()
    assert "Ask us: Ilse" not in browser.get(f"{path}?outcome=robot").content.decode()
    taken = browser.get(f"{path}/answers")
    text = b"".join(taken.streaming_content).decode()
    assert "utm_source=fair" in text and len(text.strip().splitlines()) == 3
    assert "Ilse@" not in text


def test_a_later_stage_tells_why_its_gates_were_passed(
    form: WebForm, admin: Any, pipeline: Any, at: dt.datetime
) -> None:
    later = list(pipeline.stages.order_by("position"))[2]
    commands.edit_web_form(form.pk, {"stage": later.pk}, by=Actor(admin), at=at)
    deal = send(form, at).deal
    assert deal.stage == later
    kept = StagePassage.objects.filter(deal=deal).exclude(checklist_snapshot=None)
    assert {p.forced_reason for p in kept} <= {"", "Came by the web form “Ask us”"}


def test_fields_of_ones_own(form: WebForm, admin: Any, at: dt.datetime) -> None:
    made = create_field(entity="deal", name="Pallets", kind="number", by=Actor(admin), at=at)
    asked = [{"name": "name"}, {"name": "email", "is_required": True}, {"name": f"custom.{made.slug}"}]
    commands.edit_web_form(form.pk, {"fields": asked}, by=Actor(admin), at=at)
    deal = send(form, at, {"name": "Ilse", "email": "i@x.example", f"custom.{made.slug}": "40"}).deal
    deal.refresh_from_db()
    assert deal.custom[made.slug] in ("40", 40)
    with pytest.raises(Invalid):
        send(form, at, {"name": "Ilse", "email": "i@x.example", f"custom.{made.slug}": "many"}, nonce="n2")
    assert Deal.objects.count() == 1


def test_programs_settings(form: WebForm, admin: Any, anna: Any, api_of: Any, at: dt.datetime) -> None:
    path = f"/web_forms/{form.pk}"
    for stranger in ("/web_forms", path, f"{path}/answers"):
        assert api_of(anna).get(stranger).status_code == 403
    api = api_of(admin)
    assert api.get("/web_forms/999").status_code == 404
    assert [one["name"] for one in api.get("/web_forms").json()["items"]] == ["Ask us"]
    read = api.get(path)
    assert read.json()["secret"] == queries.secret_of(form)
    made = api.post(
        "/web_forms", {"name": "From the shop", "pipeline": form.pipeline_id, "owners": [anna.pk]}
    )
    assert made.status_code == 201 and made.json()["fields"][0]["name"] == "name"
    changed = api.patch(path, {"thanks": "Thanks!"})
    assert changed.status_code == 200 and changed.json()["thanks"] == "Thanks!"
    assert api.patch(path, {"sites": ["*"]}).status_code == 422
    assert api.post(f"{path}/key").json()["path"] != form.path
    send(form, at)
    (answer,) = api.get(f"{path}/answers?outcome=deal").json()["items"]
    assert answer["deal"] == Deal.objects.get().pk and "name" not in answer
    assert api.get(f"{path}/answers?cursor=x").status_code == 422
