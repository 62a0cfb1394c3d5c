"""Every night: what each company bought and how it stands (domain spec 4.3 and 6.6).

One statement per step over all companies, so that 100,000 take seconds; done again on the same day it changes nothing.
"""

import datetime as dt
import uuid
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.utils import timezone

from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.sales.contacts.commands import confirm_levels
from takt.sales.contacts.models import Standing
from takt.sales.customers import events, rules
from takt.sales.customers.parameters import held

_WON = """
CREATE TEMP TABLE reckoned ON COMMIT DROP AS
WITH sales AS (
    SELECT d.company_id,
        count(*) FILTER (WHERE d.status = 'won') AS won,
        count(*) FILTER (WHERE d.status = 'won' AND d.closed_at >= %(year)s) AS won_in_year,
        count(*) FILTER (WHERE d.status = 'won' AND d.closed_at >= %(start)s) AS purchases,
        coalesce(sum(d.amount_base) FILTER (WHERE d.status = 'won' AND d.closed_at >= %(start)s), 0) AS amount,
        (max(d.closed_at) FILTER (WHERE d.status = 'won') AT TIME ZONE %(zone)s)::date AS last_won_on,
        max(d.closed_at) FILTER (WHERE d.status = 'won') AS won_at,
        max(d.closed_at) FILTER (WHERE d.status = 'lost') AS lost_at,
        coalesce(max(s.probability), 0) AS furthest
    FROM deal d LEFT JOIN stage s ON s.pipeline_id = d.pipeline_id AND s.position = d.max_stage_position
    WHERE d.company_id IS NOT NULL AND d.deleted_at IS NULL AND (d.closed_at IS NULL OR d.closed_at < %(until)s)
    GROUP BY d.company_id
), spoken AS (
    SELECT coalesce(d.company_id, t.company_id, p.company_id) AS company_id,
        (max(t.done_at) AT TIME ZONE %(zone)s)::date AS last_contact_on
    FROM task t JOIN task_type y ON y.id = t.type_id AND y.counts_as_action
    LEFT JOIN deal d ON d.id = t.deal_id AND d.deleted_at IS NULL
    LEFT JOIN contact p ON p.id = t.contact_id
    WHERE t.status = 'done' AND t.deleted_at IS NULL AND t.done_at < %(until)s
    GROUP BY 1
), reachable AS (
    SELECT company_id FROM contact WHERE deleted_at IS NULL AND company_id IS NOT NULL
    UNION SELECT company_id FROM phone WHERE company_id IS NOT NULL
    UNION SELECT company_id FROM email WHERE company_id IS NOT NULL
    UNION SELECT company_id FROM sales
), scored AS (
    SELECT company_id,
        CASE WHEN %(day)s - last_won_on <= 30 THEN 5 WHEN %(day)s - last_won_on <= 90 THEN 4
            WHEN %(day)s - last_won_on <= 180 THEN 3 WHEN %(day)s - last_won_on <= 365 THEN 2 ELSE 1 END AS r,
        CASE WHEN purchases >= 8 THEN 5 WHEN purchases >= 5 THEN 4 WHEN purchases >= 3 THEN 3
            WHEN purchases >= 2 THEN 2 ELSE 1 END AS f,
        ceil(5.0 * rank() OVER (ORDER BY amount) / count(*) OVER ())::int AS m
    FROM sales JOIN company c ON c.id = sales.company_id AND c.deleted_at IS NULL WHERE purchases > 0
), means AS (SELECT avg(r) AS r, avg(f) AS f, avg(m) AS m FROM scored),
laid AS (
    SELECT c.id AS company_id, q.r, q.f, q.m,
        coalesce((q.r >= means.r)::int::text || (q.f >= means.f)::int::text || (q.m >= means.m)::int::text, '')
            AS segment,
        coalesce(sales.purchases, 0) AS purchases, coalesce(sales.amount, 0) AS amount,
        coalesce(sales.won, 0) AS won, sales.last_won_on, spoken.last_contact_on,
        CASE WHEN c.loyalty = 'advocate' THEN 8 WHEN sales.won_in_year >= {regular} THEN 7
            WHEN sales.won >= 2 THEN 6 WHEN sales.won >= 1 THEN 5 WHEN sales.furthest >= {offer} THEN 4
            WHEN sales.furthest >= {need} THEN 3 WHEN spoken.last_contact_on IS NOT NULL THEN 2
            WHEN reachable.company_id IS NOT NULL THEN 1 ELSE 0 END AS step,
        least({most}, (c.last_result = 'bad')::int
            + coalesce((sales.lost_at >= %(lately)s AND sales.lost_at > coalesce(sales.won_at, '-infinity'))::int, 0))
            AS penalties,
        CASE %(by)s
            WHEN 'segment' THEN {by_segment}
            WHEN 'size' THEN {by_size}
            WHEN '' THEN ''
            ELSE CASE WHEN sales.purchases IS NULL OR sales.purchases = 0 THEN ''
                WHEN sales.amount >= %(a_from)s THEN 'A' WHEN sales.amount >= %(b_from)s THEN 'B' ELSE 'C' END
        END AS proposed,
        coalesce(sales.won > 0 AND sales.last_won_on < %(churned)s
            AND coalesce(spoken.last_contact_on, '-infinity') < %(churned)s, false) AS is_churned
    FROM company c CROSS JOIN means
    LEFT JOIN sales ON sales.company_id = c.id LEFT JOIN spoken ON spoken.company_id = c.id
    LEFT JOIN reachable ON reachable.company_id = c.id LEFT JOIN scored q ON q.company_id = c.id
    WHERE c.deleted_at IS NULL
)
SELECT laid.*, laid.step - laid.penalties AS ladder FROM laid
"""
_MOVES = """
INSERT INTO segment_move (company_id, "on", old, new)
SELECT n.company_id, %(day)s, coalesce(o.segment, ''), n.segment
FROM reckoned n LEFT JOIN customer_standing o ON o.company_id = n.company_id
WHERE coalesce(o.segment, '') <> n.segment ORDER BY n.company_id
RETURNING company_id, old, new
"""
_LADDER = """
INSERT INTO ladder_move (company_id, "on", ladder, step, penalties)
SELECT n.company_id, %(day)s, n.ladder, n.step, n.penalties
FROM reckoned n LEFT JOIN customer_standing o ON o.company_id = n.company_id
WHERE o.id IS NULL OR (o.step, o.penalties) <> (n.step, n.penalties) ORDER BY n.company_id
ON CONFLICT (company_id, "on") DO UPDATE
SET ladder = excluded.ladder, step = excluded.step, penalties = excluded.penalties
"""
_COLUMNS = (
    "recency", "frequency", "monetary", "segment", "purchases", "amount", "won", "last_won_on", "last_contact_on",
    "ladder", "step", "penalties", "proposed_level", "is_churned",
)  # fmt: skip
_STORE = """
INSERT INTO customer_standing AS o (company_id, {columns})
SELECT company_id, r, f, m, segment, purchases, amount, won, last_won_on, last_contact_on, ladder, step, penalties,
    proposed, is_churned FROM reckoned ORDER BY company_id
ON CONFLICT (company_id) DO UPDATE SET ({columns}) = ({new})
WHERE ({old}) IS DISTINCT FROM ({new})
""".format(
    columns=", ".join(_COLUMNS),
    new=", ".join(f"excluded.{c}" for c in _COLUMNS),
    old=", ".join(f"o.{c}" for c in _COLUMNS),
)
_CHUNK = 500


@command
def reckon(*, by: Actor, at: dt.datetime) -> int:
    """Reckon segment, ladder and proposed level of every company as of the day of `at`; answers how many moved.

    Deals of the day itself don't count yet: the night looks back on whole days.
    """
    day = timezone.localdate(at)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(7425010)"
        )  # two nights at once would move everybody twice
        cursor.execute(_WON.format(**_constants()), _values(day))
        cursor.execute("ANALYZE reckoned")
        cursor.execute(_MOVES, {"day": day})
        moves = cursor.fetchall()
        cursor.execute(_LADDER, {"day": day})
        cursor.execute(_STORE)
        cursor.execute("DROP TABLE reckoned")
    batch = uuid.uuid4()
    for company, old, new in moves:
        if old:  # where a company stands for the first time is in its history only
            fact = events.SegmentChanged(old=old, new=new)
            record(fact, about=("company", company), by=by, at=at, batch=batch)
    record(events.CustomersReckoned(day=day.isoformat(), moved=len(moves)), about=[], by=by, at=at)
    if held("levels").mode_on(day) == "enforce":
        _set_levels(by=by, at=at)
    return len(moves)


def _constants() -> dict[str, Any]:
    def cases(column: str, levels: dict[str, str]) -> str:
        found = " ".join(f"WHEN '{code}' THEN '{level}'" for code, level in levels.items())
        return f"CASE {column} {found} ELSE '' END"

    segment = "coalesce((q.r >= means.r)::int::text || (q.f >= means.f)::int::text || (q.m >= means.m)::int::text, '')"
    return {
        "regular": rules.REGULAR_FROM,
        "offer": rules.OFFER_FROM,
        "need": rules.NEED_FROM,
        "most": rules.MOST_PENALTIES,
        "by_segment": cases(segment, rules.LEVEL_OF_SEGMENT),
        "by_size": cases("c.size_class", rules.LEVEL_OF_SIZE),
    }


def _values(day: dt.date) -> dict[str, Any]:
    levels, churn = held("levels"), held("churn")
    churned = dt.date.min if churn.mode == "off" else day - dt.timedelta(days=churn.number("days"))
    return {
        "day": day,
        "zone": settings.TIME_ZONE,
        "start": _midnight(rules.months_before(day, rules.WINDOW_MONTHS)),
        "year": _midnight(rules.months_before(day, 12)),
        "until": _midnight(day),
        "lately": _midnight(day - dt.timedelta(days=rules.LOSS_WEIGHS_DAYS)),
        "by": "" if levels.mode == "off" else levels.basis,
        "a_from": levels.number("a_from"),
        "b_from": levels.number("b_from"),
        "churned": churned,
    }


def _midnight(day: dt.date) -> dt.datetime:
    zone = timezone.get_default_timezone()
    return dt.datetime.combine(day, dt.time(), tzinfo=zone)


def _set_levels(*, by: Actor, at: dt.datetime) -> None:
    rows = Standing.objects.exclude(proposed_level="").filter(
        company__deleted_at=None, company__level_is_manual=False
    )
    ids = list(
        rows.exclude(company__level=F("proposed_level"))
        .order_by("company_id")
        .values_list("company_id", flat=True)
    )
    for start in range(0, len(ids), _CHUNK):
        confirm_levels(ids[start : start + _CHUNK], by=by, at=at)
