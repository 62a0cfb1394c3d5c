"""Facts about fields of one's own. Their names are for ever."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from takt.kernel.events.facts import Fact, fact


@fact("field.created", _("added the field “%(name)s”"))
class FieldCreated(Fact):
    entity: str
    slug: str
    name: str
    holds: str
    only_record: int | None


@fact("field.edited", _("changed the field “%(name)s”"))
class FieldEdited(Fact):
    name: str
    changes: list[dict[str, Any]]


@fact("field.moved", _("moved the field “%(name)s” to place %(place)d"))
class FieldMoved(Fact):
    name: str
    place: int


@fact("field.retired", _("retired the field “%(name)s”; its values are kept"))
class FieldRetired(Fact):
    name: str


@fact("field.restored", _("brought back the field “%(name)s” with its values"))
class FieldRestored(Fact):
    name: str
