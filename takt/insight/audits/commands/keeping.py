"""The kept judgements and the scores of days, always recomputable from the deals themselves."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db import connection

from takt.insight.audits.judging import Judged, judge, limits_on, start_of
from takt.insight.audits.models import AuditVerdict, DealQuality
from takt.insight.audits.rules import BIT
from takt.kernel.events.unit import command
from takt.kernel.lib.actor import Actor
from takt.sales.deals.queries.gates import today_of

CHUNK = 2_000
_KEEP = """
INSERT INTO deal_quality (deal_id, applicable, failed, judged_on, is_due)
SELECT one.deal, one.applicable, one.failed, %s, FALSE
FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS one(deal, applicable, failed)
ON CONFLICT (deal_id) DO UPDATE SET applicable = excluded.applicable, failed = excluded.failed,
    judged_on = excluded.judged_on, is_due = FALSE
"""
_ALL = """
SELECT id FROM deal WHERE deleted_at IS NULL AND (status = 'open' OR closed_at >= %s)
UNION SELECT deal_id FROM deal_quality ORDER BY 1
"""
_DUE = "SELECT deal_id FROM deal_quality WHERE is_due ORDER BY 1"
_NEW = """
SELECT deal.id FROM deal LEFT JOIN deal_quality kept ON kept.deal_id = deal.id
WHERE deal.status = 'open' AND deal.deleted_at IS NULL AND kept.id IS NULL
"""
_DAY = """
INSERT INTO audit_score_day (day, owner_id, team_id, check_code, applicable, failed)
SELECT %s, person.id, person.team_id, one.code,
       count(*) FILTER (WHERE kept.applicable & one.bit > 0), count(*) FILTER (WHERE kept.failed & one.bit > 0)
FROM deal_quality kept
JOIN deal ON deal.id = kept.deal_id AND deal.deleted_at IS NULL
JOIN "user" person ON person.id = deal.owner_id
CROSS JOIN unnest(%s::text[], %s::int[]) AS one(code, bit)
GROUP BY person.id, person.team_id, one.code
HAVING count(*) FILTER (WHERE kept.applicable & one.bit > 0) > 0
ON CONFLICT (day, owner_id, check_code)
    DO UPDATE SET team_id = excluded.team_id, applicable = excluded.applicable, failed = excluded.failed
"""


@command
def look_again(
    *,
    deals: Collection[int] = (),
    companies: Collection[int] = (),
    contacts: Collection[int] = (),
    everything: bool = False,
    by: Actor,
    at: dt.datetime,
) -> None:
    """Note that these deals, or those of these customers, are to be judged again by the next minute's run."""
    if everything:
        DealQuality.objects.filter(is_due=False).update(is_due=True)
        return
    kept = DealQuality.objects.filter(is_due=False)
    if companies:
        kept.filter(deal__company__in=companies).update(is_due=True)
    if contacts:
        kept.filter(deal__parts__contact__in=contacts).update(is_due=True)
    if deals:
        with connection.cursor() as cursor:
            cursor.execute(
                """INSERT INTO deal_quality (deal_id, applicable, failed, judged_on, is_due)
                SELECT id, 0, 0, %s, TRUE FROM deal WHERE id = ANY(%s)
                ON CONFLICT (deal_id) DO UPDATE SET is_due = TRUE""",
                [today_of(at), sorted(deals)],
            )


@command
def judge_again(deals: Collection[int], *, by: Actor, at: dt.datetime) -> int:
    """Judge these deals as they stand and keep what is found; what an audit asked for and now holds counts as put right.

    Answers how many were judged.
    """
    ids = sorted(set(deals))
    # Held until the end, so that of two runs the later one has read the later state.
    list(DealQuality.objects.filter(deal__in=ids).order_by("deal_id").select_for_update().values_list("pk"))
    limits = limits_on(today_of(at))
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        found = judge(chunk, limits)
        _keep(found.values(), limits.today)
        DealQuality.objects.filter(deal__in=[pk for pk in chunk if pk not in found]).delete()
        _note_fixed(found, at)
    return len(ids)


def _keep(found: Collection[Judged], today: dt.date) -> None:
    if not found:
        return
    rows = sorted(found, key=lambda j: j.deal)
    values = [[j.deal for j in rows], [j.applicable for j in rows], [j.failed for j in rows]]
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [today, *values])


def _note_fixed(found: dict[int, Judged], at: dt.datetime) -> None:
    """What an audit asked to be put right and Takt itself had found wrong, and no longer does."""
    open_ones = AuditVerdict.objects.filter(
        verdict="fail", found="fail", fixed_at=None, audited__looked_at__isnull=False, audited__deal__in=found
    ).values_list("pk", "check_code", "audited__deal_id")
    fixed = [pk for pk, code, deal in open_ones if not found[deal].failed & BIT[code]]
    if fixed:
        AuditVerdict.objects.filter(pk__in=fixed).update(fixed_at=at)


@command
def judge_all(*, by: Actor, at: dt.datetime) -> int:
    """The night's run: every open and lately closed deal, whatever has been kept of it."""
    since = start_of(limits_on(today_of(at)).since)
    return judge_again(_ids(_ALL, [since]), by=by, at=at)


@command
def judge_due(*, by: Actor, at: dt.datetime, with_new: bool = False) -> int:
    """Those in which something changed; `with_new` also open deals that were never judged, as after an import."""
    ids = _ids(_DUE, []) + (_ids(_NEW, []) if with_new else [])
    return judge_again(ids, by=by, at=at) if ids else 0


def _ids(sql: str, values: list[Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [pk for (pk,) in cursor.fetchall()]


@command
def keep_day(day: dt.date, *, by: Actor, at: dt.datetime) -> None:
    """Remember how everybody's deals stand, as the score of `day`; a second run writes the same."""
    with connection.cursor() as cursor:
        cursor.execute(_DAY, [day, list(BIT), list(BIT.values())])


@command
def note_task_done(task: int, *, by: Actor, at: dt.datetime) -> None:
    """What only the auditor saw counts as put right when the task he gave is done."""
    AuditVerdict.objects.filter(audited__task=task, verdict="fail", fixed_at=None).exclude(
        found="fail"
    ).update(fixed_at=at)
