"""What the database holds, read by queries of the tests' own, and what must be true of it at every moment."""

import json
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

from django.db import connection

WATCHED = (
    "deal", "task", "stage_passage", "owner_period", "stage_total", "deal_contact", "deal_line", "note", "company",
    "contact", "undo_entry", "event", "event_subject",
)  # fmt: skip

# Name: a query whose rows are violations. Written apart from those of `bin/takt doctor`, on purpose.
ALWAYS = {
    "the next step is the earliest open task; a closed deal has none": """
        SELECT d.id FROM deal d
        LEFT JOIN task t ON t.deal_id = d.id AND t.status = 'open' AND t.deleted_at IS NULL AND d.status = 'open'
            AND NOT EXISTS (SELECT 1 FROM task u WHERE u.deal_id = d.id AND u.status = 'open' AND u.deleted_at IS NULL
                AND (u.due_at, u.id) < (t.due_at, t.id))
        WHERE d.deleted_at IS NULL
            AND (d.next_task_id IS DISTINCT FROM t.id OR d.next_due_at IS DISTINCT FROM t.due_at)
    """,
    "a closed deal has no open task, a deleted one none at all": """
        SELECT t.id FROM task t JOIN deal d ON d.id = t.deal_id WHERE t.deleted_at IS NULL
        AND (d.deleted_at IS NOT NULL OR d.status <> 'open' AND t.status = 'open')
    """,
    "the totals per stage are the sums of the open deals": """
        SELECT stage_id, owner_id, currency, sum(deals), sum(amount), sum(overridden), sum(weighted) FROM (
            SELECT stage_id, owner_id, currency, deals, amount, overridden, overridden_weighted AS weighted
            FROM stage_total
            UNION ALL
            SELECT stage_id, owner_id, currency, -1, -coalesce(amount, 0),
                CASE WHEN probability IS NULL THEN 0 ELSE -coalesce(amount, 0) END,
                CASE WHEN probability IS NULL THEN 0 ELSE -coalesce(amount, 0) * probability / 100.0 END
            FROM deal WHERE status = 'open' AND deleted_at IS NULL
        ) both_sides GROUP BY 1, 2, 3
        HAVING sum(deals) <> 0 OR sum(amount) <> 0 OR sum(overridden) <> 0 OR sum(weighted) <> 0
    """,
    "passages follow each other without a gap, save while a deal was closed": """
        SELECT deal_id, id FROM (
            SELECT *, row_number() OVER w AS number, lag(left_at) OVER w AS before, lag(exit) OVER w AS how
            FROM stage_passage WINDOW w AS (PARTITION BY deal_id ORDER BY entered_at, id)
        ) p WHERE number > 1 AND (before IS NULL OR entered_at < before
            OR entered_at > before AND how NOT IN ('won', 'lost'))
    """,
    "the last passage tells where the deal stands": """
        SELECT d.id FROM deal d LEFT JOIN LATERAL (
            SELECT * FROM stage_passage p WHERE p.deal_id = d.id ORDER BY entered_at DESC, id DESC LIMIT 1
        ) p ON true
        WHERE p.id IS NULL OR p.stage_id <> d.stage_id OR p.pipeline_id <> d.pipeline_id
            OR CASE WHEN d.status = 'open' THEN p.left_at IS NOT NULL OR p.entered_at <> d.stage_entered_at
                ELSE p.exit <> d.status END
    """,
    "the first passage begins with the deal": """
        SELECT d.id FROM deal d WHERE d.import_key IS NULL
        AND d.created_at <> (SELECT min(entered_at) FROM stage_passage p WHERE p.deal_id = d.id)
    """,
    "stages belong to the pipeline, and none lies beyond the furthest": """
        SELECT d.id FROM deal d JOIN stage s ON s.id = d.stage_id
        WHERE s.pipeline_id <> d.pipeline_id OR s.position > d.max_stage_position
    """,
    "owners follow each other without a gap, the last one is the deal's": """
        SELECT deal_id FROM (
            SELECT o.*, d.owner_id AS now, d.created_at, row_number() OVER w AS number, lag(until_at) OVER w AS before,
                lead(o.id) OVER w AS next
            FROM owner_period o JOIN deal d ON d.id = o.deal_id
            WINDOW w AS (PARTITION BY o.deal_id ORDER BY from_at, o.id)
        ) p WHERE number > 1 AND before IS DISTINCT FROM from_at OR number = 1 AND from_at <> created_at
            OR next IS NULL AND (until_at IS NOT NULL OR owner_id <> now)
        UNION ALL SELECT id FROM deal WHERE NOT EXISTS (SELECT 1 FROM owner_period o WHERE o.deal_id = deal.id)
    """,
    "status, end, reason and rate agree": """
        SELECT id FROM deal WHERE (status = 'open') <> (closed_at IS NULL)
            OR (status = 'lost') <> (loss_reason_id IS NOT NULL)
            OR status = 'open' AND (rate IS NOT NULL OR rate_on IS NOT NULL OR amount_base IS NOT NULL)
            OR status <> 'open' AND (snoozed_until IS NOT NULL OR rate_on IS NULL)
            OR status = 'won' AND coalesce(amount, 0) = 0
    """,
    "a deal ends after it has entered its last stage, save where a file tells an earlier day": """
        SELECT d.id FROM deal d JOIN stage_passage p ON p.deal_id = d.id
        WHERE d.closed_at < p.left_at AND NOT EXISTS (
            SELECT 1 FROM event e JOIN event_subject s ON s.event_id = e.id
            WHERE s.kind = 'deal' AND s.object_id = d.id AND e.via LIKE 'import:%')
    """,
}  # fmt: skip


def _rows(sql: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(values) or None)
        return list(cursor.fetchall())


_ALL = " UNION ALL ".join(
    f"SELECT {number} AS number, row_to_json(v)::text FROM ({sql}) v"
    for number, sql in enumerate(ALWAYS.values())
)


def violations() -> list[str]:
    """One line for every invariant that doesn't hold now."""
    names = list(ALWAYS)
    return [f"{names[number]}: {row}" for number, row in _rows(_ALL)]


_SUMS = " UNION ALL ".join(
    f"SELECT '{table}', count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM {table} t"
    for table in WATCHED
)


def sums() -> dict[str, tuple[int, int]]:
    """Per table how many rows there are and a sum over everything in them."""
    return {table: (count, int(total)) for table, count, total in _rows(_SUMS)}


_DEALS = """
    SELECT d.id, d.name, d.version, d.status, d.stage_id, d.pipeline_id, s.position, d.owner_id, d.amount, d.currency,
        d.probability, d.deleted_at, d.snoozed_until, d.import_key, d.expected_close_on, d.company_id,
        (SELECT count(*) FROM deal_contact c WHERE c.deal_id = d.id) AS people
    FROM deal d JOIN stage s ON s.id = d.stage_id ORDER BY d.id
"""
_TASKS = """
    SELECT id, title, version, status, due_at, assignee_id, deal_id, deleted_at, next_task_id FROM task ORDER BY id
"""
# A change of one of these is a change that a stale edit must not overwrite.
EDITED_OF_DEAL = (
    "name", "status", "stage_id", "pipeline_id", "owner_id", "amount", "currency", "probability", "deleted_at",
    "snoozed_until", "people",
)  # fmt: skip
EDITED_OF_TASK = ("title", "status", "due_at", "assignee_id")


def _named(sql: str) -> dict[int, SimpleNamespace]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        names = [c.name for c in cursor.description or []]
        return {row[0]: SimpleNamespace(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()}


class Picture:
    """The deals and tasks as they are at one moment."""

    def __init__(self) -> None:
        self.deals = _named(_DEALS)
        self.tasks = _named(_TASKS)
        self.sums = sums()

    def open_tasks(self, deal: int) -> list[SimpleNamespace]:
        return [
            t
            for t in self.tasks.values()
            if t.deal_id == deal and t.status == "open" and t.deleted_at is None
        ]

    def bare(self) -> set[int]:
        """Open deals without a next step."""
        stepped = {t.deal_id for t in self.tasks.values() if t.status == "open" and t.deleted_at is None}
        return {
            d.id
            for d in self.deals.values()
            if d.status == "open" and d.deleted_at is None and d.id not in stepped
        }

    def unversioned(self, earlier: "Picture") -> list[str]:
        """Records that changed since `earlier` though their version didn't go up."""
        found = []
        pairs = (
            ("deal", self.deals, earlier.deals, EDITED_OF_DEAL),
            ("task", self.tasks, earlier.tasks, EDITED_OF_TASK),
        )
        for kind, now, before, fields in pairs:
            for pk, row in now.items():
                old = before.get(pk)
                if old is None:
                    continue
                changed = [f for f in fields if getattr(row, f) != getattr(old, f)]
                if changed and row.version <= old.version or row.version < old.version:
                    found.append(f"{kind} {pk}: {changed} changed, version {old.version} → {row.version}")
        return found


def last_event() -> int:
    return int(_rows("SELECT coalesce(max(id), 0) FROM event")[0][0])


def events_after(last: int) -> list[str]:
    return sorted(kind for (kind,) in _rows("SELECT kind FROM event WHERE id > %s", [last]))


def replayed() -> list[str]:
    """Stage, owner and status of each deal as its events tell them, where that isn't what the deal says."""
    rows = _rows(
        """
        SELECT s.object_id, e.kind, e.payload::text FROM event e JOIN event_subject s ON s.event_id = e.id
        WHERE s.kind = 'deal' AND e.kind LIKE 'deal.%' ORDER BY e.id
        """
    )
    told: dict[int, dict[str, Any]] = {}
    unclear: set[int] = set()
    problems = []
    for deal, kind, text in rows:
        at, payload = told.setdefault(deal, {}), json.loads(text)
        if kind == "deal.created":
            at.update(stage=payload["stage"], owner=payload["owner"], status="open")
        elif kind == "deal.moved":
            if at.get("stage") != payload["old"] and deal not in unclear:
                problems.append(f"deal {deal} moved from {payload['old']}, but stood in {at.get('stage')}")
            at["stage"] = payload["new"]
        elif kind in {"deal.pipeline_changed", "deal.reopened"}:
            at["stage"] = payload["stage"]
            at["status"] = "open"
        elif kind == "deal.owner_changed":
            if at.get("owner") != payload["old"] and deal not in unclear:
                problems.append(
                    f"deal {deal} was handed on by {payload['old']}, but belonged to {at.get('owner')}"
                )
            at["owner"] = payload["new"]
        elif kind in {"deal.won", "deal.lost"}:
            at["status"] = kind.removeprefix("deal.")
        elif kind == "deal.import_undone":
            unclear.add(deal)
    for pk, owner, stage, status in _rows("SELECT id, owner_id, stage_id, status FROM deal"):
        truth = {"stage": stage, "owner": owner, "status": status}
        if pk not in unclear and told.get(pk) != truth:
            problems.append(f"deal {pk} is {truth}, its events tell {told.get(pk)}")
    return problems
