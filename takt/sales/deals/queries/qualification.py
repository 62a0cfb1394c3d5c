"""What is known of deals' needs and decisions, and of the competitors."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, TextField
from django.db.models.expressions import RawSQL

from takt.kernel.lib.names import fold
from takt.sales.deals.models import Competitor, Deal, DealCompetitor, Qualification
from takt.sales.deals.rules_qualification import QUESTIONS, Score, score_of

FACTS = frozenset(
    {"bant", "bant_need", "meddic", "competitors", "need_text", "budget", "timeframe", "criteria_text"}
)


def facts_of(deals: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
    """What stage gates read of these deals."""
    rows = Deal.objects.filter(pk__in=deals).values_list(
        "pk", "qualification__bant", "qualification__need", "qualification__meddic",
        "qualification__has_no_competitors", "qualification__need_text", "qualification__budget_from",
        "qualification__budget_to", "qualification__timeframe", "qualification__criteria_text",
    )  # fmt: skip
    named = set(DealCompetitor.objects.filter(deal__in=deals).values_list("deal_id", flat=True))
    return {
        pk: {
            "bant": bant or 0,
            "bant_need": need or 0,
            "meddic": meddic or 0,
            "competitors": pk in named or bool(none),
            "need_text": text or "",
            "budget": high if high is not None else low,
            "timeframe": timeframe or "",
            "criteria_text": criteria or "",
        }
        for pk, bant, need, meddic, none, text, low, high, timeframe, criteria in rows
    }


def rivals_of(outer: str = "pk") -> ArraySubquery:
    """The names of a deal's competitors, for a query over deals."""
    rows = DealCompetitor.objects.filter(deal=OuterRef(outer)).order_by("competitor__sort_key")
    return ArraySubquery(rows.values("competitor__name"))


# All of it as one text beside the deal's own columns: most deals have none, and the page asks for nothing more.
KNOWN = RawSQL(
    """(SELECT to_jsonb(q)::text || chr(10) || to_jsonb(ARRAY(
           SELECT c.name FROM deal_competitor r JOIN competitor c ON c.id = r.competitor_id
           WHERE r.deal_id = q.deal_id ORDER BY c.sort_key))::text
       FROM deal_qualification q WHERE q.deal_id = deal.id)""",
    (),
    output_field=TextField(),
)
_READ = frozenset(
    f.name for f in Qualification._meta.concrete_fields if f.name not in {"deal", "bant", "meddic"}
)


def read_known(text: str | None, deal: Deal) -> "Qualified":
    """What `KNOWN` told of a deal; None where nobody has written anything."""
    if text is None:
        return qualified(None, deal, ())
    row, _line, names = text.partition("\n")
    kept = {k: v for k, v in json.loads(row, parse_float=Decimal).items() if k in _READ}
    return qualified(Qualification(deal=deal, **kept), deal, json.loads(names))


def pick_competitors(q: str, limit: int = 20) -> list[Competitor]:
    """Competitors of the list whose names hold what was typed."""
    words = fold(q)[:120].replace("\x00", "")
    rows = Competitor.objects.order_by("sort_key", "id")
    return list((rows.filter(key__contains=words) if words else rows)[:limit])


@dataclass(frozen=True)
class Qualified:
    """A deal's need, budget and decision with their scores; all blank where nobody wrote anything."""

    row: Qualification
    score: Score
    competitors: list[str] = field(default_factory=list)

    @property
    def is_blank(self) -> bool:
        return self.row.pk is None and not self.competitors

    @property
    def has_text(self) -> bool:
        r = self.row
        return bool(
            r.need_text
            or r.timeframe
            or r.criteria_text
            or r.budget_from is not None
            or r.budget_to is not None
        )


def qualified(row: Qualification | None, deal: Deal, competitors: Sequence[str]) -> Qualified:
    found = row if row is not None else Qualification(deal=deal)
    return Qualified(found, score_of({q: getattr(found, q) for q in QUESTIONS}), list(competitors))


def qualification_json(pk: int) -> dict[str, Any]:
    """A deal's qualification as programs read it; zeros and blanks where nobody wrote anything."""
    row = Qualification.objects.filter(deal=pk).first() or Qualification(deal_id=pk)
    names = DealCompetitor.objects.filter(deal=pk).order_by("competitor__sort_key")
    answers = {q: getattr(row, q) for q in QUESTIONS}
    score = score_of(answers)
    money = {
        f: None if getattr(row, f) is None else str(getattr(row, f)) for f in ("budget_from", "budget_to")
    }
    return (
        answers
        | money
        | {
            "bant": score.bant,
            "meddic": score.meddic,
            "is_qualified": score.is_qualified,
            "evidence": row.evidence,
            "need_text": row.need_text,
            "timeframe": row.timeframe,
            "criteria_text": row.criteria_text,
            "competitors": list(names.values_list("competitor__name", flat=True)),
            "has_no_competitors": row.has_no_competitors,
        }
    )
