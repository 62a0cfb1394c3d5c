"""What each part of a card weighs in its completeness, and completeness as the database reckons it."""

from collections.abc import Iterable

from django.db import connection

from takt.kernel.settings.models import Setting
from takt.sales.contacts import rules
from takt.sales.contacts.models import Company, Contact

_IS_FILLED = {
    "phones": "EXISTS (SELECT 1 FROM phone p WHERE p.{kind}_id = c.id)",
    "emails": "EXISTS (SELECT 1 FROM email e WHERE e.{kind}_id = c.id)",
    "source": "c.source_id IS NOT NULL",
    "company": "c.company_id IS NOT NULL",
}


def key_of(kind: str) -> str:
    return f"completeness.{kind}"


def weights_of(kind: str) -> dict[str, int]:
    """The weights that hold: the organisation's, or the defaults."""
    found = Setting.objects.filter(key=key_of(kind)).values_list("value", flat=True).first()
    return {**rules.default_weights(kind), **(found or {})}


def completeness_of(
    record: Company | Contact, phones: object, emails: object, weights: rules.Weights | None = None
) -> rules.Completeness:
    """How complete the card of a record with these phones and e-mails is."""
    filled: dict[str, object] = {"phones": phones, "emails": emails, "source": record.source_id}
    if isinstance(record, Company):
        kind = "company"
        filled |= {f: getattr(record, f) for f in ("industry", "region", "website", "tax_id", "address")}
    else:
        kind = "contact"
        filled |= {"company": record.company_id, "position": record.position}
    return rules.completeness(kind, filled, weights or weights_of(kind))


def completeness_sql(kind: str) -> str:
    """Completeness of the row `c` as an expression; the weights are numbers of our own."""
    weights = weights_of(kind)
    whole = sum(weights[name] for name, _label, _default in rules.PARTS[kind])
    if not whole:
        return "100"
    terms = [
        f"CASE WHEN {_IS_FILLED.get(name, f"c.{name} <> ''").format(kind=kind)} THEN {int(weights[name])} ELSE 0 END"
        for name, _label, _default in rules.PARTS[kind]
    ]
    return f"100 * ({' + '.join(terms)}) / {whole}"


def reweigh(kind: str, ids: Iterable[int] | None = None) -> int:
    """Reckon completeness anew, of some records or of all; answers how many changed."""
    expression = completeness_sql(kind)
    some = "AND c.id = ANY(%s)" if ids is not None else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {kind} c SET completeness = {expression} WHERE completeness <> {expression} {some}",
            [list(ids)] if ids is not None else [],
        )
        return int(cursor.rowcount)
