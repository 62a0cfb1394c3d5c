"""Each of the seven checks on real deals, and the kept figures beside a judgement made anew."""

import datetime as dt
from typing import Any

import pytest

from takt.insight.audits.commands import judge_again, judge_all, keep_day, look_again
from takt.insight.audits.commands.keeping import judge_due
from takt.insight.audits.judging import judge_at
from takt.insight.audits.models import DealQuality, ScoreDay
from takt.insight.audits.participants import wrongly_kept
from takt.insight.audits.queries import reach_for, scores, trend, worst
from takt.insight.audits.rules import BIT, bits, codes_in
from takt.kernel.events.commands import deliver_all
from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.settings.commands import change_setting
from takt.sales.contacts.commands import create_company, create_contact
from takt.sales.deals import commands
from takt.sales.deals.commands import NewTask, Snooze
from takt.sales.deals.models import Deal, StagePassage

pytestmark = pytest.mark.django_db
LATER = dt.timedelta(hours=1)


@pytest.fixture
def by(anna: Any) -> Actor:
    return Actor(anna)


@pytest.fixture
def deal(by: Actor, pipeline: Any, at: dt.datetime) -> Deal:
    company = create_company(name="Vermeer", by=by, at=at)
    contact = create_contact(name="Ilse de Wit", company=company, phones=["+31105550001"], by=by, at=at)
    first = NewTask(type="call", title="Ask for the drawings", due_at=at + LATER)
    return commands.create_deal(
        name="Racks",
        company=company,
        contacts=[contact],
        amount="100",
        currency="EUR",
        first_task=first,
        by=by,
        at=at,
    )


def failed(deal: Deal, at: dt.datetime) -> list[str]:
    return codes_in(judge_at([deal.pk], at)[deal.pk].failed)


def applies(deal: Deal, at: dt.datetime) -> list[str]:
    return codes_in(judge_at([deal.pk], at)[deal.pk].applicable)


def catch_up(at: dt.datetime) -> None:
    """What the worker does after the commands."""
    deliver_all(list(Event.objects.values_list("pk", flat=True)), at=at)


def test_next_step(deal: Deal, at: dt.datetime) -> None:
    """A1: an overdue task is still a task; none at all is told with the place where one is planned."""
    assert "A1" not in failed(deal, at + dt.timedelta(days=30))
    Deal.objects.filter(pk=deal.pk).update(next_task=None, next_due_at=None)
    judged = judge_at([deal.pk], at)[deal.pk]
    assert "A1" in codes_in(judged.failed)
    reason = next(r for r in judged.reasons if r.code == "A1")
    assert (reason.url, reason.is_dialog) == (f"/tasks/new?deal={deal.pk}", True)


def test_stages_and_fields(deal: Deal, pipeline: Any, by: Actor, dora: Any, at: dt.datetime) -> None:
    """A2 and A3 say what the gates say; what a manager let pass with a reason is no failure."""
    commands.set_gate_mode(pipeline, "warn", by=Actor(dora), at=at)
    stages = list(pipeline.stages.order_by("position"))
    assert "A2" not in applies(deal, at)
    for stage in stages[1:3]:
        commands.move_deal(deal.pk, stage, by=by, at=at)
    assert "A2" in failed(deal, at)
    reasons = judge_at([deal.pk], at)[deal.pk].reasons
    from takt.sales.deals.queries.ways import checklist_of

    debts = {d.text for d in checklist_of(Deal.objects.get(pk=deal.pk), at).debts}
    assert {r.text for r in reasons if r.code == "A2"} <= debts
    StagePassage.objects.filter(deal=deal, left_at__isnull=False).update(forced_reason="Agreed with Dora")
    assert "A2" not in failed(deal, at)
    commands.set_gate_mode(pipeline, "off", by=Actor(dora), at=at)
    assert {"A2", "A3"}.isdisjoint(applies(deal, at))


def test_actions(deal: Deal, by: Actor, at: dt.datetime) -> None:
    """A4: a title that says what was done, and a description; Chinese says as much in less."""
    assert "A4" not in applies(deal, at)

    def act(title: str, result: str) -> None:
        task = commands.create_task(
            NewTask(type="call", title=title, due_at=at + LATER), deal=deal.pk, by=by, at=at
        )
        commands.complete_task(task, result=result, by=by, at=at)

    act("Asked for the drawings", "They send them on Tuesday after their meeting")
    act("已向客户索取图纸", "客户答应下周二会议之后寄出")
    assert "A4" in applies(deal, at)
    assert "A4" not in failed(deal, at)
    act("Call", "They send them on Tuesday after their meeting")
    assert "A4" in failed(deal, at)
    assert "A4" not in applies(deal, at + dt.timedelta(days=40))


def test_loss(deal: Deal, by: Actor, at: dt.datetime) -> None:
    """A5 applies to lost deals only, and goes with them when their days are over."""
    assert "A5" not in applies(deal, at)
    commands.lose_deal(deal.pk, "price", by=by, at=at)
    assert applies(deal, at) == ["A5"]
    assert failed(deal, at) == []
    from takt.sales.deals.models import LossReason

    reason, _new = LossReason.objects.get_or_create(
        slug="not_recorded", defaults={"name": "Not recorded", "is_system": True}
    )
    Deal.objects.filter(pk=deal.pk).update(loss_reason=reason)
    assert failed(deal, at) == ["A5"]
    assert judge_at([deal.pk], at + dt.timedelta(days=31)) == {}


def test_cards(deal: Deal, at: dt.datetime) -> None:
    """A6 by the completeness that the customers' room keeps."""
    assert "A6" in failed(deal, at)
    type(deal.company).objects.update(completeness=80)
    deal.parts.get().contact.__class__.objects.update(completeness=100)
    assert "A6" not in failed(deal, at)


def test_age(deal: Deal, by: Actor, pipeline: Any, at: dt.datetime) -> None:
    """A7 by the stage's norm; a deal put off with a reason rests."""
    pipeline.stages.update(norm_days=5)
    assert "A7" not in failed(deal, at + dt.timedelta(days=5))
    late = at + dt.timedelta(days=6)
    assert "A7" in failed(deal, late)
    commands.snooze_deal(
        deal.pk, Snooze((late + dt.timedelta(days=9)).date(), "Budget in autumn"), by=by, at=late
    )
    assert "A7" not in applies(deal, late)


def test_kept_figures_follow_every_change(deal: Deal, by: Actor, dora: Any, at: dt.datetime) -> None:
    """After each act what is kept equals a judgement made anew."""
    catch_up(at)
    assert DealQuality.objects.get(deal=deal).is_due is False
    assert wrongly_kept() == []
    task = commands.create_task(NewTask(type="call", title="Hi", due_at=at), deal=deal.pk, by=by, at=at)
    commands.complete_task(task, result="", by=by, at=at)
    assert wrongly_kept() != []
    catch_up(at)
    assert wrongly_kept() == []
    assert DealQuality.objects.get(deal=deal).failed & BIT["A4"]
    commands.lose_deal(deal.pk, "price", by=by, at=at)
    catch_up(at)
    assert codes_in(DealQuality.objects.get(deal=deal).failed) == ["A4"]
    commands.delete_deals([deal.pk], by=Actor(via="timer"), at=at)
    catch_up(at)
    assert not DealQuality.objects.filter(deal=deal).exists()


def test_bulk_waits_for_the_minute(deal: Deal, by: Actor, at: dt.datetime) -> None:
    catch_up(at)
    look_again(deals=[deal.pk], by=by, at=at)
    assert DealQuality.objects.get(deal=deal).is_due
    assert judge_due(by=by, at=at) == 1
    assert not DealQuality.objects.filter(is_due=True).exists()
    DealQuality.objects.all().delete()
    assert judge_due(by=by, at=at) == 0
    assert judge_due(with_new=True, by=by, at=at) == 1


def test_scores(
    deal: Deal, by: Actor, anna: Any, boris: Any, carla: Any, admin: Any, at: dt.datetime
) -> None:
    """By reach: a rep her own, a lead his team's; a check switched off counts nowhere."""
    commands.create_deal(name="Of Carla", is_quick=True, by=Actor(carla), at=at)
    judge_all(by=by, at=at)
    mine = scores(reach_for(anna))
    assert [p.name for p in mine.people] == ["Anna"]
    assert [p.name for p in scores(reach_for(boris)).people] == ["Anna"]
    assert {p.name for p in scores(reach_for(admin)).people} == {"Anna", "Carla"}
    kept = DealQuality.objects.get(deal=deal)
    assert sum(mine.total.applicable.values()) == kept.applicable.bit_count()
    assert sum(mine.total.failed.values()) == kept.failed.bit_count()
    rows, more = worst(reach_for(anna), at)
    assert [r.id for r in rows] == [deal.pk]
    assert more is False
    for code in codes_in(kept.failed):
        change_setting(f"audit.{code.lower()}", 0, by=Actor(admin), at=at)
    assert worst(reach_for(anna), at)[0] == []
    assert scores(reach_for(anna)).total.score == 1


def test_day(deal: Deal, by: Actor, anna: Any, carla: Any, at: dt.datetime) -> None:
    judge_all(by=by, at=at)
    for _again in range(2):
        keep_day(at.date(), by=by, at=at)
    tally = scores(reach_for(anna)).total
    assert ScoreDay.objects.filter(owner=anna).count() == sum(1 for n in tally.applicable.values() if n)
    assert trend(reach_for(anna), at.date() - dt.timedelta(days=7)) == [(at.date(), tally.score)]
    assert trend(reach_for(carla), at.date() - dt.timedelta(days=7)) == []


def test_few_questions(deal: Deal, by: Actor, django_assert_max_num_queries: Any, at: dt.datetime) -> None:
    """However many deals: a constant number of queries."""
    ids = [deal.pk] + [commands.create_deal(name=f"D{n}", is_quick=True, by=by, at=at).pk for n in range(12)]
    judge_at(ids, at)
    with django_assert_max_num_queries(9):
        assert len(judge_at(ids, at)) == 13
    assert judge_again([], by=by, at=at) == 0
    assert bits(["A1", "A7"]) == 0b1000001
