"""The pages and the API: what they show, to whom, and what they refuse."""

import datetime as dt
from typing import Any

import pytest

from takt.insight.bonus import commands
from takt.insight.bonus.tests.conftest import DAY, MARCH
from takt.kernel.lib.actor import Actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, at: dt.datetime) -> Any:
    """`clock(moment)` is what the edges take for now."""

    def turn(moment: dt.datetime) -> None:
        for edge in ("views", "api"):
            monkeypatch.setattr(
                f"takt.insight.bonus.{edge}.acting", lambda request: {"by": Actor(request.user), "at": moment}
            )

    turn(at)
    return turn


def test_pages(
    clock: Any, rule: Any, audited: Any, anna: Any, boris: Any, carla: Any, dora: Any, auditor: Any, client_of: Any,
    at: dt.datetime, april: dt.datetime,
) -> None:  # fmt: skip
    """From the violation over the objection to the frozen month, by forms only."""
    walk = audited(at)
    clock(at + 4 * DAY)
    mine = client_of(anna)
    assert mine.get("/bonus").headers["Location"] == f"/bonus/{anna.pk}?month=2026-03"
    page = mine.get(f"/bonus/{anna.pk}").content.decode()
    assert "95" in page
    assert "No minutes of the visit" in page
    assert "Found by Olga on the walk" in page
    url = f"/bonus/audits/{walk.pk}/A4/appeal"
    assert "Write why." in mine.post(url, {"comment": " ", "month": "2026-03"}).content.decode()
    assert mine.post(url, {"comment": "It is in the mail", "month": "2026-03"}).status_code == 303
    head = client_of(dora)
    page = head.get(f"/bonus/{anna.pk}?month=2026-03").content.decode()
    assert "It is in the mail" in page
    number = page.split("/bonus/appeals/")[1].split("/")[0]
    assert client_of(boris).post(f"/bonus/appeals/{number}/decide", {}).status_code == 403
    assert head.post(f"/bonus/appeals/{number}/decide", {"answer": ""}).status_code == 422
    assert head.post(
        f"/bonus/appeals/{number}/decide", {"answer": "The mail says nothing of it", "answer_is": "refuse"}
    ).status_code == 303  # fmt: skip
    assert (
        head.post(
            f"/bonus/{anna.pk}/base", {"month": "2026-03", "amount": "80000", "currency": "RUB"}
        ).status_code
        == 303
    )
    clock(april)
    page = head.get("/bonus?month=2026-03").content.decode()
    assert "Approve 3 who are ready" in page
    assert head.post("/bonus/approve", {"month": "2026-03", "person": anna.pk}).status_code == 303
    page = mine.get(f"/bonus/{anna.pk}?month=2026-03").content.decode()
    assert "It is frozen" in page
    assert "Dora refused it" in page
    sheet = (
        head.get(f"/bonus/{anna.pk}?month=2026-03").content.decode().split("/bonus/sheets/")[1].split("/")[0]
    )
    assert head.post(f"/bonus/sheets/{sheet}/reopen", {"reason": ""}).status_code == 422
    assert mine.post(f"/bonus/sheets/{sheet}/reopen", {"reason": "x", "month": "2026-03"}).status_code == 403
    again = {"reason": "A mistake", "month": "2026-03"}
    assert head.post(f"/bonus/sheets/{sheet}/reopen", again).status_code == 303
    assert "A mistake" in mine.get(f"/bonus/{anna.pk}?month=2026-03").content.decode()


def test_strangers(
    clock: Any,
    rule: Any,
    audited: Any,
    anna: Any,
    boris: Any,
    carla: Any,
    auditor: Any,
    client_of: Any,
    at: dt.datetime,
) -> None:
    """Nobody reads another's bonus but his supervisors; a month that can't be read is refused."""
    walk = audited(at)
    clock(at + 4 * DAY)
    for stranger in (carla, auditor):
        assert client_of(stranger).get(f"/bonus/{anna.pk}").status_code == 404
        assert (
            client_of(stranger).post(f"/bonus/audits/{walk.pk}/A4/appeal", {"comment": "x"}).status_code
            == 404
        )
    assert client_of(boris).get(f"/bonus/{anna.pk}").status_code == 200
    page = client_of(boris).get("/bonus").content.decode()
    assert "Anna" in page
    assert "Carla" not in page
    assert client_of(anna).get("/bonus?month=2026-13").status_code == 422
    assert client_of(anna).get("/bonus/mine").headers["Location"] == f"/bonus/{anna.pk}"
    assert client_of(anna).post("/bonus/approve", {}).status_code == 403


def test_export(
    clock: Any, rule: Any, audited: Any, anna: Any, carla: Any, client_of: Any, at: dt.datetime
) -> None:
    """One's own as a file too, nobody else's."""
    audited(at)
    clock(at + 4 * DAY)
    answer = client_of(anna).get("/bonus?month=2026-03&export=csv")
    text = b"".join(answer.streaming_content).decode()
    assert "Actions recorded" in text
    assert "Carla" not in text
    assert client_of(anna).get("/bonus?month=2026-03&export=xlsx").headers["Content-Type"].endswith("sheet")


def test_rule_page(clock: Any, dora: Any, anna: Any, client_of: Any, at: dt.datetime) -> None:
    """Everybody reads the rule, whoever may sets it."""
    good = {
        "from_on": at.date().isoformat(), "single": "96", "repeated": "91", "repeats": "2", "tolerance": "2",
        "appeal_days": "3", "mode-A1": "enforce", "mode-A4": "warn",
    }  # fmt: skip
    head = client_of(dora)
    assert client_of(anna).post("/bonus/rule", good).status_code == 403
    assert head.post("/bonus/rule", good | {"from_on": "2026-01-01"}).status_code == 422
    assert head.post("/bonus/rule", good | {"single": "x"}).status_code == 422
    assert head.post("/bonus/rule", good).status_code == 303
    page = client_of(anna).get("/bonus/rule").content.decode()
    assert "96 %" in page
    assert "Set the rule" not in page
    assert "91 %" in client_of(anna).get("/bonus/rule/words").content.decode()


def test_api(
    clock: Any, rule: Any, audited: Any, anna: Any, carla: Any, dora: Any, boris: Any, api_of: Any, at: dt.datetime,
    april: dt.datetime,
) -> None:  # fmt: skip
    walk = audited(at)
    clock(at + 4 * DAY)
    me, head = api_of(anna), api_of(dora)
    found = me.get(f"/bonus/people/{anna.pk}?month=2026-03").json()
    assert (found["percent"], found["lines"][0]["deals"][0]["found_by"]) == (95, "auditor")
    assert [i["name"] for i in me.get("/bonus?month=2026-03").json()["items"]] == ["Anna"]
    assert api_of(carla).get(f"/bonus/people/{anna.pk}").status_code == 404
    assert me.get("/bonus?month=x").status_code == 422
    made = me.post("/bonus/appeals", {"audit": walk.pk, "check": "A4", "comment": "It is in the mail"})
    assert made.status_code == 201, made.content
    decide = f"/bonus/appeals/{made.json()['id']}/decide"
    assert me.post(decide, {"accept": True, "answer": "x"}).status_code == 403
    assert head.post(decide, {"accept": True, "answer": "So it is"}).json()["verdict"] == "accepted"
    base = {"month": "2026-03", "amount": "80000", "currency": "RUB"}
    assert head.post(f"/bonus/people/{anna.pk}/base", base).json()["amount"] == "80000.00"
    clock(april)
    assert api_of(boris).post("/bonus/approve", {"month": "2026-03"}).status_code == 403
    sheets = head.post("/bonus/approve", {"month": "2026-03"}).json()["items"]
    assert {s["percent"] for s in sheets} == {100}
    refused = head.post("/bonus/approve", {"month": "2026-03"})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_ready")
    again = head.post(f"/bonus/sheets/{sheets[0]['id']}/reopen", {"reason": "A mistake"}).json()
    assert again["reopened_because"] == "A mistake"
    rule_in = {"from_on": april.date().isoformat(), "modes": {"A1": "warn"}}
    assert head.post("/bonus/rules", rule_in).status_code == 201
    assert len(me.get("/bonus/rules").json()["items"]) == 2


def test_months_are_apart(rule: Any, audited: Any, anna: Any, at: dt.datetime, april: dt.datetime) -> None:
    """What was audited in March costs nothing in April."""
    from takt.insight.bonus.queries import ledgers

    audited(at)
    assert [ledgers([anna], month, april.date())[0].percent for month in (MARCH, dt.date(2026, 4, 1))] == [
        95,
        100,
    ]
    assert commands.note_violations(by=Actor(via="timer"), at=at + 4 * DAY) == 1
