"""The fields as the settings page shows them."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Q

from takt.kernel.accounts.models import User
from takt.kernel.fields.models import MODELS, Entity, FieldDefinition, FieldQuerySet
from takt.kernel.lib.standing import standing


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
    return _in_use(entity, record)


@standing
def _in_use(entity: str, record: int | None) -> FieldQuerySet:
    return FieldDefinition.objects.of(entity, record).active()


def readable_fields(user: User) -> FieldQuerySet:
    """The fields that a person may know of: those of all records, and those of single records he may see."""
    mine = Q(only_record=None)
    for entity, model in MODELS.items():
        rows: Any = apps.get_model(model)._default_manager
        mine |= Q(entity=entity, only_record__in=rows.visible_to(user).order_by().values("pk"))
    return FieldDefinition.objects.filter(mine)
