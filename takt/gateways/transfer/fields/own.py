"""One's own fields as what a column of a file may mean."""

from takt.gateways.transfer.fields.field import Field
from takt.kernel.fields.models import FieldDefinition, FieldKind
from takt.kernel.fields.queries import fields_in_use

ENTITIES = {"companies": "company", "contacts": "contact", "deals": "deal", "products": "product"}
KINDS = {
    FieldKind.NUMBER: "number",
    FieldKind.DATE: "date",
    FieldKind.DATETIME: "datetime",
    FieldKind.YES_NO: "bool",
}


def own_definitions(kind: str) -> list[FieldDefinition]:
    return fields_in_use(ENTITIES[kind]) if kind in ENTITIES else []


def own_fields(kind: str) -> list[Field]:
    """The fields in use, found under their name, and under how programs call them."""
    return [
        Field(
            d.column,
            d.name,
            kind=KINDS.get(FieldKind(d.kind), "text"),
            most=20_000,
            headings="|".join([d.slug, d.name.replace("|", " ")]),
        )
        for d in own_definitions(kind)
    ]
