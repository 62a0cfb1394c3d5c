"""Where the value of a field stands in SQL. An index on such an expression is used only if both are written alike."""

import datetime as dt
from typing import Any

from django.db import models
from django.db.models import F, Func

from takt.kernel.fields.models import FieldDefinition, FieldKind

# The slug is inlined: it is checked when the field is made, and an index knows no parameters.
_TEXT = "(%(expressions)s ->> '%(slug)s')"
_BY_KIND = {
    FieldKind.NUMBER: f"({_TEXT}::numeric)",
    FieldKind.MONEY: "((%(expressions)s -> '%(slug)s' ->> 'amount')::numeric)",
    FieldKind.DATE: f'({_TEXT} COLLATE "C")',
    FieldKind.DATETIME: f'({_TEXT} COLLATE "C")',
    FieldKind.YES_NO: f"({_TEXT}::boolean)",
    FieldKind.CHOICES: "(%(expressions)s -> '%(slug)s')",
    FieldKind.USER: f"({_TEXT}::bigint)",
    FieldKind.COMPANY: f"({_TEXT}::bigint)",
    FieldKind.CONTACT: f"({_TEXT}::bigint)",
    FieldKind.FILE: f"({_TEXT}::bigint)",
}
_ORDER = f'(lower({_TEXT}) COLLATE "C")'
WORDS = {FieldKind.TEXT, FieldKind.LONG_TEXT, FieldKind.URL, FieldKind.PHONE, FieldKind.EMAIL}
ORDERED_WORDS = WORDS - {FieldKind.LONG_TEXT}
ORDERED = {FieldKind.NUMBER, FieldKind.MONEY, FieldKind.DATE, FieldKind.DATETIME}


class IsoDay(models.TextField):
    """A day as the text it is stored as, whose order is that of days."""

    def get_prep_value(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, dt.date) else value


class IsoMoment(models.TextField):
    """A moment as the text it is stored as, whose order is that of moments."""

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, dt.datetime):
            return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return value


_OUTPUT: dict[FieldKind, Any] = {
    FieldKind.DATE: IsoDay,
    FieldKind.DATETIME: IsoMoment,
    FieldKind.YES_NO: models.BooleanField,
    FieldKind.CHOICES: models.JSONField,
    FieldKind.USER: models.BigIntegerField,
    FieldKind.COMPANY: models.BigIntegerField,
    FieldKind.CONTACT: models.BigIntegerField,
    FieldKind.FILE: models.BigIntegerField,
}


def value_at(definition: FieldDefinition) -> Func:
    """The field's value, typed, as an annotation of its records."""
    kind = FieldKind(definition.kind)
    output: Any
    if kind in {FieldKind.NUMBER, FieldKind.MONEY}:
        output = models.DecimalField(max_digits=30, decimal_places=6)
    else:
        output = _OUTPUT.get(kind, models.TextField)()
    return Func(F("custom"), template=_BY_KIND.get(kind, _TEXT), slug=definition.slug, output_field=output)


def words_at(definition: FieldDefinition) -> Func:
    """What a list is ordered by where the field holds words: without case, by their characters."""
    return Func(F("custom"), template=_ORDER, slug=definition.slug, output_field=models.TextField())


def index_sql(definition: FieldDefinition) -> dict[str, str]:
    """The indexes that serve a field, by name: one for its order or equality, for words one more for their parts."""
    kind = FieldKind(definition.kind)
    text, value, order = (part % _held(definition) for part in (_TEXT, _BY_KIND.get(kind, _TEXT), _ORDER))
    name = f"cf_{definition.pk}"
    if kind in WORDS:
        found = {f"{name}_words": f"USING gin (upper({text}) gin_trgm_ops) WITH (fastupdate = off)"}
        return found | ({name: f"({order}, id)"} if kind in ORDERED_WORDS else {})
    if kind == FieldKind.CHOICES:
        return {name: f"USING gin ({value} jsonb_path_ops) WITH (fastupdate = off)"}
    return {name: f"({value}, id)"}


def statistics_sql(definition: FieldDefinition) -> str:
    """The expression of which the planner has to know how its values are spread."""
    kind = FieldKind(definition.kind)
    return (f"upper({_TEXT})" if kind in WORDS else _BY_KIND.get(kind, _TEXT)) % _held(definition)


def _held(definition: FieldDefinition) -> dict[str, str]:
    return {"expressions": "custom", "slug": definition.slug}
