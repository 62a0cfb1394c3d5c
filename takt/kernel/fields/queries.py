"""The fields as the settings page shows them."""

from dataclasses import dataclass

from takt.kernel.fields.models import Entity, FieldDefinition


@dataclass(frozen=True)
class FieldsOf:
    """The fields of one kind of record: those in use in their order, and the retired ones."""

    entity: str
    label: str
    active: list[FieldDefinition]
    retired: list[FieldDefinition]


def fields_of(entity: str) -> FieldsOf:
    rows = list(FieldDefinition.objects.of(entity))
    return FieldsOf(
        entity,
        str(Entity(entity).label),
        [r for r in rows if r.is_active],
        [r for r in rows if not r.is_active],
    )


def fields_in_use(entity: str, record: int | None = None) -> list[FieldDefinition]:
    """What forms and cards of a kind of record show, with the fields of this one record."""
    return list(FieldDefinition.objects.of(entity, record).active())
