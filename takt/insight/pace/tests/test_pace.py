"""Limits, alerts, reviews and flags on real deals."""

import datetime as dt
from typing import Any

import pytest

from takt.insight.pace import commands as pace
from takt.insight.pace.commands import alerting
from takt.insight.pace.jobs import run
from takt.insight.pace.models import DealFlags, StageAlert, StagePace
from takt.kernel.events.commands import deliver_all
from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Invalid, Refused
from takt.kernel.settings.commands import change_setting
from takt.office.notifications.models import Notification
from takt.sales.activities.models import Task
from takt.sales.deals import commands
from takt.sales.deals.commands import NewTask, Snooze
from takt.sales.deals.models import Deal, Stage

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
TIMER = Actor(via="timer")


def new(name: str, by: Any, at: dt.datetime, amount: str = "100", due: int = 1) -> Deal:
    return commands.create_deal(
        name=name,
        amount=amount,
        currency="EUR",
        first_task=NewTask(type="call", title="Ask for the drawings", due_at=at + due * DAY),
        by=by,
        at=at,
    )


def passed(by: Any, at: dt.datetime, stages: list[Stage], days: list[int]) -> None:
    """Deals that stayed so many days in the first stage and went on."""
    for n, stay in enumerate(days):
        deal = new(f"Past {n}", by, at - stay * DAY)
        commands.move_deal(deal, stages[1], by=by, at=at)


def alerts(who: Any) -> list[str]:
    return [n.kind for n in Notification.objects.filter(user=who, kind="deal.overrun")]


@pytest.fixture
def by(anna: Any) -> Actor:
    return Actor(anna)


@pytest.fixture
def stages(pipeline: Any) -> list[Stage]:
    return list(Stage.objects.filter(pipeline=pipeline).order_by("position"))


def test_limit_from_own_passages(by: Actor, stages: list[Stage], at: dt.datetime) -> None:
    """Nine passages are too few, ten are enough; a second night writes the same; old ones are forgotten."""
    passed(by, at, stages, [6, 8, 10, 12, 14] * 2)
    Deal.objects.filter(name="Past 9").update(deleted_at=at)
    pace.keep_pace(by=TIMER, at=at)
    assert Stage.objects.get(pk=stages[0].pk).limit_days == stages[0].norm_days
    Deal.objects.update(deleted_at=None)
    pace.keep_pace(by=TIMER, at=at)
    pace.keep_pace(by=TIMER, at=at)
    kept = StagePace.objects.get(stage=stages[0])
    assert (kept.count, kept.mean, kept.median, kept.p75) == (10, 10, 10, 12)
    stage = Stage.objects.get(pk=stages[0].pk)
    assert (stage.usual_days, stage.usual_count, stage.limit_days) == (10, 10, 10)
    pace.keep_pace(by=TIMER, at=at + 181 * DAY)
    assert Stage.objects.get(pk=stages[0].pk).usual_days is None


def test_put_off_days_do_not_count(by: Actor, stages: list[Stage], at: dt.datetime) -> None:
    deal = new("Resting", by, at)
    commands.snooze_deal(deal, Snooze(until=(at + 10 * DAY).date(), reason="Budget"), by=by, at=at)
    commands.move_deal(deal, stages[1], by=by, at=at + 12 * DAY)
    pace.keep_pace(by=TIMER, at=at + 12 * DAY)
    kept = StagePace.objects.get(stage=stages[0])
    assert kept.mean is not None
    assert 2 <= kept.mean < 3


def test_told_once_per_stay(by: Actor, anna: Any, stages: list[Stage], at: dt.datetime) -> None:
    """Fifteen days where ten are usual: told that day, once, and again only in another stay."""
    passed(by, at, stages, [10] * 10)
    deal = new("Crane", by, at)
    Deal.objects.exclude(pk=deal.pk).update(snoozed_until=(at + 99 * DAY).date())
    for days in range(5, 16):
        run(at + days * DAY)
        run(at + days * DAY)
    assert StageAlert.objects.get().deal == deal
    assert StageAlert.objects.get().at == at + 11 * DAY
    assert len(alerts(anna)) == 1
    commands.move_deal(deal, stages[1], by=by, at=at + 15 * DAY)
    commands.move_deal(deal, stages[0], reason="Another buyer", by=by, at=at + 16 * DAY)
    run(at + 20 * DAY)
    assert len(alerts(anna)) == 1
    run(at + 28 * DAY)
    assert len(alerts(anna)) == 2


def test_killed_in_between(
    by: Actor, anna: Any, stages: list[Stage], at: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that dies after telling leaves nothing; the next one tells once."""
    new("Crane", by, at)
    late = at + 60 * DAY
    with monkeypatch.context() as broken:
        broken.setattr(alerting, "_ask_for_reviews", lambda *_a, **_k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            pace.raise_alerts(by=TIMER, at=late)
    assert (StageAlert.objects.count(), len(alerts(anna))) == (0, 0)
    run(late)
    run(late + DAY)
    assert (StageAlert.objects.count(), len(alerts(anna))) == (1, 1)
    assert Task.objects.filter(type__slug="review").count() == 1


def test_off_and_not_begun(by: Actor, anna: Any, admin: Any, stages: list[Stage], at: dt.datetime) -> None:
    new("Crane", by, at)
    late = at + 60 * DAY
    change_setting("pace.overrun_from", 20260801, by=Actor(admin), at=at)
    assert pace.raise_alerts(by=TIMER, at=late) == 0
    change_setting("pace.overrun", 0, by=Actor(admin), at=at)
    change_setting("pace.overrun_from", 0, by=Actor(admin), at=at)
    assert pace.raise_alerts(by=TIMER, at=late) == 0
    change_setting("pace.overrun", 1, by=Actor(admin), at=at)
    assert pace.raise_alerts(by=TIMER, at=late) == 1


def test_at_most_five_reviews_a_day(by: Actor, anna: Any, stages: list[Stage], at: dt.datetime) -> None:
    """The largest amounts first; the others come on the next day; many alerts are one sentence."""
    for n in range(7):
        new(f"D{n}", by, at, amount=str(100 + n))
    late = at + 60 * DAY
    run(late)
    run(late)
    reviews = Task.objects.filter(type__slug="review")
    assert {t.deal.name for t in reviews if t.deal} == {"D2", "D3", "D4", "D5", "D6"}
    assert len(alerts(anna)) == 1
    run(late + DAY)
    assert reviews.all().count() == 7


@pytest.fixture
def review(by: Actor, admin: Any, stages: list[Stage], at: dt.datetime) -> Task:
    change_setting("pace.overrun", 2, by=Actor(admin), at=at)
    new("Crane", by, at)
    run(at + 60 * DAY)
    return Task.objects.get(type__slug="review")


def test_review_needs_note_and_step(review: Task, by: Actor, at: dt.datetime) -> None:
    at += 60 * DAY
    step = NewTask(type="call", title="Call the director", due_at=at + DAY)
    with pytest.raises(Invalid):
        commands.complete_task(review, next_task=step, by=by, at=at)
    with pytest.raises(Refused) as refusal:
        commands.complete_task(review, result="They wait for a permit", by=by, at=at)
    assert refusal.value.code == "next_task_required"
    with pytest.raises(Invalid):
        commands.cancel_task(review, by=by, at=at)
    commands.complete_task(review, result="They wait for a permit", next_task=step, by=by, at=at)


def test_moving_on_ends_the_review(review: Task, by: Actor, stages: list[Stage], at: dt.datetime) -> None:
    at += 60 * DAY
    commands.move_deal(review.deal, stages[1], by=by, at=at)
    deliver_all([Event.objects.filter(kind="deal.moved").latest("id").pk], at=at)
    review.refresh_from_db()
    assert review.status == "cancelled"
    deal = Deal.objects.get(pk=review.deal_id)
    assert deal.next_task_id not in {None, review.pk}


def test_the_only_step_stays(review: Task, by: Actor, stages: list[Stage], at: dt.datetime) -> None:
    """A review that is all that is planned is not taken away: the deal would stand without a next step."""
    at += 60 * DAY
    other = Task.objects.exclude(pk=review.pk).get()
    commands.cancel_task(other, reason="Not needed", by=by, at=at)
    commands.move_deal(review.deal, stages[1], by=by, at=at)
    deliver_all([Event.objects.filter(kind="deal.moved").latest("id").pk], at=at)
    review.refresh_from_db()
    assert review.status == "open"


def test_twelve_deals_four_flagged(by: Actor, stages: list[Stage], at: dt.datetime) -> None:
    """Moonshot M2: of twelve deals with a next step exactly the four suspicious ones."""
    Stage.objects.update(norm_days=5, max_gap_days=10)
    start = at - 10 * DAY
    far = [new(f"Far {n}", by, at, due=30 + n) for n in range(2)]
    stale = [new(f"Stale {n}", by, start, due=11 + n) for n in range(2)]
    for n in range(6):
        new(f"Good {n}", by, at, due=1 + n)
    resting = new("Resting", by, start)
    commands.snooze_deal(resting, Snooze(until=(at + 9 * DAY).date(), reason="Budget"), by=by, at=at)
    new("Nothing planned", by, start)
    Deal.objects.filter(name="Nothing planned").update(next_task=None, next_due_at=None)
    assert pace.flag_deals(by=TIMER, at=at) == 4
    flags = DealFlags.objects.all()
    assert {f.deal_id for f in flags if f.too_far and not f.stale} == {d.pk for d in far}
    assert {f.deal_id for f in flags if f.stale and not f.too_far} == {d.pk for d in stale}
    before = flags.first()
    assert before is not None
    pace.flag_deals(by=TIMER, at=at + DAY)
    assert flags.get(pk=before.pk).since == before.since


def test_flag_goes_as_the_deal_moves_on(by: Actor, stages: list[Stage], at: dt.datetime) -> None:
    Stage.objects.update(norm_days=5, max_gap_days=10)
    deal = new("Stale", by, at - 10 * DAY, due=11)
    pace.flag_deals(by=TIMER, at=at)
    assert DealFlags.objects.filter(deal=deal).exists()
    commands.move_deal(deal, stages[1], by=by, at=at)
    deliver_all([Event.objects.filter(kind="deal.moved").latest("id").pk], at=at)
    assert not DealFlags.objects.filter(deal=deal).exists()
