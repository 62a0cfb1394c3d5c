"""Which field a heading means, whatever program wrote it, in English, Russian or Chinese."""

import re
import unicodedata
from collections.abc import Sequence

from takt.gateways.transfer.fields.field import Field
from takt.gateways.transfer.fields.kinds import FIELDS, field_of

_MARKS = re.compile(r"[\s_\-.,:;/*()\[\]№#]+")


def plain_heading(text: str) -> str:
    """A heading without case, underscores, stars and spaces: `Close_Date *` is `closedate`."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")
    return _MARKS.sub("", folded)


_known: dict[str, dict[str, str]] = {
    kind: {
        plain_heading(heading): field.name
        for field in reversed(fields)
        for heading in (field.name, *field.headings.split("|"))
        if heading
    }
    for kind, fields in FIELDS.items()
}


def mapped(kind: str, header: Sequence[str]) -> list[str | None]:
    """Which field each heading means, as far as it tells; a field that doesn't gather is given once."""
    taken: set[str] = set()
    found: list[str | None] = []
    for heading in header:
        field = _field(kind, plain_heading(heading))
        if field is None or (field.name in taken and not field.gathers):
            found.append(None)
        else:
            taken.add(field.name)
            found.append(field.name)
    return found


def _field(kind: str, heading: str) -> Field | None:
    """The field of a plain heading; `phone2` is one more phone, where a field takes several columns."""
    if name := _known[kind].get(heading):
        return field_of(kind, name)
    name = _known[kind].get(heading.rstrip("0123456789"))
    field = field_of(kind, name) if name else None
    return field if field and field.gathers else None
