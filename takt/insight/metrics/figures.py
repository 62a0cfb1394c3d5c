"""What a report answers: totals, tables, a chart, and in words what was counted."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from takt.insight.metrics.scope import Scope
from takt.kernel.lib.refusals import Text

type Row = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """A column of a table; kinds: text count money ratio days date amount (money of the row's own currency)."""

    key: str
    label: Text
    kind: str = "count"

    @property
    def is_number(self) -> bool:
        return self.kind not in {"text", "date"}


@dataclass(frozen=True)
class Total:
    """One figure of the whole report."""

    key: str
    label: Text
    value: Any
    kind: str = "count"
    is_shown: bool = True


@dataclass(frozen=True)
class Table:
    """Rows as dicts; keys that no column names (ids) go to programs only. `link` leads to the records behind a row."""

    name: str
    title: Text
    columns: Sequence[Column]
    rows: list[Row]
    link: Callable[[Row], str | None] | None = None
    note: Text = ""


@dataclass(frozen=True)
class Chart:
    """An ECharts option with the sentence that says what it shows."""

    option: dict[str, Any]
    sentence: Text
    is_low: bool = False


@dataclass
class Part:
    """One section of a report: what it found."""

    totals: list[Total] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    chart: Chart | None = None
    not_converted: dict[str, tuple[int, Decimal]] = field(default_factory=dict)


@dataclass(frozen=True)
class Section:
    """A section's name, heading and sum; a lazy one comes to the page after the rest."""

    name: str
    title: Text
    made: Callable[[Scope], Part]
    is_lazy: bool = False
    is_past_only: bool = False  # needs `as_of`


@dataclass(frozen=True)
class Report:
    """A report's name, title and sections, and in words what it counts."""

    name: str
    title: Text
    about: Text
    definitions: Sequence[Text]
    sections: Sequence[Section]
    period: Callable[[Scope], Scope] = lambda scope: scope  # what stands in where none is asked for

    def wanted(self, scope: Scope, only: Iterable[str] | None = None) -> list[Section]:
        names = None if only is None else set(only)
        return [
            s
            for s in self.sections
            if (names is None or s.name in names) and not (s.is_past_only and scope.as_of is None)
        ]


@dataclass
class Figures:
    """A report's answer; the same for page, API and command line."""

    report: Report
    scope: Scope
    parts: dict[str, Part]

    @property
    def totals(self) -> dict[str, Any]:
        return {t.key: t.value for p in self.parts.values() for t in p.totals}

    @property
    def tables(self) -> dict[str, Table]:
        return {t.name: t for p in self.parts.values() for t in p.tables}

    @property
    def not_converted(self) -> dict[str, tuple[int, Decimal]]:
        """Deals and their sum per currency that has no rate; they are in no total."""
        found: dict[str, tuple[int, Decimal]] = {}
        for part in self.parts.values():
            for currency, (deals, amount) in part.not_converted.items():
                if deals > found.get(currency, (0, Decimal(0)))[0]:
                    found[currency] = (deals, amount)
        return found


def collected(report: Report, scope: Scope, only: Iterable[str] | None = None) -> Figures:
    """The report's figures, of all sections or only of those named."""
    scope = report.period(scope)
    return Figures(report, scope, {s.name: s.made(scope) for s in report.wanted(scope, only)})


def as_json(value: Any) -> Any:
    """Decimals as strings, dates as ISO text."""
    match value:
        case Decimal():
            return format(value, "f")
        case dt.date():
            return value.isoformat()
        case dict():
            return {str(k): as_json(v) for k, v in value.items()}
        case list() | tuple():
            return [as_json(v) for v in value]
        case None | bool() | int() | float() | str():
            return value
    return str(value)


def answer(figures: Figures) -> dict[str, Any]:
    """The figures as data."""
    report, scope = figures.report, figures.scope
    return {
        "report": report.name,
        "title": str(report.title),
        "scope": as_json(scope.told),
        "basis": str(scope.basis),
        "definitions": [str(d) for d in report.definitions],
        "currency": scope.currency,
        "totals": as_json(figures.totals),
        "tables": {name: as_json(table.rows) for name, table in figures.tables.items()},
        "not_converted": [
            {"currency": currency, "deals": deals, "amount": as_json(amount)}
            for currency, (deals, amount) in sorted(figures.not_converted.items())
        ],
    }
