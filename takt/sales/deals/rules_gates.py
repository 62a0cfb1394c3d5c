"""Pure decisions about stage gates: what has to be true before a deal leaves a stage forward (domain spec 2.2).

A gate knows the deal only by facts, named values that rooms give (`hooks.gate_facts`). A check whose fact nobody gives
doesn't hold a deal up; the linter of pipelines names it.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from takt.sales.deals.rules_checks import CHECKS, FIELDS, OF_CHECK, OF_PAGE, Facts

OFF, WARN, ENFORCE = "off", "warn", "enforce"


@dataclass(frozen=True)
class Criterion:
    """An exit criterion: an automatic check by name, or a sentence that a person confirms."""

    pk: int
    text: str = ""
    check: str = ""
    number: int | None = None

    @property
    def is_manual(self) -> bool:
        return not self.check

    @property
    def sentence(self) -> str:
        """What it asks for, in a line."""
        if self.is_manual or self.check not in CHECKS:
            return self.text or self.check
        label = str(CHECKS[self.check].label)
        return label if self.number is None else f"{label}: {self.number}"


@dataclass(frozen=True)
class Required:
    """A field required to leave a stage; of one's own fields `label` and `kind` come from their definition."""

    field: str
    not_past: bool = False
    label: str = ""
    kind: str = ""

    @property
    def is_own(self) -> bool:
        return self.field.startswith("custom.")

    @property
    def name(self) -> str:
        return self.label or str(FIELDS[self.field].label if self.field in FIELDS else self.field)


@dataclass(frozen=True)
class Gate:
    """What one stage asks for before a deal leaves it forward."""

    stage: int
    name: str
    position: int
    criteria: tuple[Criterion, ...] = ()
    fields: tuple[Required, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.criteria or self.fields)


@dataclass(frozen=True)
class Missing:
    """One thing that a gate misses: a stable code, the field it is about, and a sentence for a person."""

    stage: int
    stage_name: str
    code: str
    field: str
    text: str
    fix: str = ""
    criterion: int | None = None
    check: str = ""
    about: str = ""  # the criterion itself, where a person confirms it

    def stored(self) -> dict[str, Any]:
        """As a passage keeps it."""
        return {"code": self.code, "field": self.field, "text": self.text}


def effective(mode: str, starts_on: dt.date | None, today: dt.date) -> str:
    """The mode that holds on a day: before its start, enforcing only warns and warning is off."""
    if starts_on is None or starts_on <= today:
        return mode
    return WARN if mode == ENFORCE else OFF


def can_advance(
    gates: Iterable[Gate],
    position: int,
    target: int,
    facts: Facts,
    ticked: frozenset[int] | set[int],
    today: dt.date,
) -> list[Missing]:
    """Everything that is missing to go from one position to a later one, of every stage left or passed over."""
    facts = {"today": today, **facts}
    ahead = sorted((g for g in gates if position <= g.position < target), key=lambda g: g.position)
    found: list[Missing] = []
    for gate in ahead:
        found += missing_of(gate, facts, ticked, today)
    asked = [g for g in ahead if not g.is_empty]
    if asked and not facts.get("next_task", True) and all(m.check != "next_task" for m in found):
        last = asked[-1]
        text = _("Plan the next step.")
        found.append(Missing(last.stage, last.name, "next_task_required", "next_task", text, "task"))
    return _each_once(found)


def _each_once(found: Sequence[Missing]) -> list[Missing]:
    """What several stages ask for is told once, at the first of them."""
    seen: dict[tuple[str, str, str], Missing] = {}
    for item in found:
        seen.setdefault((item.code, item.field, item.text), item)
    return list(seen.values())


def missing_of(gate: Gate, facts: Facts, ticked: frozenset[int] | set[int], today: dt.date) -> list[Missing]:
    """What one stage misses."""
    found = []
    for required in gate.fields:
        if (wrong := lacks(required, facts, today)) is not None:
            found.append(Missing(gate.stage, gate.name, *wrong, fix=_fix_of(required)))
    for criterion in gate.criteria:
        if not holds(criterion, facts, ticked):
            found.append(_of_criterion(gate, criterion))
    return found


def _fix_of(required: Required) -> str:
    if required.field in {"contacts", "lines"}:
        return required.field
    return "page" if required.field in OF_PAGE else "field"


def holds(criterion: Criterion, facts: Facts, ticked: frozenset[int] | set[int]) -> bool:
    """Whether a criterion is met; an automatic one that can't be answered holds nobody up."""
    if criterion.is_manual:
        return criterion.pk in ticked
    check = CHECKS.get(criterion.check)
    if check is None or any(f not in facts for f in check.facts if f != "today"):
        return True
    return check.holds(facts, criterion.number or check.number or 0)


def _of_criterion(gate: Gate, criterion: Criterion) -> Missing:
    if criterion.is_manual:
        text = _("Not confirmed: %(criterion)s") % {"criterion": criterion.text}
        field = f"criteria.{criterion.pk}"
        return Missing(
            gate.stage,
            gate.name,
            "criterion_not_confirmed",
            field,
            text,
            "tick",
            criterion.pk,
            about=criterion.text,
        )
    check = CHECKS[criterion.check]
    number = criterion.number or check.number or 0
    text = str(check.missing) % {"number": number} if check.number is not None else str(check.missing)
    field = OF_CHECK.get(criterion.check, f"criteria.{criterion.pk}")
    return Missing(
        gate.stage, gate.name, "criterion_not_met", field, text, check.fix, criterion.pk, criterion.check
    )


def lacks(required: Required, facts: Facts, today: dt.date) -> tuple[str, str, str] | None:
    """What is wrong with a required field: code, field and sentence; None where it is filled as asked."""
    value = _value(required, facts)
    kind = required.kind or (FIELDS[required.field].kind if required.field in FIELDS else "")
    if not kind:  # retired, or unknown to this version: the linter says so
        return None
    if kind in {"number", "money"}:
        if _number(value) <= 0:
            return (
                "field_required",
                required.field,
                _("%(field)s: more than 0 is asked for.") % {"field": required.name},
            )
        return None
    if value is None or value == "" or value == [] or value is False or value == 0:
        return "field_required", required.field, _("%(field)s: fill it in.") % {"field": required.name}
    if required.not_past and kind in {"date", "datetime"} and _day(value) < today:
        sentence = _("%(field)s: today or a later day is asked for.")
        return "field_past", required.field, sentence % {"field": required.name}
    return None


def _value(required: Required, facts: Facts) -> Any:
    if required.is_own:
        value = (facts.get("custom") or {}).get(required.field.removeprefix("custom."))
        # "No" is an answer, too.
        return "no" if value is False else value
    return facts.get(required.field)


def _number(value: Any) -> Decimal:
    if isinstance(value, Mapping):
        value = value.get("amount")
    try:
        return Decimal(str(value or 0))
    except InvalidOperation:
        return Decimal(0)


def _day(value: Any) -> dt.date:
    if isinstance(value, dt.date):
        return value
    return dt.date.fromisoformat(str(value)[:10])


def facts_asked(gates: Iterable[Gate]) -> set[str]:
    """The facts that the automatic checks read, and those of required fields that only some deals have."""
    names = {f for g in gates for c in g.criteria if c.check in CHECKS for f in CHECKS[c.check].facts}
    return (names | {r.field for g in gates for r in g.fields if r.field in OF_PAGE}) - {"today"}


def with_own(gate: Gate, definitions: Mapping[str, tuple[str, str]]) -> Gate:
    """The gate with the names and kinds of one's own fields; what is retired asks for nothing."""
    fields = []
    for required in gate.fields:
        if not required.is_own:
            fields.append(required)
        elif (known := definitions.get(required.field.removeprefix("custom."))) is not None:
            fields.append(replace(required, label=known[0], kind=known[1]))
    return replace(gate, fields=tuple(fields))
