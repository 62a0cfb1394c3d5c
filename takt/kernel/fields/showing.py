"""Values of one's own fields as a person sees them: on cards, in lists and in files."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from takt.kernel.accounts.models import User
from takt.kernel.fields.models import FieldDefinition, FieldKind
from takt.kernel.fields.values import Names, names_of
from takt.kernel.lib.addresses import readable_phone
from takt.kernel.ui import formats

PATHS = {"company": "/companies", "contact": "/contacts", "file": "/files"}


@dataclass(frozen=True)
class Shown:
    """One value in words: `url` where it leads somewhere, `value` what a file gets instead of the text."""

    text: str = ""
    url: str = ""
    value: Any = ""
    is_hidden: bool = False


@dataclass(frozen=True)
class Line:
    """A field of a card with its value."""

    definition: FieldDefinition
    shown: Shown


def shown(definition: FieldDefinition, value: Any, names: Names) -> Shown:
    """A stored value in the reader's form."""
    if value is None:
        return Shown()
    match definition.kind:
        case FieldKind.NUMBER:
            number = Decimal(value)
            return Shown(formats.number(number), value=number)
        case FieldKind.MONEY:
            amount, currency = Decimal(value["amount"]), value["currency"]
            return Shown(formats.money(amount, currency), value=f"{value['amount']} {currency}")
        case FieldKind.DATE:
            day = dt.date.fromisoformat(value)
            return Shown(formats.date(day), value=day)
        case FieldKind.DATETIME:
            moment = timezone.localtime(dt.datetime.fromisoformat(value))
            return Shown(formats.datetime_(moment), value=moment)
        case FieldKind.CHOICE:
            label = definition.labels().get(value, value)
            return Shown(label, value=label)
        case FieldKind.CHOICES:
            labels = definition.labels()
            text = ", ".join(labels.get(v, v) for v in value)
            return Shown(text, value=text)
        case FieldKind.YES_NO:
            return Shown(_("yes") if value else _("no"), value=value)
        case FieldKind.USER | FieldKind.COMPANY | FieldKind.CONTACT | FieldKind.FILE:
            return _reference(definition.kind, value, names)
        case FieldKind.URL:
            return Shown(value.split("://", 1)[-1].rstrip("/"), url=value, value=value)
        case FieldKind.PHONE:
            return Shown(readable_phone(value), url=f"tel:{value}", value=value)
        case FieldKind.EMAIL:
            return Shown(value, url=f"mailto:{value}", value=value)
    return Shown(value, value=value)


def _reference(kind: str, value: int, names: Names) -> Shown:
    name = names.get((kind, value))
    if name is None:
        return Shown(_("Hidden from you"), value="", is_hidden=True)
    return Shown(name, url=f"{PATHS[kind]}/{value}" if kind in PATHS else "", value=name)


def lines_of(
    definitions: Iterable[FieldDefinition], custom: Mapping[str, Any], user: User | None
) -> list[Line]:
    """The filled fields of a card."""
    fields = [d for d in definitions if custom.get(d.slug) is not None]
    names = names_of(fields, [custom], user)
    return [Line(d, shown(d, custom[d.slug], names)) for d in fields]
