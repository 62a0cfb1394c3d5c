"""All customers at once: segments, moves between them, the ladder over time."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count

from takt.kernel.accounts.models import User
from takt.sales.contacts.classifiers import SEGMENTS, STEPS
from takt.sales.contacts.models import Company, Standing
from takt.sales.customers.models import SegmentMove


@dataclass(frozen=True)
class Segment:
    code: str
    name: str
    count: int


def segment_counts(user: User) -> list[Segment]:
    """How many of the companies that the user sees stand in each segment."""
    rows = Standing.objects.filter(company__in=Company.objects.visible_to(user).order_by().values("pk"))
    counts = dict(rows.exclude(segment="").order_by().values_list("segment").annotate(Count("pk")))
    return [Segment(code, str(name), counts.get(code, 0)) for code, name in SEGMENTS]


def moves_between(user: User, start: dt.date, end: dt.date) -> Counter[tuple[str, str]]:
    """How many companies went from one segment to another, from `start` up to and without `end`."""
    rows = SegmentMove.objects.filter(
        on__gte=start, on__lt=end, company__in=Company.objects.visible_to(user).order_by().values("pk")
    )
    return Counter(
        {(old, new): n for old, new, n in rows.order_by().values_list("old", "new").annotate(Count("pk"))}
    )


def latest_moves(user: User, start: dt.date, end: dt.date, limit: int = 200) -> list[SegmentMove]:
    rows = SegmentMove.objects.filter(
        on__gte=start, on__lt=end, company__in=Company.objects.visible_to(user).order_by().values("pk")
    )
    return list(rows.select_related("company").order_by("-on", "-pk")[:limit])


_DYNAMICS = """
SELECT was.ladder, now.ladder, count(*) FROM ({companies}) c
LEFT JOIN LATERAL (
    SELECT ladder FROM ladder_move WHERE company_id = c.id AND "on" < %s ORDER BY "on" DESC LIMIT 1
) was ON true
JOIN LATERAL (
    SELECT ladder FROM ladder_move WHERE company_id = c.id AND "on" < %s ORDER BY "on" DESC LIMIT 1
) now ON true
GROUP BY 1, 2
"""


@dataclass(frozen=True)
class Rung:
    """One rung at the end of a period: who stood there before, who came up and who fell down to it."""

    ladder: int
    name: str
    before: int
    stayed: int
    climbed: int
    fell: int
    joined: int

    @property
    def now(self) -> int:
        return self.stayed + self.climbed + self.fell + self.joined


def dynamics(user: User, start: dt.date, end: dt.date) -> list[Rung]:
    """Development and movement on the ladder from `start` to `end`, of the companies that the user sees."""
    companies, values = Company.objects.visible_to(user).order_by().values("id").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_DYNAMICS.format(companies=companies), [*values, start, end])
        rows = cursor.fetchall()
    found = []
    for ladder in sorted(
        {r for was, now, _n in rows for r in (was, now) if r is not None} | set(range(9)), reverse=True
    ):
        arrived = [(was, n) for was, now, n in rows if now == ladder]
        found.append(
            Rung(
                ladder,
                str(STEPS[ladder]) if ladder >= 0 else "",
                sum(n for was, _now, n in rows if was == ladder),
                sum(n for was, n in arrived if was == ladder),
                sum(n for was, n in arrived if was is not None and was < ladder),
                sum(n for was, n in arrived if was is not None and was > ladder),
                sum(n for was, n in arrived if was is None),
            )
        )
    return found
