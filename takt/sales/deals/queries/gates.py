"""What gates ask for, and the facts they judge deals by: one query for any number of deals."""

import datetime as dt
import json
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils import timezone

from takt.kernel.fields.queries import fields_in_use
from takt.sales.deals.hooks import gate_facts
from takt.sales.deals.models import Pipeline, Stage, StageCriterion, StageField
from takt.sales.deals.rules_gates import Criterion, Gate, Required, facts_asked, with_own

type Asked = dict[int, tuple[tuple[Criterion, ...], tuple[Required, ...]]]
_KEPT: dict[uuid.UUID, Asked] = {}
_MOST_KEPT = 200


def asked_by(pipeline: Pipeline) -> Asked:
    """What each stage of a pipeline asks for, kept in memory under the stamp that every change renews."""
    if pipeline.gate_stamp is None:
        return {}
    found = _KEPT.get(pipeline.gate_stamp)
    if found is None:
        if len(_KEPT) >= _MOST_KEPT:
            _KEPT.clear()
        found = _KEPT[pipeline.gate_stamp] = read_asked(pipeline.pk)
    return found


def read_asked(pipeline: int) -> Asked:
    """The same, as the tables say now."""
    criteria: dict[int, list[Criterion]] = {}
    for c in StageCriterion.objects.filter(stage__pipeline=pipeline).order_by("position", "id"):
        criteria.setdefault(c.stage_id, []).append(Criterion(c.pk, c.text, c.check_name, c.number))
    fields: dict[int, list[Required]] = {}
    for f in StageField.objects.filter(stage__pipeline=pipeline).order_by("position", "id"):
        fields.setdefault(f.stage_id, []).append(Required(f.field, f.not_past))
    return {
        pk: (tuple(criteria.get(pk, ())), tuple(fields.get(pk, ()))) for pk in criteria.keys() | fields.keys()
    }


def gates_of(pipeline: Pipeline, stages: Iterable[Stage]) -> list[Gate]:
    """The gates of a pipeline in order; empty ones as well."""
    asked = asked_by(pipeline)
    nothing: tuple[tuple[Criterion, ...], tuple[Required, ...]] = ((), ())
    return [
        Gate(s.pk, s.name, s.position, *asked.get(s.pk, nothing))
        for s in sorted(stages, key=lambda s: s.position)
    ]


def complete(gates: Sequence[Gate]) -> list[Gate]:
    """The gates with the names of one's own fields, asked for only where one is required."""
    if not any(r.is_own for g in gates for r in g.fields):
        return list(gates)
    definitions = {d.slug: (d.name, str(d.kind)) for d in fields_in_use("deal")}
    return [with_own(g, definitions) for g in gates]


@dataclass(frozen=True)
class Known:
    """What is known of one deal: its facts, and the criteria confirmed for it."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    ticked: frozenset[int] = frozenset()


_FACTS = """
SELECT d.id, d.amount, d.expected_close_on, d.company_id, d.type_id, d.source_id, d.about, d.custom, d.next_task_id,
       company.industry, company.region, company.tax_id,
       people.n, people.reachable, people.roles, people.deciders, people.buyers,
       acts.answered, acts.meetings,
       (SELECT count(*) FROM deal_line WHERE deal_line.deal_id = d.id),
       (SELECT array_agg(criterion_id) FROM criterion_tick WHERE criterion_tick.deal_id = d.id)
FROM deal d
LEFT JOIN company ON company.id = d.company_id
LEFT JOIN LATERAL (
    SELECT count(*) AS n,
           count(*) FILTER (WHERE EXISTS (SELECT FROM phone WHERE phone.contact_id = part.contact_id)
                               OR EXISTS (SELECT FROM email WHERE email.contact_id = part.contact_id)) AS reachable,
           count(*) FILTER (WHERE part.part <> '') AS roles,
           count(*) FILTER (WHERE part.part IN ('decision_maker', 'economic_buyer', 'champion', 'influencer'))
               AS deciders,
           count(*) FILTER (WHERE part.part = 'economic_buyer') AS buyers
    FROM deal_contact part WHERE part.deal_id = d.id
) people ON true
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE task.outcome = 'reached' OR type.slug = 'meeting' AND task.outcome = '') AS answered,
           count(*) FILTER (WHERE type.slug = 'meeting' AND task.outcome IN ('', 'reached')) AS meetings
    FROM task JOIN task_type type ON type.id = task.type_id
    WHERE task.deal_id = d.id AND task.status = 'done' AND task.deleted_at IS NULL
) acts ON true
WHERE d.id = ANY(%s)
"""


def known_of(deals: Collection[int], gates: Iterable[Gate]) -> dict[int, Known]:
    """The facts of these deals: one query, and one more for each room whose facts a gate reads."""
    if not deals:
        return {}
    ids = sorted(deals)
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, [ids])
        found = {row[0]: _known(row) for row in cursor.fetchall()}
    asked = facts_asked(gates)
    for given in gate_facts:
        if asked & given.names:
            told = given.find(ids)
            nothing = dict.fromkeys(given.names)
            found = {
                pk: Known({**known.facts, **nothing, **told.get(pk, {})}, known.ticked)
                for pk, known in found.items()
            }
    return found


def _known(row: tuple[Any, ...]) -> Known:
    (
        _pk, amount, close_on, company, type_, source, about, custom, next_task, industry, region, tax_id,
        contacts, reachable, roles, deciders, buyers, answered, meetings, lines, ticks,
    ) = row  # fmt: skip
    custom = json.loads(custom) if isinstance(custom, str) else custom
    facts = {
        "amount": amount,
        "expected_close_date": close_on,
        "company": company,
        "type": type_,
        "source": source,
        "about": about,
        "custom": custom or {},
        "next_task": next_task,
        "company.industry": industry,
        "company.region": region,
        "company.tax_id": tax_id,
        "contacts": contacts,
        "reachable_contacts": reachable,
        "contact_roles": roles,
        "deciders": deciders,
        "economic_buyer": buyers,
        "answered": answered,
        "meetings": meetings,
        "lines": lines,
    }
    return Known(facts, frozenset(ticks or ()))


# The facts that the query above gives.
OWN_FACTS = frozenset(
    {
        "amount", "expected_close_date", "company", "type", "source", "about", "custom", "next_task", "contacts",
        "company.industry", "company.region", "company.tax_id", "reachable_contacts", "contact_roles", "deciders",
        "economic_buyer", "answered", "meetings", "lines",
    }
)  # fmt: skip


def facts_given() -> frozenset[str]:
    """Every fact that somebody gives; a check that reads another one can't be answered."""
    return OWN_FACTS.union(*(given.names for given in gate_facts))


def today_of(at: dt.datetime) -> dt.date:
    return timezone.localdate(at, timezone.get_default_timezone())
