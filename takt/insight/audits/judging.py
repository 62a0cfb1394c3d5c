"""The seven checks over any number of deals: a constant number of queries, and the rooms' own rules on what they say."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from takt.insight.audits.rules import BIT
from takt.kernel.settings.queries import all_values
from takt.sales.activities.rules import BODY_MIN, text_length, title_is_short
from takt.sales.deals.models import Pipeline
from takt.sales.deals.queries.gates import Known, complete, gates_of, known_of, today_of
from takt.sales.deals.rules_gates import OFF, Gate, Missing, can_advance, effective, missing_of

NOT_RECORDED = "not_recorded"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a check fails: a sentence, the address where it is put right, and whether that opens as a dialog."""

    code: str
    text: str
    url: str
    is_dialog: bool = False


@dataclass(slots=True)
class Judged:
    """What the seven checks say of one deal."""

    deal: int
    owner: int
    applicable: int = 0
    failed: int = 0
    reasons: list[Reason] = field(default_factory=list)

    def say(self, code: str, reasons: Iterable[Reason]) -> None:
        """The check applies; with reasons it fails."""
        found = list(reasons)
        self.applicable |= BIT[code]
        if found:
            self.failed |= BIT[code]
            self.reasons += found


@dataclass(frozen=True, slots=True)
class Limits:
    """The firm's settings that the checks depend on, and the day they are asked for."""

    today: dt.date
    since: dt.date
    complete: int


# A stage skipped by a forced move is let pass with the stage that was left by it.
_DEALS = """
SELECT d.id, d.owner_id, d.status, d.pipeline_id, d.stage_id, stage.position, stage.norm_days,
       d.next_task_id IS NOT NULL, d.snoozed_until, d.stage_entered_at, d.closed_at,
       reason.slug, coalesce(reason.needs_comment, FALSE), d.loss_comment <> '',
       d.company_id, company.completeness, people.n, people.poor, past.passed, past.let_pass
FROM deal d
JOIN stage ON stage.id = d.stage_id
LEFT JOIN loss_reason reason ON reason.id = d.loss_reason_id
LEFT JOIN company ON company.id = d.company_id AND company.deleted_at IS NULL
LEFT JOIN LATERAL (
    SELECT count(*) AS n, array_agg(contact.id ORDER BY contact.id) FILTER (WHERE contact.completeness < %(complete)s) AS poor
    FROM deal_contact part JOIN contact ON contact.id = part.contact_id AND contact.deleted_at IS NULL
    WHERE part.deal_id = d.id
) people ON TRUE
LEFT JOIN LATERAL (
    SELECT array_agg(DISTINCT one.stage_id) AS passed, array_agg(DISTINCT one.stage_id) FILTER (WHERE one.forced) AS let_pass
    FROM (
        SELECT stage_id, bool_or(forced_reason <> '') OVER (PARTITION BY left_at) AS forced
        FROM stage_passage
        WHERE deal_id = d.id AND left_at IS NOT NULL AND exit IN ('advanced', 'skipped_over', 'won')
    ) one
) past ON TRUE
WHERE d.id = ANY(%(ids)s) AND d.deleted_at IS NULL AND (d.status = 'open' OR d.closed_at >= %(since)s)
"""
_ACTIONS = """
SELECT task.deal_id, task.id, task.title, type.name, left(task.body, 200) || left(task.result, 200)
FROM task JOIN task_type type ON type.id = task.type_id
WHERE task.deal_id = ANY(%s) AND task.status = 'done' AND task.deleted_at IS NULL
  AND type.counts_as_action AND task.done_at >= %s
ORDER BY task.deal_id, task.done_at, task.id
"""


def limits_on(today: dt.date) -> Limits:
    values = all_values()
    return Limits(today, today - dt.timedelta(days=values["audit.days"]), values["audit.complete"])


def start_of(day: dt.date) -> dt.datetime:
    """The moment at which a day of the organisation begins."""
    return dt.datetime.combine(day, dt.time(), timezone.get_default_timezone())


def judge_at(deals: Collection[int], at: dt.datetime) -> dict[int, Judged]:
    return judge(deals, limits_on(today_of(at)))


def judge(deals: Collection[int], limits: Limits) -> dict[int, Judged]:
    """Judge these deals as of a day; deals in the recycle bin and those closed long ago are left out."""
    if not deals:
        return {}
    since = start_of(limits.since)
    with connection.cursor() as cursor:
        cursor.execute(_DEALS, {"ids": sorted(deals), "since": since, "complete": limits.complete})
        rows = [_Row(*row) for row in cursor.fetchall()]
        ids = [row.pk for row in rows]
        cursor.execute(_ACTIONS, [ids, since])
        actions: dict[int, list[Any]] = {}
        for deal, *action in cursor.fetchall():
            actions.setdefault(deal, []).append(action)
    gates = _gates({row.pipeline for row in rows}, limits.today)
    asked = [row.pk for row in rows if row.pipeline in gates]
    known = known_of(asked, [gate for found in gates.values() for gate in found])
    found = {}
    for row in rows:
        judged = found[row.pk] = Judged(row.pk, row.owner)
        _next_step(judged, row)
        if row.pipeline in gates and row.pk in known:
            _stages(judged, row, gates[row.pipeline], known[row.pk], limits.today)
        _actions(judged, actions.get(row.pk, ()))
        _loss(judged, row)
        _cards(judged, row, limits.complete)
        _age(judged, row, limits.today)
    return found


@dataclass(frozen=True, slots=True)
class _Row:
    pk: int
    owner: int
    status: str
    pipeline: int
    stage: int
    place: int
    norm: int | None
    has_step: bool
    snoozed_until: dt.date | None
    entered_at: dt.datetime
    closed_at: dt.datetime | None
    reason: str | None
    needs_comment: bool
    has_comment: bool
    company: int | None
    completeness: int | None
    people: int
    poor: list[int] | None
    passed: list[int] | None
    let_pass: list[int] | None


def _gates(pipelines: set[int], today: dt.date) -> dict[int, list[Gate]]:
    """The gates of those pipelines that ask for anything and whose gates are not off; all of them with one query."""
    found = {}
    for row in Pipeline.objects.filter(pk__in=pipelines, gate_stamp__isnull=False).prefetch_related("stages"):
        if effective(row.gate_mode, row.gate_from, today) == OFF:
            continue
        gates = gates_of(row, row.stages.all())  # type: ignore[attr-defined]
        if any(not gate.is_empty for gate in gates):
            found[row.pk] = gates
    every = complete([gate for gates in found.values() for gate in gates])
    named = {gate.stage: gate for gate in every}
    return {pk: [named[gate.stage] for gate in gates] for pk, gates in found.items()}


def _next_step(judged: Judged, row: _Row) -> None:
    """A1. Overdue is still planned: it is told as overdue elsewhere (Decided 8)."""
    if row.status == "open":
        url = f"/tasks/new?deal={row.pk}"
        judged.say("A1", () if row.has_step else [Reason("A1", _("No next step is planned."), url, True)])


def _stages(judged: Judged, row: _Row, gates: list[Gate], known: Known, today: dt.date) -> None:
    """A2 the criteria of stages passed, A3 the fields asked for up to where the deal stands: the gates' own judgement."""
    if row.status == "lost":
        return
    is_won = row.status == "won"
    if row.closed_at is not None:
        today = today_of(row.closed_at)  # a won deal is asked what held when it was won
    passed, let_pass = set(row.passed or ()), set(row.let_pass or ())
    behind = [g for g in gates if g.stage in passed and (is_won or g.position < row.place)]
    debts = (
        can_advance(behind, 0, behind[-1].position + 1, known.facts, known.ticked, today) if behind else []
    )
    if any(g.criteria for g in behind):
        wrong = [m for m in debts if _is_criterion(m) and m.stage not in let_pass]
        judged.say("A2", [_reason("A2", row.pk, m) for m in wrong])
    here = [] if is_won else [g for g in gates if g.stage == row.stage and g not in behind]
    if any(g.fields for g in (*behind, *here)):
        facts = {"today": today, **known.facts}
        lacking = [m for g in here for m in missing_of(g, facts, known.ticked, today)]
        told = {m.field: m for m in (*debts, *lacking) if m.code in {"field_required", "field_past"}}
        judged.say("A3", [_reason("A3", row.pk, m) for m in told.values()])


def _is_criterion(missing: Missing) -> bool:
    """Whether it is of A2; the next step is told by A1, and a closed deal has none."""
    return missing.code in {"criterion_not_confirmed", "criterion_not_met"} and missing.check != "next_task"


def _reason(code: str, deal: int, missing: Missing) -> Reason:
    """Where what a gate misses is put right."""
    places = {
        "field": f"/deals/{deal}/edit",
        "contacts": f"/deals/{deal}/contacts",
        "task": f"/tasks/new?deal={deal}",
        "lines": f"/deals/{deal}/lines",
    }
    if (url := places.get(missing.fix)) is not None:
        return Reason(code, missing.text, url, True)
    return Reason(code, missing.text, f"/deals/{deal}")


def _actions(judged: Judged, actions: Collection[Any]) -> None:
    """A4: what was done lately says what it was (Decided 7)."""
    wrong = []
    for pk, title, type_name, said in actions:
        if title_is_short(title, type_name):
            text = _("“%(title)s” doesn't say what was done.") % {"title": title}
        elif text_length(said.strip()) < BODY_MIN:
            text = _("“%(title)s” has no description.") % {"title": title}
        else:
            continue
        wrong.append(Reason("A4", text, f"/tasks/{pk}/describe", True))
    if actions:
        judged.say("A4", wrong)


def _loss(judged: Judged, row: _Row) -> None:
    """A5: a reason on every road; a comment where the reason asks for one (Decided 3)."""
    if row.status != "lost":
        return
    wrong = []
    if row.reason == NOT_RECORDED:
        wrong.append(_("The reason of the loss is not recorded."))
    elif row.needs_comment and not row.has_comment:
        wrong.append(_("The reason of the loss needs a comment."))
    judged.say("A5", [Reason("A5", text, f"/deals/{row.pk}/loss", True) for text in wrong])


def _cards(judged: Judged, row: _Row, least: int) -> None:
    """A6, of open and of won deals."""
    if row.status == "lost":
        return
    wrong = []
    if row.completeness is None and not row.people:
        wrong.append(
            Reason(
                "A6", _("The deal has neither a company nor a contact."), f"/deals/{row.pk}/contacts", True
            )
        )
    if row.completeness is not None and row.completeness < least:
        text = _("The company's card is %(percent)d %% complete.") % {"percent": row.completeness}
        wrong.append(Reason("A6", text, f"/companies/{row.company}/edit", True))
    for contact in row.poor or ():
        wrong.append(
            Reason("A6", _("A contact's card is not complete enough."), f"/contacts/{contact}/edit", True)
        )
    judged.say("A6", wrong)


def _age(judged: Judged, row: _Row, today: dt.date) -> None:
    """A7; a deal put off with a reason rests on purpose (Decided 5)."""
    is_put_off = row.snoozed_until is not None and row.snoozed_until > today
    if row.status != "open" or not row.norm or is_put_off:
        return
    days = (today - today_of(row.entered_at)).days
    text = ngettext(
        "%(days)d day in the stage, the norm is %(norm)d.",
        "%(days)d days in the stage, the norm is %(norm)d.",
        days,
    )
    late = Reason("A7", text % {"days": days, "norm": row.norm}, f"/deals/{row.pk}")
    judged.say("A7", [late] if days > row.norm else ())
