"""The search for duplicates: pairs of records are found by sets and kept for the queue."""

import datetime as dt
from collections.abc import Sequence

from django.db import connection
from django.db.models import Q

from takt.kernel.events.unit import command
from takt.kernel.lib.actor import Actor
from takt.sales.contacts import rules
from takt.sales.contacts.models import Twins, TwinSearch

CHUNK = 500
NEAR = 0.5  # how near the index looks; the rule decides afterwards
MOST_OF_ONE = 5
BIG_GROUP = 8  # a switchboard's number is shared by many: each is then compared with the one before only

_KEYS = {
    "phone": "SELECT {kind}_id AS id, number AS key FROM phone WHERE {kind}_id IS NOT NULL",
    "email": "SELECT {kind}_id AS id, address AS key FROM email WHERE {kind}_id IS NOT NULL",
    "tax_id": "SELECT id, tax_id AS key FROM {kind} WHERE tax_id <> ''",
}
# Whatever shares a key with one of the records that changed.
_EXACT = """
WITH keys AS ({keys}),
asked AS (SELECT DISTINCT key FROM keys WHERE id = ANY(%(ids)s)),
found AS (
    SELECT DISTINCT keys.key, keys.id FROM asked JOIN keys USING (key)
    JOIN {kind} ON {kind}.id = keys.id AND {kind}.deleted_at IS NULL
),
placed AS (SELECT *, count(*) OVER w AS size, row_number() OVER (w ORDER BY id) AS place FROM found
           WINDOW w AS (PARTITION BY key))
INSERT INTO customer_twins (kind, one, other, why, likeness)
SELECT DISTINCT ON (a.id, b.id) %(kind)s, a.id, b.id, %(why)s, 1
FROM placed a JOIN placed b ON a.key = b.key AND a.id < b.id
WHERE (a.size <= {big} OR b.place = a.place + 1) AND (a.id = ANY(%(ids)s) OR b.id = ANY(%(ids)s))
ON CONFLICT (kind, one, other) DO NOTHING
"""
_NEAR = """
SELECT c.id, c.name, {mine}, near.id, near.name, near.region
FROM {kind} c CROSS JOIN LATERAL (
    SELECT o.id, o.name, {its} AS region FROM {kind} o
    WHERE o.deleted_at IS NULL AND o.twin_key %% c.twin_key AND o.id <> c.id
      AND regexp_replace(o.twin_key, '\\D', '', 'g') = regexp_replace(c.twin_key, '\\D', '', 'g')
    ORDER BY similarity(o.twin_key, c.twin_key) DESC, o.id LIMIT {most}
) near
WHERE c.id = ANY(%s) AND c.deleted_at IS NULL AND length(c.twin_key) > 1
"""


# The stream of events is read only as far as no earlier transaction can still add to it.
SETTLED = "AND event.tx < pg_snapshot_xmin(pg_current_snapshot())"
_CHANGED = f"""
SELECT event.tx::text, event.id, event_subject.object_id
FROM event JOIN event_subject ON event_subject.event_id = event.id AND event_subject.kind = %(kind)s
WHERE (event.tx, event.id) > (%(tx)s::xid8, %(event)s) {SETTLED}
  AND event.kind LIKE %(like)s
ORDER BY event.tx, event.id LIMIT %(most)s
"""


@command
def find_twins(kind: str, *, by: Actor, at: dt.datetime) -> int:
    """Compare the next records of a kind that changed since the last search; answers how many. 0: all are known."""
    mark, _new = TwinSearch.objects.select_for_update().get_or_create(kind=kind)
    place: dict[str, str | int] = {
        "tx": str(mark.tx),
        "event": mark.event,
        "kind": kind,
        "like": f"{kind}.%",
        "most": CHUNK,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, place)
        rows = cursor.fetchall()
    if not rows:
        return 0
    compare(kind, sorted({row[2] for row in rows}), by=by, at=at)
    mark.tx, mark.event = int(rows[-1][0]), rows[-1][1]
    mark.save(update_fields=["tx", "event"])
    return len(rows)


@command
def compare(kind: str, ids: Sequence[int], *, by: Actor, at: dt.datetime) -> None:
    """Find the duplicates of these records anew, among all of their kind."""
    Twins.objects.filter(Q(one__in=ids) | Q(other__in=ids), kind=kind).delete()
    with connection.cursor() as cursor:
        for why, keys in _KEYS.items():
            if why != "tax_id" or kind == "company":
                statement = _EXACT.format(keys=keys.format(kind=kind), kind=kind, big=BIG_GROUP)
                cursor.execute(statement, {"ids": list(ids), "kind": kind, "why": why})
    _keep_similar(kind, list(ids))


def _keep_similar(kind: str, ids: list[int]) -> None:
    region = {"company": ("c.region", "o.region"), "contact": ("''", "''")}[kind]
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pg_trgm.similarity_threshold', %s, true)", [str(NEAR)])
        statement = _NEAR.format(kind=kind, mine=region[0], its=region[1], most=MOST_OF_ONE)
        cursor.execute(statement, [ids])
        near = cursor.fetchall()
    found: dict[tuple[int, int], float] = {}
    for one, name, place, other, other_name, other_place in near:
        if rules.is_similar(name, other_name, region=place, other_region=other_place):
            # Below every exact pair, however alike the names are.
            found[min(one, other), max(one, other)] = 0.99 * rules.similarity(name, other_name)
    Twins.objects.bulk_create(
        [Twins(kind=kind, one=a, other=b, why="name", likeness=value) for (a, b), value in found.items()],
        ignore_conflicts=True,
    )
