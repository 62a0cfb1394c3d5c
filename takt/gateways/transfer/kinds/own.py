"""One's own fields in a row of a file."""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from takt.gateways.transfer.fields.own import own_definitions
from takt.gateways.transfer.kinds.cells import Cells
from takt.gateways.transfer.kinds.world import World
from takt.gateways.transfer.reading import NotAValue
from takt.gateways.transfer.reading.numbers import parse_number
from takt.gateways.transfer.reading.words import split_many
from takt.kernel.fields.models import FieldDefinition, FieldKind
from takt.kernel.fields.values import NotTaken, read_value
from takt.kernel.lib.names import fold, sort_key
from takt.sales.contacts.models import Company, Contact

_CODE = re.compile(r"[A-Za-z]{3}")
MOST_KNOWN = 50_000


class Own:
    """Reads the own fields of one kind of record; small lists are read once, names asked for are remembered."""

    def __init__(self, world: World, kind: str) -> None:
        self.world = world
        self.definitions = {d.column: d for d in own_definitions(kind)}
        self.found: dict[tuple[str, str], int | None] = {}

    def read(self, cells: Cells) -> dict[str, Any]:
        """The values of the row as they are stored; what is wrong is noted on the row."""
        values: dict[str, Any] = {}
        for name in cells.values:
            definition = self.definitions.get(name)
            if definition is None:
                continue
            try:
                typed = self._typed(definition, cells, name)
                value = read_value(definition, typed, typed)
            except NotTaken as problem:
                cells.wrong(name, problem.message)
            except NotAValue as problem:
                cells.wrong(name, problem.message)
            else:
                if value is not None:
                    values[definition.slug] = value
        return values

    def _typed(self, definition: FieldDefinition, cells: Cells, name: str) -> Any:
        text = cells.values[name]
        match definition.kind:
            case FieldKind.NUMBER:
                return cells.number(name)
            case FieldKind.MONEY:
                return self._money(cells, text)
            case FieldKind.DATE:
                return cells.day(name)
            case FieldKind.DATETIME:
                return cells.moment(name)[0]
            case FieldKind.YES_NO:
                return cells.yes(name)
            case FieldKind.CHOICE:
                return self._option(definition, text)
            case FieldKind.CHOICES:
                return [self._option(definition, part) for part in split_many(text)]
            case FieldKind.FILE:
                raise NotTaken(_("A file can't be imported from a table. Attach it to the record."))
            case FieldKind.USER | FieldKind.COMPANY | FieldKind.CONTACT:
                return self._record(definition.kind, text)
        return text

    def _money(self, cells: Cells, text: str) -> dict[str, Any]:
        code = _CODE.search(text)
        amount = parse_number(_CODE.sub("", text).strip(), cells.notation.decimal)
        currency = code[0] if code else cells.currency() or self.world.currency
        return {"amount": str(amount.normalize() if amount else amount), "currency": currency}

    def _option(self, definition: FieldDefinition, text: str) -> str:
        wanted = fold(text)
        for key, label in definition.labels().items():
            if wanted in {fold(label), key}:
                return key
        raise NotTaken(_("“%(name)s” isn't among the options.") % {"name": text[:80]}, "unknown")

    def _record(self, kind: str, text: str) -> int:
        """A colleague, a company or a contact by name (a person also by e-mail), the oldest of that name."""
        if kind == FieldKind.USER:
            found = self.world.user(text)
        else:
            key = (kind, sort_key(text))
            if key not in self.found:
                if len(self.found) > MOST_KNOWN:
                    self.found.clear()
                self.found[key] = _by_name(kind, text, self.world.by.user)
            found = self.found[key]
        if found is None:
            raise NotTaken(_("“%(name)s” isn't known here.") % {"name": text[:80]}, "unknown")
        return found


def _by_name(kind: str, text: str, user: Any) -> int | None:
    if kind == FieldKind.COMPANY:
        rows: Any = Company.objects.visible_to(user).filter(sort_key=sort_key(text))
    elif "@" in text:
        rows = Contact.objects.visible_to(user).filter(emails__address=text.strip().lower())
    else:
        rows = Contact.objects.visible_to(user).filter(sort_key=sort_key(text))
    found: int | None = rows.order_by("pk").values_list("pk", flat=True).first()
    return found


def with_own(values: dict[str, Any], row: Any, existing: Mapping[str, Any]) -> dict[str, Any]:
    """The changes of a record, its own fields among them where the row says something new of them."""
    values.pop("custom", None)
    merged = existing["custom"] | row.custom
    return values | ({"custom": merged} if merged != existing["custom"] else {})
