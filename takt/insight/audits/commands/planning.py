"""The weekly ritual: who audits whom, the week's sample plan, and what of it is done."""

import datetime as dt
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from takt.insight.audits.events import AuditRoundEnded, AuditRoundSet, AuditWeekPlanned
from takt.insight.audits.models import AuditRound, AuditSession, PlannedWalk
from takt.insight.audits.rules import seed_of, week_of
from takt.kernel.access.reach import demand, may, own_reach, teams_below
from takt.kernel.accounts.models import Role, Team, User
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound
from takt.sales.activities.models import Task
from takt.sales.deals.commands import NewTask, complete_task, create_task
from takt.sales.deals.models import Deal

MOST_SAMPLE = 200
FRIDAY, DUE_BY = 4, dt.time(18)


@command
def set_round(*, auditor: Any, team: Any = None, sample: int, by: Actor, at: dt.datetime) -> AuditRound:
    """Have somebody audit a team's reps every week, or everybody's within his reach; one's own rounds, or as a manager
    another's. Set again, only the number of deals changes, from the next week on."""
    demand(by, "audit")
    who = User.objects.filter(pk=getattr(auditor, "pk", auditor), is_active=True).first()
    if who is None or not may(who, "audit"):
        raise Invalid.field("auditor", _("This person may not audit."), "unknown")
    _own_or_manager(who, by)
    group = None
    if team is not None:
        group = Team.objects.filter(pk=getattr(team, "pk", team)).first()
        if group is None:
            raise Invalid.field("team", _("There is no such team."), "unknown")
    if not 1 <= sample <= MOST_SAMPLE:
        raise Invalid.field("sample", _("Enter a whole number from 1 to 200."), "out_of_range")
    row, _new = AuditRound.objects.update_or_create(
        auditor=who,
        team=group,
        ended_at=None,
        defaults={"sample": sample},
        create_defaults={"sample": sample, "created_at": at},
    )
    fact = AuditRoundSet(auditor=who.pk, team=row.team_id, sample=sample)
    record(fact, about=("audit_round", row.pk), by=by, at=at)
    return row


@command
def end_round(round: Any, *, by: Actor, at: dt.datetime) -> AuditRound:
    """No more of it from the next week on; what is planned stays."""
    row = (
        AuditRound.objects.filter(pk=getattr(round, "pk", round), ended_at=None)
        .select_for_update(of=("self",))
        .first()
    )
    if row is None:
        raise NotFound
    _own_or_manager(row.auditor, by)
    row.ended_at = at
    row.save(update_fields=["ended_at"])
    record(
        AuditRoundEnded(auditor=row.auditor_id, team=row.team_id), about=("audit_round", row.pk), by=by, at=at
    )
    return row


def _own_or_manager(who: User, by: Actor) -> None:
    if by.user is not None and by.user.pk != who.pk and not may(by, "edit_pipelines"):
        raise Forbidden


@command
def plan_week(day: dt.date, *, by: Actor, at: dt.datetime) -> int:
    """Draw up the sample plans of the day's week from the rounds, with a task for each auditor; who is planned already
    stays as he is. Answers how many people were added."""
    week = week_of(day)
    count = 0
    rounds = AuditRound.objects.filter(ended_at=None, auditor__is_active=True).select_related("auditor")
    by_auditor: dict[int, list[AuditRound]] = {}
    for one in rounds.order_by("auditor", "pk").select_for_update(of=("self",)):
        by_auditor.setdefault(one.auditor_id, []).append(one)
    for mine in by_auditor.values():
        auditor = mine[0].auditor
        known = set(PlannedWalk.objects.filter(week=week, auditor=auditor).values_list("person", flat=True))
        wanted: dict[int, int] = {}
        for one in mine:
            for person in _people(one):
                wanted[person] = max(wanted.get(person, 0), one.sample)
        new = {person: sample for person, sample in wanted.items() if person not in known}
        if not new:
            continue
        task = PlannedWalk.objects.filter(week=week, auditor=auditor).values_list("task", flat=True).first()
        task = task or _task_for(auditor, week, len(new), at).pk
        PlannedWalk.objects.bulk_create(
            PlannedWalk(
                week=week,
                auditor=auditor,
                person_id=person,
                sample=sample,
                seed=seed_of(week, person),
                task_id=task,
            )
            for person, sample in new.items()
        )
        fact = AuditWeekPlanned(week=week.isoformat(), auditor=auditor.pk, people=len(new))
        record(fact, about=("user", auditor.pk), by=by, at=at)
        count += len(new)
    return count


def _people(one: AuditRound) -> list[int]:
    """The reps at work in the round who have open deals, but not the auditor himself."""
    people = User.objects.filter(role=Role.REP, is_active=True).exclude(pk=one.auditor_id)
    if one.team_id is not None:
        people = people.filter(team__in=teams_below(one.team_id))
    if (reach := own_reach(one.auditor, "deal")) is not None:
        people = people.filter(pk__in=sorted(reach))
    having = Deal.objects.alive().filter(Q(status=Deal.Status.OPEN), owner__in=people)
    return sorted(set(having.values_list("owner_id", flat=True)))


def _task_for(auditor: User, week: dt.date, people: int, at: dt.datetime) -> Task:
    """One task for the week's plan, given by Takt."""
    end = dt.datetime.combine(week + dt.timedelta(days=FRIDAY), DUE_BY, timezone.get_default_timezone())
    with override(auditor.language or None):
        title = ngettext("Audit of the week: %(num)d person", "Audit of the week: %(num)d people", people)
        new = NewTask(
            type="task",
            title=title % {"num": people},
            body=_("The plan of the week stands under Audit, Plan of the week."),
            due_at=max(end, at),
            assignee=auditor,
        )
    return create_task(new, by=Actor(via="audit:plan"), at=at)


def note_finished(session: AuditSession, at: dt.datetime) -> None:
    """When the last audit of a week's plan is finished, its task is done; Takt ends it, since an auditor changes none."""
    planned = PlannedWalk.objects.filter(session=session).select_related("task").first()
    if (
        planned is None
        or planned.task is None
        or not planned.task.is_open
        or planned.task.deleted_at is not None
    ):
        return
    week = PlannedWalk.objects.filter(week=planned.week, auditor=planned.auditor_id)
    if not week.filter(Q(session=None) | Q(session__finished_at=None)).exists():
        complete_task(
            planned.task, result=_("All audits of the week are finished."), by=Actor(via="audit:plan"), at=at
        )
