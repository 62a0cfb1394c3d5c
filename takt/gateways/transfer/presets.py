"""Files of programs that are known: recognised by their headings, read without any mapping by hand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from takt.kernel.lib.refusals import Text

type Row = Mapping[str, str]


@dataclass(frozen=True)
class Part:
    """One file of a preset: the headings that tell it, the kind of record, and how a row is turned into fields."""

    kind: str
    headings: frozenset[str]
    turned: Callable[[Row], dict[str, str]]


@dataclass(frozen=True)
class Preset:
    """A known program: its parts in the order in which they are read."""

    name: str
    label: Text
    parts: Sequence[Part]
    options: Mapping[str, Any] = field(default_factory=dict)

    def part_of(self, header: Sequence[str]) -> Part | None:
        found = {h.strip().casefold() for h in header}
        return next((p for p in self.parts if p.headings <= found), None)


def _agent(row: Row) -> dict[str, str]:
    name = row.get("sales_agent", "")
    return {
        "name": name,
        "email": f"{slugify(name)}@maven.example" if name else "",
        "team": row.get("manager", ""),
        "parent_team": row.get("regional_office", ""),
    }


def _millions(text: str) -> str:
    try:
        return str(Decimal(text) * 1_000_000)
    except InvalidOperation:
        return text


def _account(row: Row) -> dict[str, str]:
    return {
        "name": row.get("account", ""),
        "industry": row.get("sector", ""),
        "founded_year": row.get("year_established", ""),
        "annual_revenue": _millions(row["revenue"]) if row.get("revenue") else "",
        "employees": row.get("employees", ""),
        "region": row.get("office_location", ""),
        "parent": row.get("subsidiary_of", ""),
    }


def _product(row: Row) -> dict[str, str]:
    price = row.get("sales_price", "")
    return {
        "name": row.get("product", ""),
        "series": row.get("series", ""),
        "price": price,
        "currency": "USD",
    }


def _opportunity(row: Row) -> dict[str, str]:
    """Won and lost stand in the column of the stage; who was engaged stood in Engaging from that day on."""
    stage = row.get("deal_stage", "")
    status = {"Won": "won", "Lost": "lost"}.get(stage, "open")
    value = row.get("close_value", "")
    return {
        "import_key": row.get("opportunity_id", ""),
        "product": row.get("product", ""),
        "company": row.get("account", ""),
        "owner": row.get("sales_agent", ""),
        "pipeline": "Maven",
        "stage": "Engaging" if status != "open" else stage,
        "status": status,
        "created_at": row.get("engage_date", ""),
        "started_at": row.get("engage_date", ""),
        "closed_at": row.get("close_date", ""),
        "amount": value,
        "price": value if status == "won" else "",
        "currency": "USD",
    }


MAVEN = Preset(
    "maven",
    _("Maven Analytics: CRM sales opportunities"),
    [
        Part("users", frozenset({"sales_agent", "manager", "regional_office"}), _agent),
        Part("companies", frozenset({"account", "sector", "revenue"}), _account),
        Part("products", frozenset({"product", "series", "sales_price"}), _product),
        Part("deals", frozenset({"opportunity_id", "sales_agent", "deal_stage"}), _opportunity),
    ],
    {"create_missing": True, "currency": "USD", "stages": ["Prospecting", "Engaging"]},
)

PRESETS: dict[str, Preset] = {p.name: p for p in (MAVEN,)}
