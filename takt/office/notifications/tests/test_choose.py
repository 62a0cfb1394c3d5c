"""What a person chooses to be told, and how."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, Stale
from takt.office.notifications.commands import choose, notify
from takt.office.notifications.models import Choice, Notification

pytestmark = pytest.mark.django_db


def tell(user: Any, at: dt.datetime, kind: str = "note.mention") -> Notification:
    number = Notification.objects.count() + 1
    params = {"actor": "Boris", "record": "Crane"}
    notify(user.pk, kind=kind, event=number, params=params, url="/deals/1", by=Actor(via="timer"), at=at)
    return Notification.objects.latest("id")


def test_only_what_differs_is_kept(anna: Any, at: dt.datetime) -> None:
    usual = {"mention": {"mail": "now", "bell": True}, "soon": {"mail": "no"}}
    row = choose({"groups": usual}, by=Actor(anna), at=at)
    assert (row.groups, row.version) == ({}, 1)
    row = choose({"groups": {"mention": {"mail": "daily"}, "soon": {"bell": False}}}, by=Actor(anna), at=at)
    assert row.groups == {"mention": {"mail": "daily"}, "soon": {"bell": False}}
    row = choose({"groups": {"mention": {"mail": "now"}}}, by=Actor(anna), at=at)
    assert row.groups == {"soon": {"bell": False}}
    assert Event.objects.filter(kind="notifications.chosen").count() == 2


def test_refused(anna: Any, at: dt.datetime) -> None:
    for wrong in (
        {"groups": {"weather": {"mail": "now"}}},
        {"groups": {"mention": {"mail": "pigeon"}}},
        {"quiet_from": "22:00"},
        {"quiet_from": "late", "quiet_until": "07:00"},
        {"digest_at": ""},
    ):
        with pytest.raises(Invalid):
            choose(wrong, by=Actor(anna), at=at)
    choose({"quiet_from": "22:00", "quiet_until": "07:00"}, by=Actor(anna), at=at, version=1)
    with pytest.raises(Stale):
        choose({"digest_at": "09:00"}, by=Actor(anna), at=at, version=1)
    with pytest.raises(Forbidden):
        choose({"digest_at": "09:00"}, by=Actor(via="timer"), at=at)
    assert Choice.objects.get().quiet_from == dt.time(22)


def test_bell_and_mail_follow(anna: Any, at: dt.datetime) -> None:
    assert (tell(anna, at).mail_at, tell(anna, at).is_quiet) == (at, False)
    choose({"groups": {"mention": {"mail": "daily", "bell": False}}}, by=Actor(anna), at=at)
    row = tell(anna, at)  # nine o'clock: today's mail has gone
    assert (row.mail_at, row.is_quiet) == (dt.datetime(2026, 3, 3, 8, 30, tzinfo=dt.UTC), True)
    assert row not in Notification.objects.visible_to(anna).unread()
    quiet = {"groups": {"mention": {"mail": "now"}}, "quiet_from": "08:00", "quiet_until": "12:00"}
    choose(quiet, by=Actor(anna), at=at)
    assert tell(anna, at).mail_at == dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
    choose({"groups": {"mention": {"mail": "no"}}}, by=Actor(anna), at=at)
    assert tell(anna, at).mail_at is None


def test_without_a_mail_server_nothing_waits(anna: Any, at: dt.datetime, settings: Any) -> None:
    settings.TAKT_SENDS_MAIL = False
    assert tell(anna, at).mail_at is None


def test_page(anna: Any, client_of: Callable[..., Any], at: dt.datetime) -> None:
    page = client_of(anna)
    assert b"Somebody mentions me" in page.get("/settings/notifications").content
    form = {"mail-mention": "daily", "bell-mention": "on", "mail-soon": "no", "digest_at": "07:15",
            "quiet_from": "20:00", "quiet_until": "06:00", "version": "1"}  # fmt: skip
    assert page.post("/settings/notifications", form).status_code == 302
    row = Choice.objects.get(user=anna)
    assert row.groups == {"mention": {"mail": "daily"}, "soon": {"bell": False}}
    assert (row.digest_at, row.quiet_until) == (dt.time(7, 15), dt.time(6))
    refused = page.post("/settings/notifications", {**form, "quiet_until": "", "version": "2"})
    assert refused.status_code == 422 and b"Quiet hours need" in refused.content
    assert b"/settings/notifications" in page.get("/settings").content


def test_api(anna: Any, api_of: Callable[..., Any]) -> None:
    api = api_of(anna)
    assert api.get("/notifications/choices").json()["groups"]["mention"] == {"bell": True, "mail": "now"}
    body = {"groups": {"mention": {"mail": "no"}}, "quiet_from": "22:00", "quiet_until": "07:00"}
    answer = api.patch("/notifications/choices", body).json()
    assert (answer["groups"]["mention"], answer["quiet_from"]) == ({"bell": True, "mail": "no"}, "22:00")
    assert api.patch("/notifications/choices", {"digest_at": "soon"}).status_code == 422
    assert api.patch("/notifications/choices", {"groups": {"mention": {"mail": "x"}}}).status_code == 422
