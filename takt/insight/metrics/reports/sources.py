"""What the first source of a customer has brought, and what it has cost."""

import calendar
import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from takt.insight.metrics.reports.parts import Column, Part, RatesWhenAsked, Report, Table, left_over, money
from takt.insight.metrics.reports.rules import fine, ratio
from takt.insight.metrics.reports.scope import Scope
from takt.insight.metrics.reports.slices import slices
from takt.kernel.access.reach import owners_within
from takt.kernel.events.models import Event
from takt.sales.contacts.models import Source, SourceCost

type Costs = tuple[dict[int | None, Decimal], dict[int | None, dict[str, Decimal]]]


def sources(scope: Scope) -> Part:
    """Open, won and lost deals by the source of the first contact; a follow-up deal keeps that of the first."""
    found = slices(replace(scope, by="first_source")).tables[0]
    return Part({}, [Table("sources", found.title, found.columns, found.rows)])


def returns(scope: Scope) -> Part:
    """What was won from each first source in the period, and what the source and contractors cost."""
    won = {row["key"]: row for row in _won(scope)}
    names = dict(Source.objects.order_by("position", "id").values_list("pk", "name"))
    costs, without = _costs(scope) if _is_of_all(scope) else ({}, {})
    keys = [pk for pk in (*names, None) if pk in won or pk in costs or pk in without]
    keys.sort(key=lambda pk: (pk is None, -(won[pk]["value"] if pk in won else Decimal(0))))
    rows = [
        _row(names[pk] if pk else _("Not given"), won.get(pk), costs.get(pk), without.get(pk, {}), scope)
        for pk in keys
    ]
    whole = {
        name: sum((row[name] for row in won.values()), start)
        for name, start in _NOTHING.items()
        if name != "unrated"
    }
    unrated = _together(row["unrated"] for row in won.values())
    total = _row(
        _("Together"),
        whole | {"unrated": unrated},
        sum(costs.values(), Decimal(0)),
        _together(without.values()),
        scope,
    )
    columns = [
        Column("name", _("Name"), "text"),
        Column("won", _("Won")),
        Column("won_value", _("Won amount"), "money"),
        Column("avg_won_value", _("Won amount, mean"), "money"),
        Column("contractor_cost", _("Contractor cost"), "money"),
        Column("cost", _("Cost of the source"), "money"),
        Column("profit", _("Profit"), "money"),
        Column("profit_share", _("Profit of the won amount"), "rate"),
        Column("cost_per_won", _("Cost of a won deal"), "money"),
        Column("no_rate", _("Costs without a rate"), "text"),
    ]
    return Part(
        {}, [Table("returns", _("What sources bring and cost"), columns, [*rows, total | {"is_total": True}])]
    )


_NOTHING: dict[str, Any] = {"won": 0, "value": Decimal(0), "contractors": Decimal(0), "unrated": {}}


def _won(scope: Scope) -> list[dict[str, Any]]:
    """Won deals of the period by first source; contractors at the rate of the deal."""
    rate = "coalesce(d.rate, CASE WHEN d.currency = %s THEN 1 END)"
    found = scope.rows(
        f"""SELECT coalesce(f.source_id, d.source_id) AS key,
            CASE WHEN d.contractor_cost IS NOT NULL AND {rate} IS NULL THEN d.currency END AS unrated,
            count(*) AS won, coalesce(sum(d.amount_base), 0) AS value,
            coalesce(sum(round(d.contractor_cost * {rate}, 2)), 0) AS contractors,
            coalesce(sum(d.contractor_cost), 0) AS contractors_plain
        FROM d LEFT JOIN company f ON f.id = d.company_id WHERE d.status = 'won' GROUP BY 1, 2""",
        settings.TAKT_CURRENCY,
        settings.TAKT_CURRENCY,
    )
    rows: dict[int | None, dict[str, Any]] = {}
    for part in found:
        row = rows.setdefault(part["key"], {"key": part["key"], **_NOTHING, "unrated": {}})
        for name in ("won", "value", "contractors"):
            row[name] += part[name]
        if part["unrated"]:
            row["unrated"][part["unrated"]] = part["contractors_plain"]
    return list(rows.values())


def _row(
    name: str,
    won: Mapping[str, Any] | None,
    cost: Decimal | None,
    without: Mapping[str, Decimal],
    scope: Scope,
) -> dict[str, Any]:
    found = won or _NOTHING
    spent = cost or Decimal(0)
    profit = found["value"] - found["contractors"] - spent
    is_told = _is_of_all(scope)
    return {
        "name": name,
        "won": found["won"],
        "won_value": money(found["value"]),
        "avg_won_value": fine(found["value"] / found["won"]) if found["won"] else None,
        "contractor_cost": money(found["contractors"]),
        "cost": money(spent) if is_told else None,
        "profit": money(profit) if is_told else None,
        "profit_share": ratio(profit, found["value"]) if is_told and found["value"] else None,
        "cost_per_won": fine(spent / found["won"]) if is_told and found["won"] else None,
        "no_rate": left_over(_texts(_together([found["unrated"], without]))),
    }


def _texts(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {code: money(amount) for code, amount in amounts.items()}


def _together(parts: Any) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for part in parts:
        for code, amount in part.items():
            found[code] += amount
    return dict(found)


def _is_of_all(scope: Scope) -> bool:
    """A source costs the organisation as a whole, so its cost stands only beside the deals of all."""
    return not (scope.owner or scope.team or scope.pipeline) and owners_within(scope.user, "deal") is None


def _costs(scope: Scope) -> Costs:
    """What sources cost in the period, in the organisation's currency, and apart from it what has no rate.

    A month that the period cuts counts by its days; a rate is that of the month's last day, or of today before it.
    """
    rates = RatesWhenAsked()
    costs: dict[int | None, Decimal] = defaultdict(Decimal)
    without: dict[int | None, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for (source, month, currency), amount in _known(scope).items():
        last = month.replace(day=calendar.monthrange(month.year, month.month)[1])
        since = max(month, scope.since or month)
        until = min(last + dt.timedelta(days=1), scope.until or dt.date.max)
        days = (until - since).days
        if days <= 0:
            continue
        rate = rates.rate(currency, min(last, scope.day))
        part = amount * days / last.day
        if rate is None:
            without[source][currency] += fine_cents(part)
        else:
            costs[source] += fine_cents(part * rate)
    return dict(costs), {source: dict(found) for source, found in without.items()}


def fine_cents(amount: Decimal) -> Decimal:
    return Decimal(money(amount))


def _known(scope: Scope) -> dict[tuple[int, dt.date, str], Decimal]:
    """The costs as they stand, or as they stood at the past moment."""
    found = {
        (source, month, currency): amount
        for source, month, currency, amount in SourceCost.objects.values_list(
            "source_id", "month", "currency", "amount"
        )
    }
    if scope.moment is None:
        return found
    later = Event.objects.filter(kind="source.cost_set", at__gt=scope.moment).order_by("-at", "-id")
    for told in later.values_list("payload", flat=True):
        key = (told["source"], dt.date.fromisoformat(f"{told['month']}-01"), told["currency"])
        if told["old"] is None:
            found.pop(key, None)
        else:
            found[key] = Decimal(told["old"])
    return found


REPORT = Report(
    "sources",
    gettext_lazy("Sources"),
    gettext_lazy(
        "Deals by the source of the first contact, which goes with the whole chain of deals of a company. Won and lost "
        "ones count by their closing day. A month's cost of a source that the period cuts counts by its days; costs "
        "of sources are told where the report is of everybody's deals."
    ),
    {"sources": sources, "returns": returns},
    {"sources": gettext_lazy("By first source"), "returns": gettext_lazy("What sources bring and cost")},
    sums={"sources": ("open", "won"), "returns": ("won",)},
)
