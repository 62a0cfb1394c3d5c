"""Which field a heading means, whatever program wrote it, in English, Russian or Chinese."""

import re
import unicodedata
from collections.abc import Sequence

from takt.gateways.transfer.fields.kinds import FIELDS, field_of
from takt.gateways.transfer.fields.own import own_fields

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
    own = own_fields(kind)
    by_name = {f.name: f for f in own}
    known = {plain_heading(h): f.name for f in reversed(own) for h in (f.name, *f.headings.split("|"))}
    known |= _known[kind]
    for heading in header:
        name = known.get(plain_heading(heading))
        field = by_name.get(name) or field_of(kind, name) if name else None
        if field is None or (field.name in taken and not field.gathers):
            found.append(None)
        else:
            taken.add(field.name)
            found.append(field.name)
    return found
