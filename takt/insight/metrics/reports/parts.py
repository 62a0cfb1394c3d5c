"""What every report is made of: parts with totals and tables, and the words common to all."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from takt.insight.metrics.reports.rules import cents
from takt.insight.metrics.reports.scope import Scope, once
from takt.kernel.lib.refusals import Text
from takt.kernel.money.rates import DayRates, Rates


@dataclass(frozen=True)
class Column:
    """A column of a report's table; `kind` tells the page how to write its values."""

    key: str
    label: str
    kind: str = "count"  # text count money rate days date
    stage: str = ""  # of a column that counts a stage's deals

    def to_json(self) -> dict[str, str]:
        found = {"key": self.key, "label": self.label, "kind": self.kind}
        return found | ({"stage": self.stage} if self.stage else {})


@dataclass(frozen=True)
class Table:
    """Rows with a value for each column, and where wanted `deals`: what to ask the list of deals for."""

    name: str
    title: str
    columns: list[Column]
    rows: list[dict[str, Any]]

    def to_json(self, part: str) -> dict[str, Any]:
        return {
            "name": self.name,
            "part": part,
            "title": self.title,
            "columns": [column.to_json() for column in self.columns],
            "rows": self.rows,
        }


@dataclass(frozen=True)
class Part:
    totals: dict[str, Any] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)


@dataclass(frozen=True)
class Report:
    """A report: the sentence that says what it counts, and its parts, the first of them cheap to show.

    `sums` says for a part the states of the deals whose amounts it adds up.
    """

    name: str
    title: Text
    definition: Text
    parts: Mapping[str, Callable[[Scope], Part]]
    titles: Mapping[str, Text]
    sums: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class StageRow:
    """A stage as reports name it."""

    pk: int
    name: str
    label: str
    position: int
    probability: int
    pipeline: int
    pipeline_name: str


@once
def stages_of(scope: Scope) -> list[StageRow]:
    """The stages in order, after their pipeline's name where there is more than one pipeline."""
    found = scope.ask(
        "",
        """SELECT s.id, s.name, p.name AS pipeline, s.position, s.probability, s.pipeline_id
        FROM stage s JOIN pipeline p ON p.id = s.pipeline_id WHERE p.id = coalesce(%s, p.id)
        ORDER BY p.position, p.id, s.position""",
        scope.pipeline,
    )
    is_one = len({row["pipeline_id"] for row in found}) < 2
    return [
        StageRow(
            row["id"],
            row["name"],
            row["name"] if is_one else f"{row['pipeline']}: {row['name']}",
            row["position"],
            row["probability"],
            row["pipeline_id"],
            row["pipeline"],
        )
        for row in found
    ]


class RatesWhenAsked(Rates):
    """Rates that are read only where there is another currency than the organisation's."""

    def __init__(self) -> None:
        self.read: Rates | None = None

    def rate(self, currency: str, day: dt.date) -> Decimal | None:
        if currency == settings.TAKT_CURRENCY:
            return Decimal(1)
        self.read = self.read or Rates()
        return self.read.rate(currency, day)


@once
def rates_of(scope: Scope) -> DayRates:
    """Open deals are worth what the rates of the day say."""
    return RatesWhenAsked().on(scope.day)


def money(value: Decimal | None) -> str:
    return str(cents(value))


def converted(rates: DayRates, amounts: Iterable[tuple[Decimal | None, str]]) -> tuple[str, dict[str, str]]:
    """The sum in the organisation's currency, and apart from it what has no rate."""
    total = rates.total(amounts)
    return money(total.amount), {code: money(value) for code, value in total.not_converted.items()}


def left_over(found: Mapping[str, str]) -> str:
    """Amounts without a rate in one cell: `120.00 EUR`."""
    return ", ".join(f"{value} {code}" for code, value in sorted(found.items()))


def closed_columns() -> list[Column]:
    return [
        Column("won", _("Won")),
        Column("lost", _("Lost")),
        Column("closed", _("Closed")),
        Column("win_rate", _("Win rate"), "rate"),
        Column("won_value", _("Won amount"), "money"),
    ]


def iso(day: Any) -> str | None:
    return day.isoformat() if day else None
