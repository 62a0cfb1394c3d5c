"""Who hears of what: once, in his own words, and only of what he may see."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from takt.kernel.accounts.commands import deactivate_user, edit_user
from takt.kernel.events.commands import deliver_all
from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.undo.commands import take_back
from takt.kernel.undo.models import UndoEntry
from takt.office.notifications.jobs import tell_of_watched
from takt.office.notifications.models import Notification, Round
from takt.office.notifications.rounds import look_round, tell_what_is_soon
from takt.sales.contacts.commands import create_company, edit_company
from takt.sales.deals import commands
from takt.sales.deals.commands import NewTask
from takt.sales.deals.models import Deal

pytestmark = pytest.mark.django_db
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def told(user: Any) -> list[str]:
    return [n.sentence for n in Notification.objects.visible_to(user).order_by("pk")]


@pytest.fixture
def deal(pipeline: Any, anna: Any, at: dt.datetime) -> Deal:
    step = NewTask(type="call", title="Call Ilse", due_at=at + 3 * HOUR)
    return commands.create_deal(name="Crane", owner=anna, first_task=step, by=Actor(anna), at=at)


def test_a_task_from_a_colleague_is_told_once(deal: Deal, anna: Any, boris: Any, at: dt.datetime) -> None:
    tell_of_watched(at)
    given = NewTask(type="task", title="Send the drawing", due_at=at + 5 * HOUR, assignee=anna)
    commands.create_task(given, deal=deal, by=Actor(boris), at=at)
    commands.create_task(NewTask(type="task", title="Own", due_at=at + DAY), deal=deal, by=Actor(anna), at=at)
    for minute in range(3):
        tell_of_watched(at + dt.timedelta(minutes=minute))
    assert told(anna) == ["Boris gave you the task “Send the drawing”"]


def test_a_standstill_of_hours_loses_nothing(deal: Deal, anna: Any, boris: Any, at: dt.datetime) -> None:
    tell_of_watched(at)
    given = NewTask(type="task", title="Send the drawing", due_at=at + 9 * HOUR, assignee=anna)
    commands.create_task(given, deal=deal, by=Actor(boris), at=at + HOUR)
    tell_of_watched(at + 7 * HOUR)
    assert told(anna) == ["Boris gave you the task “Send the drawing”"]
    tell_of_watched(at + 5 * HOUR)  # the clock was put back
    tell_of_watched(at + 8 * HOUR)
    assert len(told(anna)) == 1


def test_many_handed_over_at_once_are_one(pipeline: Any, anna: Any, boris: Any, at: dt.datetime) -> None:
    deals = [
        commands.create_deal(name=f"D{n}", owner=boris, is_quick=True, by=Actor(boris), at=at)
        for n in range(4)
    ]
    commands.assign_deals([d.pk for d in deals], anna, by=Actor(boris), at=at)
    events = list(Event.objects.filter(kind="deal.owner_changed").values_list("pk", flat=True))
    for _again in range(2):
        deliver_all(events, at=at)
    assert told(anna) == ["Boris handed 4 deals over to you"]


def test_a_company_handed_over(anna: Any, boris: Any, at: dt.datetime) -> None:
    company = create_company(name="Nord", owner=boris, by=Actor(boris), at=at)
    edit_company(company, {"owner": anna.pk}, by=Actor(boris), at=at)
    deliver_all([Event.objects.latest("id").pk], at=at)
    assert told(anna) == ["Boris handed the company “Nord” over to you"]


def test_what_one_may_no_longer_see_is_gone(
    deal: Deal, anna: Any, carla: Any, boris: Any, client_of: Callable[..., Any], at: dt.datetime
) -> None:
    commands.assign_deal(deal, carla, by=Actor(user=None, via="timer"), at=at)
    deliver_all([Event.objects.filter(kind="deal.owner_changed").latest("id").pk], at=at)
    assert told(carla) == ["The deal “Crane” is now yours"]
    row = Notification.objects.get(user=carla)
    commands.assign_deal(deal, anna, by=Actor(user=None, via="timer"), at=at)
    page = client_of(carla)
    assert told(carla) == []
    assert b"Crane" not in page.get("/notifications").content
    assert b"tk-bell-n" not in page.get("/notifications/count").content
    assert page.post(f"/notifications/{row.pk}/open").status_code == 404
    assert page.post(f"/notifications/{row.pk}/mark").status_code == 404


def test_words_are_the_readers(deal: Deal, dora: Any, boris: Any, at: dt.datetime) -> None:
    from django.utils import translation

    commands.assign_deal(deal, boris, by=Actor(dora), at=at)
    deliver_all([Event.objects.filter(kind="deal.owner_changed").latest("id").pk], at=at)
    with translation.override("ru"):
        assert "Crane" in told(boris)[0] and "handed" not in told(boris)[0]


def test_soon(deal: Deal, anna: Any, at: dt.datetime) -> None:
    meeting = NewTask(type="meeting", title="Meet Ilse", due_at=at + HOUR)
    commands.create_task(meeting, deal=deal, by=Actor(anna), at=at)
    all_day = NewTask(type="task", title="Any time", due_at=at + HOUR, is_all_day=True)
    commands.create_task(all_day, deal=deal, by=Actor(anna), at=at)
    by = Actor(via="timer")
    for minutes in (29, 31, 32, 46, 164, 166, 167, 200):
        tell_what_is_soon(by, at + dt.timedelta(minutes=minutes))
    assert told(anna) == ["In half an hour: Meet Ilse", "Due in a quarter of an hour: Call Ilse"]
    commands.reschedule_task(deal.next_task_id, at + 6 * HOUR, by=Actor(anna), at=at)
    # The meeting is the next step; the call moves and is told of again.
    call = deal.tasks.get(title="Call Ilse")
    commands.reschedule_task(call, at + 8 * HOUR, by=Actor(anna), at=at)
    tell_what_is_soon(by, at + 8 * HOUR - dt.timedelta(minutes=3))
    assert told(anna)[-1] == "Due in a quarter of an hour: Call Ilse"


def test_the_day_round_is_told_once_in_ones_own_time(deal: Deal, anna: Any, at: dt.datetime) -> None:
    """Anna sits in Tokyo: half past eight there is half past eleven in the evening before, in UTC."""
    edit_user(anna, {"time_zone": "Asia/Tokyo"}, by=Actor(anna), at=at)
    by = Actor(via="timer")
    look_round(by, at)  # 18:00 there: both rounds
    Notification.objects.all().delete()
    look_round(by, dt.datetime(2026, 3, 2, 23, 0, tzinfo=dt.UTC))
    assert told(anna) == []
    for minute in (30, 40, 50):
        look_round(by, dt.datetime(2026, 3, 2, 23, minute, tzinfo=dt.UTC))
    assert told(anna) == ["A task is overdue: Call Ilse"]
    assert Round.objects.filter(user=anna).count() == 2


def test_rounds_tell_of_deals(deal: Deal, anna: Any, boris: Any, at: dt.datetime) -> None:
    by = Actor(via="timer")
    look_round(by, at - DAY)
    Deal.objects.filter(pk=deal.pk).update(
        expected_close_on=(at - DAY).date(), last_activity_at=at - 7 * DAY - HOUR, offer="10 %",
        offer_until=(at + 3 * DAY).date(), next_task=None, next_due_at=None,
    )  # fmt: skip
    look_round(by, at + 10 * HOUR)
    assert set(told(anna)) == {
        "The closing date of “Crane” has passed",
        "Nothing has happened to “Crane” for 7 days",
        "The offer on “Crane” ends in three days at the latest",
        "The deal “Crane” has no next step",
    }
    assert told(boris) == ["The deal “Crane” of your team has no next step"]
    look_round(by, at + 11 * HOUR)
    assert len(told(anna)) == 4
    look_round(by, at + 35 * HOUR)  # the day after: what became true the day before isn't repeated
    assert told(anna)[4:] == ["A task is overdue: Call Ilse", "The deal “Crane” has no next step"]


def test_many_are_a_number(pipeline: Any, anna: Any, at: dt.datetime) -> None:
    for n in range(5):
        commands.create_deal(name=f"D{n}", owner=anna, is_quick=True, by=Actor(anna), at=at)
    Deal.objects.update(next_task=None, next_due_at=None)
    look_round(Actor(via="timer"), at + 10 * HOUR)
    assert told(anna) == ["5 deals have no next step"]
    assert Notification.objects.get().url == "/deals?status=open&owner=me&next_task__empty=true"


def test_who_has_left_is_told_nothing(deal: Deal, anna: Any, boris: Any, admin: Any, at: dt.datetime) -> None:
    commands.assign_deal(deal, boris, by=Actor(admin), at=at)
    deactivate_user(boris, by=Actor(admin), at=at)
    deliver_all([Event.objects.filter(kind="deal.owner_changed").earliest("id").pk], at=at)
    assert not Notification.objects.filter(user=boris).exists()


def test_a_long_import_tells_who_began_it(anna: Any, at: dt.datetime) -> None:
    from takt.gateways.transfer import events as facts
    from takt.kernel.events.unit import command, record

    @command
    def made(fact: Any, *, by: Actor, at: dt.datetime) -> None:
        record(fact, about=("import", 7), by=by, at=at)

    by = Actor(anna, via="import:7")
    made(facts.ImportUploaded(name="deals.csv", holds="deals"), by=by, at=at)
    made(facts.ImportStarted(holds="deals"), by=by, at=at)
    for seconds in (5, 60):
        done = at + dt.timedelta(seconds=seconds)
        made(facts.ImportFinished(created=3, updated=1, refused=0), by=by, at=done)
        deliver_all([Event.objects.latest("id").pk], at=done)
    assert told(anna) == ["The import “deals.csv” is done: 3 created, 1 updated, 0 refused"]


def test_live_and_undone(
    deal: Deal, dora: Any, boris: Any, client_of: Callable[..., Any], at: dt.datetime
) -> None:
    page = client_of(boris)
    assert "HX-Trigger" not in page.get("/notifications/count?after=0").headers
    commands.assign_deal(deal, boris, by=Actor(dora), at=at)
    deliver_all([Event.objects.filter(kind="deal.owner_changed").latest("id").pk], at=at)
    bell = page.get("/notifications/count?after=0")
    assert "Crane" in bell.headers["HX-Trigger"] and b"tk-bell-n" in bell.content
    row = Notification.objects.get(user=boris)
    assert "HX-Trigger" not in page.get(f"/notifications/count?after={row.pk}").headers
    assert "HX-Trigger" not in page.get("/notifications/count").headers  # a page that has just been opened
    assert page.post("/notifications/read").status_code == 302
    assert b"tk-bell-n" not in page.get("/notifications/count").content
    take_back(UndoEntry.objects.latest("at").token, by=Actor(boris), at=dt.datetime.now(dt.UTC))
    assert b"tk-bell-n" in page.get("/notifications/count").content
    assert (
        page.post(f"/notifications/{row.pk}/mark", {"as": "read"}, headers={"HX-Request": "true"}).status_code
        == 200
    )
    assert b"Crane" not in page.get("/notifications?show=unread").content
    assert b"Crane" in page.get("/notifications?group=handed_over").content
    assert b"Crane" not in page.get("/notifications?group=mention").content
    page.post(f"/notifications/{row.pk}/mark", {"as": "unread"})
    assert b"Crane" in page.get("/notifications?show=unread").content


def test_a_stranger_is_not_sent_away_by_the_bell(client: Any, db: Any) -> None:
    assert client.get("/notifications/count", headers={"HX-Request": "true"}).status_code == 204
    assert client.get("/notifications").status_code == 302


def test_api(
    deal: Deal, dora: Any, boris: Any, carla: Any, api_of: Callable[..., Any], at: dt.datetime
) -> None:
    commands.assign_deal(deal, boris, by=Actor(dora), at=at)
    deliver_all([Event.objects.filter(kind="deal.owner_changed").latest("id").pk], at=at)
    api = api_of(boris)
    row = api.get("/notifications").json()["items"][0]
    assert (row["text"], row["about"], row["is_read"]) == (
        "Dora handed the deal “Crane” over to you", {"kind": "deal", "id": deal.pk}, False,
    )  # fmt: skip
    assert api.get("/notifications?read_at__empty=true&count=true").json()["total"] == 1
    assert api.patch(f"/notifications/{row['id']}", {"is_read": True}).json()["is_read"]
    assert api.get("/notifications?read_at__empty=true").json()["items"] == []
    assert not api.patch(f"/notifications/{row['id']}", {"is_read": False}).json()["is_read"]
    assert api.post("/notifications/read_all").json() == {"read": 1}
    other = api_of(carla)
    assert other.get(f"/notifications/{row['id']}").status_code == 404
    assert other.patch(f"/notifications/{row['id']}", {"is_read": True}).status_code == 404
