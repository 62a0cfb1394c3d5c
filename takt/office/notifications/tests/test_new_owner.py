"""The new owner of a deal hears of it, once, unless he took it himself."""

from typing import Any

from takt.kernel.events.commands import deliver_all
from takt.kernel.events.models import Event
from takt.office.notifications.commands import forget_old, mark_read, notify
from takt.office.notifications.models import Notification


def handed_over(deal: Any, owner: Any, by: Any, at: Any) -> Event:
    from takt.sales.deals.commands import assign_deal

    assign_deal(deal, owner, by=by, at=at)
    return Event.objects.filter(kind="deal.owner_changed").latest("id")


def new_deal(owner: Any, acting_as: Any, at: Any) -> Any:
    from takt.sales.deals.commands import create_deal

    return create_deal(name="Pumps for Nord", owner=owner, is_quick=True, by=acting_as(owner), at=at)


def test_told_once(pipeline: Any, anna: Any, boris: Any, acting_as: Any, at: Any) -> None:
    event = handed_over(new_deal(boris, acting_as, at), anna, acting_as(boris), at)
    for _again in range(2):
        deliver_all([event.pk], at=at)
    told = Notification.objects.get()
    assert (told.user, told.event, told.at) == (anna, event.pk, at)
    assert told.sentence == "Boris handed the deal “Pumps for Nord” over to you"


def test_not_told_what_he_did_himself(pipeline: Any, anna: Any, boris: Any, acting_as: Any, at: Any) -> None:
    event = handed_over(new_deal(anna, acting_as, at), boris, acting_as(boris), at)
    deliver_all([event.pk], at=at)
    assert not Notification.objects.exists()


def test_an_import_tells_nobody(pipeline: Any, anna: Any, boris: Any, acting_as: Any, at: Any) -> None:
    event = handed_over(new_deal(boris, acting_as, at), anna, acting_as(boris, "import:9"), at)
    deliver_all([event.pk], at=at)
    assert not Notification.objects.exists()


def test_a_repeat_by_another_road_changes_nothing(anna: Any, takt: Any, at: Any) -> None:
    for _again in range(2):
        notify(
            anna.pk,
            event=1,
            kind="deal.handed_over_by_takt",
            params={"deal": "X"},
            url="/deals/1",
            by=takt,
            at=at,
        )
    assert Notification.objects.count() == 1


def test_pages(anna: Any, carla: Any, client_of: Any, acting_as: Any, takt: Any, at: Any) -> None:
    for event in (1, 2):
        notify(
            anna.pk,
            event=event,
            kind="deal.handed_over_by_takt",
            params={"deal": "<X>"},
            url="/deals/1",
            by=takt,
            at=at,
        )
    row = Notification.objects.first()
    hers, other = client_of(anna), client_of(carla)
    assert "&lt;X&gt;" in hers.get("/notifications").content.decode()
    assert b"2" in hers.get("/notifications/count").content
    assert b"tk-bell-n" not in other.get("/notifications/count").content
    assert other.post(f"/notifications/{row.pk}/open").status_code == 404
    assert hers.post(f"/notifications/{row.pk}/open")["Location"] == "/deals/1"
    assert Notification.objects.unread().count() == 1
    assert mark_read(None, by=acting_as(carla), at=at) == 0
    assert hers.post("/notifications/read").status_code == 302
    assert not Notification.objects.unread().exists()
    assert Event.objects.filter(kind="notifications.read", actor=anna.pk).count() == 2


def test_read_ones_are_kept_ninety_days(anna: Any, acting_as: Any, takt: Any, at: Any) -> None:
    import datetime as dt

    for event in (1, 2):
        notify(
            anna.pk,
            event=event,
            kind="deal.handed_over_by_takt",
            params={"deal": "X"},
            url="/",
            by=takt,
            at=at,
        )
    mark_read([Notification.objects.get(event=1).pk], by=acting_as(anna), at=at)
    assert forget_old(by=takt, at=at + dt.timedelta(days=91)) == 1
    assert Notification.objects.get().event == 2
