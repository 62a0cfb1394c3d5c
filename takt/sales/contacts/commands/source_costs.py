"""What the sources of customers cost, month by month."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from takt.kernel.access.reach import demand
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.undo.registry import inverse
from takt.sales.contacts.events import SourceCostSet
from takt.sales.contacts.models import Source, SourceCost

MOST = 600  # at once: two years of many sources
FIRST, LAST = 2000, 2100


@inverse("contacts.set_source_costs")
@command
def set_source_costs(
    costs: Sequence[Mapping[str, Any]], *, by: Actor, at: dt.datetime
) -> list[dict[str, Any]]:
    """Set what sources cost: `source`, `month` (any day of it, or "2026-03"), `currency`, `amount`.

    An empty amount or zero takes the cost away. Answers what stood there before, of those that really changed: it
    takes the change back.
    """
    demand(by, "edit_source_costs")
    checks = Checks()
    if len(costs) > MOST:
        checks.wrong("costs", _("At most %(most)d costs at once.") % {"most": MOST}, "too_many")
        checks.finish()
    names = dict(
        Source.objects.filter(pk__in=[_number(c.get("source")) for c in costs]).values_list("pk", "name")
    )
    wanted = {}
    for place, cost in enumerate(costs):
        key, amount = _read(cost, names, f"costs.{place}" if len(costs) > 1 else "", checks)
        wanted[key] = amount
    checks.finish()
    rows = SourceCost.objects.select_for_update().filter(source_id__in=names)
    known = {(r.source_id, r.month, r.currency): r for r in rows}
    before, batch = [], uuid.uuid4() if len(wanted) > 1 else None
    for (source, month, currency), amount in wanted.items():
        row = known.get((source, month, currency))
        old = row.amount if row else None
        if old == amount:
            continue
        _store(row, source, month, currency, amount, at)
        shown = {"source": source, "month": f"{month:%Y-%m}", "currency": currency}
        before.append(shown | {"amount": None if old is None else str(old)})
        fact = SourceCostSet(
            name=names[source],
            old=None if old is None else str(old),
            new="0" if amount is None else str(amount),
            **shown,  # type: ignore[arg-type]
        )
        record(fact, about=("source", source), by=by, at=at, batch=batch)
    return before


def _number(given: Any) -> int:
    text = str(getattr(given, "pk", given))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _read(
    cost: Mapping[str, Any], names: Mapping[int, str], where: str, checks: Checks
) -> tuple[tuple[int, dt.date, str], Decimal | None]:
    def field(name: str) -> str:
        return f"{where}.{name}".lstrip(".")

    source = _number(cost.get("source"))
    if source not in names:
        checks.wrong(field("source"), _("There is no such source."), "unknown")
    currency = checks.currency(field("currency"), cost.get("currency"))
    amount = checks.amount(field("amount"), cost.get("amount"))
    return (source, _month(cost.get("month"), field("month"), checks), currency), amount or None


def _month(given: Any, field: str, checks: Checks) -> dt.date:
    text = given.isoformat() if isinstance(given, dt.date) else str(given or "").strip()
    try:
        day = dt.date.fromisoformat(f"{text}-01" if len(text) == len("2026-03") else text)
    except ValueError:
        day = dt.date.min
    if not FIRST <= day.year <= LAST:
        checks.wrong(field, _("Choose a month, such as 2026-03."))
    return day.replace(day=1)


def _store(
    row: SourceCost | None,
    source: int,
    month: dt.date,
    currency: str,
    amount: Decimal | None,
    at: dt.datetime,
) -> None:
    if amount is None:
        if row is not None:
            row.delete()
    elif row is None:
        SourceCost.objects.create(
            source_id=source, month=month, currency=currency, amount=amount, updated_at=at
        )
    else:
        row.amount, row.updated_at, row.version = amount, at, row.version + 1
        row.save(update_fields=["amount", "updated_at", "version"])
