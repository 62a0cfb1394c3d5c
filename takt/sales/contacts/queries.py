"""Reads over companies and people: duplicates, typeahead, card completeness."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.contrib.postgres.search import TrigramSimilarity
from django.db import connection
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from takt.kernel.accounts.models import User
from takt.kernel.lib.names import fold, grams
from takt.kernel.lib.refusals import Invalid
from takt.kernel.lib.search import matching
from takt.kernel.lists.asking import Asked, asked
from takt.kernel.lists.keyset import cursor_after
from takt.kernel.lists.spec import ListSpec
from takt.sales.contacts import rules, weights
from takt.sales.contacts.models import Company, Contact, Employment, Merge, Twins

MOST_CANDIDATES = 60
MOST_SHOWN = 5


@dataclass(frozen=True)
class Duplicate:
    """A record that may be the same customer: `exact` by phone, e-mail or tax number, else `similar` by name."""

    level: str
    record: Company | Contact
    why: str

    @property
    def kind(self) -> str:
        return str(self.record._meta.model_name)

    @property
    def url(self) -> str:
        return f"/{'companies' if self.kind == 'company' else 'contacts'}/{self.record.pk}"


def duplicates_of(
    *,
    user: User | None,
    name: str = "",
    phones: Iterable[Any] = (),
    emails: Iterable[Any] = (),
    tax_id: str = "",
    region: str = "",
    kind: str = "company",
    without: tuple[str, int] | None = None,
) -> list[Duplicate]:
    """What the user may see that looks like this customer, exact matches first (domain spec 5.4).

    Nothing is said about records hidden from him. Names are compared among records of `kind` only.
    `without` is the record itself, where one is being edited.
    """
    country = rules.region_of(settings.LANGUAGE_CODE)
    numbers = {n for p in phones if p and (n := rules.normal_phone(str(p)[:60], country))}
    addresses = {a for e in emails if e and (a := rules.normal_email(str(e)))}
    found: dict[tuple[str, int], Duplicate] = {}
    for model in (Company, Contact):
        for row, why in _exact(model, user, numbers, addresses, tax_id):
            duplicate = Duplicate("exact", row, why)
            found.setdefault((duplicate.kind, row.pk), duplicate)
    for row in _similar(Company if kind == "company" else Contact, user, name, region):
        duplicate = Duplicate("similar", row, _("The name is nearly the same"))
        found.setdefault((duplicate.kind, row.pk), duplicate)
    found.pop(without, None)  # type: ignore[arg-type]
    return list(found.values())[:MOST_SHOWN]


def _exact(
    model: Any,
    user: User | None,
    numbers: set[str],
    addresses: set[str],
    tax_id: str,
) -> Iterable[tuple[Any, str]]:
    rows = model.objects.visible_to(user).select_related("owner")
    if numbers:
        for row in rows.filter(phones__number__in=numbers).order_by("id").distinct()[:MOST_SHOWN]:
            yield row, _("The phone number is the same")
    if addresses:
        for row in rows.filter(emails__address__in=addresses).order_by("id").distinct()[:MOST_SHOWN]:
            yield row, _("The e-mail address is the same")
    wanted = tax_id.strip()
    if model is Company and wanted and "\x00" not in wanted:
        same = {wanted, rules.normal_tax_id(wanted)}
        for row in rows.filter(tax_id__in=same).order_by("id")[:MOST_SHOWN]:
            yield row, _("The tax number is the same")


def _similar(
    model: type[Company] | type[Contact], user: User | None, name: str, region: str
) -> list[Company | Contact]:
    key = rules.twin_key(name[:200].replace("\x00", ""))
    if len(key) < 2:
        return []
    near = Q(twin_key__trigram_similar=key)
    if pairs := _pairs(name):
        near |= Q(search_grams__overlap=pairs)
    rows = model.objects.visible_to(user).filter(near).select_related("owner")
    likest = rows.annotate(likeness=TrigramSimilarity("twin_key", key)).order_by("-likeness", "id")
    alike = [
        (rules.similarity(name, row.name), row)
        for row in likest[:MOST_CANDIDATES]
        if rules.is_similar(name, row.name, region=region, other_region=getattr(row, "region", ""))
    ]
    alike.sort(key=lambda pair: (-pair[0], pair[1].pk))
    return [row for _likeness, row in alike[:MOST_SHOWN]]


def _pairs(name: str) -> list[str]:
    """The pairs of Chinese characters in a name: its sound alone is too little to find it by."""
    return [g for g in grams(rules.bare_name(name[:200])) if len(g) == 2]


def pick[M: (Company, Contact)](rows: QuerySet[M], q: str, limit: int = 20) -> list[M]:
    """The records whose words contain what was typed; those that begin with it first."""
    words = q.strip()[:200]
    if "\x00" in words:
        return []
    if not words:
        return list(rows.order_by("sort_key", "id")[:limit])
    start = fold(words)
    found = list(
        rows.filter(Q(sort_key__startswith=start) & matching(words)).order_by("sort_key", "id")[:limit]
    )
    if len(found) < limit:
        known = [r.pk for r in found]
        more = rows.filter(matching(words)).exclude(pk__in=known).order_by("sort_key", "id")
        found += list(more[: limit - len(found)])
    return found


def completeness_of(record: Company | Contact) -> rules.Completeness:
    """How complete a card is, and what is missing; the audit asks for 80 (domain spec 7, A6)."""
    return weights.completeness_of(record, record.phones.exists(), record.emails.exists())


def visible_company(user: User | None, number: int | None) -> Company | None:
    """The company, where there is one and the user may see it."""
    return Company.objects.visible_to(user).filter(pk=number).first() if number else None


@dataclass(frozen=True)
class Stay:
    """A person with a company, from when until when; `until` None: still there."""

    contact: int
    contact_name: str
    company: int | None
    company_name: str
    position: str
    since: dt.date | None
    until: dt.date | None
    reason: str


MOST_STAYS = 100


def places_of(contact: Contact, user: User | None) -> list[Stay]:
    """Where a person works and worked, the present place first; a hidden company has neither number nor name."""
    rows = list(
        Employment.objects.filter(contact=contact.pk)
        .order_by("-until", "-id")
        .values_list("company_id", "position", "since", "until", "reason")[:MOST_STAYS]
    )
    asked = {r[0] for r in rows} | ({contact.company_id} if contact.company_id else set())
    seen = Company.objects.visible_to(user).filter(pk__in=asked)
    names = dict(seen.values_list("pk", "name"))

    def stay(company: int, *rest: Any) -> Stay:
        known = company if company in names else None
        return Stay(contact.pk, contact.name, known, names.get(company, ""), *rest)

    here = (
        [stay(contact.company_id, contact.position, contact.company_since, None, "")]
        if contact.company_id
        else []
    )
    return here + [stay(*row) for row in rows]


def former_people(company: Company, user: User | None) -> list[Stay]:
    """Who worked at a company before, the last to leave first; only people whom the user may see."""
    seen = Contact.objects.visible_to(user).filter(employments__company=company.pk)
    rows: Any = seen.order_by("-employments__until", "-employments__id").values_list(
        "pk",
        "name",
        "employments__position",
        "employments__since",
        "employments__until",
        "employments__reason",
    )[:MOST_STAYS]
    return [Stay(pk, name, company.pk, company.name, *rest) for pk, name, *rest in rows]


@dataclass(frozen=True)
class Branch:
    """A company in the tree of a group: how deep it stands below its head."""

    id: int
    name: str
    depth: int


MOST_BRANCHES = 200
_TREE = """
WITH RECURSIVE above AS (
    SELECT id, parent_id, 0 AS steps FROM company WHERE id = %(company)s
    UNION ALL SELECT c.id, c.parent_id, a.steps + 1 FROM company c
    JOIN above a ON c.id = a.parent_id WHERE a.steps < 20 AND c.id IN ({seen})
), head AS (SELECT id FROM above ORDER BY steps DESC LIMIT 1),
tree AS (
    SELECT id, sort_key, name, 0 AS depth, ARRAY[sort_key, id::text] AS place FROM company
    WHERE id = (SELECT id FROM head)
    UNION ALL SELECT c.id, c.sort_key, c.name, t.depth + 1, t.place || c.sort_key || c.id::text FROM company c
    JOIN tree t ON c.parent_id = t.id WHERE t.depth < 20 AND c.id IN ({seen})
)
SELECT id, name, depth FROM tree ORDER BY place LIMIT {most}
"""


def group_of(company: Company, user: User | None) -> list[Branch]:
    """The companies above and below this one as a tree, as far as the user sees them; empty where it stands alone."""
    rows = Company.objects.visible_to(user).order_by().values("id")
    seen, values = rows.query.sql_with_params()
    named = {f"v{n}": value for n, value in enumerate(values)}
    condition = seen % tuple(f"%({name})s" for name in named)
    with connection.cursor() as cursor:
        cursor.execute(_TREE.format(seen=condition, most=MOST_BRANCHES), {"company": company.pk, **named})
        found = [Branch(*row) for row in cursor.fetchall()]
    return found if len(found) > 1 else []


def beside(
    spec: ListSpec, rows: QuerySet[Any], record: Any, user: User, query: str
) -> tuple[int | None, int | None]:
    """The records before and after this one in the list that it was opened from, by the list's `query`."""
    try:
        ask = asked(spec, QueryDict(query), user, blanks=True)
    except Invalid:
        ask = asked(spec, {}, user)
    order = ask.order
    turned = replace(ask, sort=order.word[1:] if order.is_descending else f"-{order.word}")
    found = ask.apply(rows)
    # Empty values stand last in either direction: before the first of them is the last that has a value.
    valued = found.filter(**{f"{order.path}__isnull": False})
    if getattr(record, order.path) is None:
        previous = _next(turned, found, record) or _next(turned, valued)
    else:
        previous = _next(turned, valued, record)
    return previous, _next(ask, found, record)


def _next(ask: Asked, rows: QuerySet[Any], after: Any = None) -> int | None:
    place = replace(ask, cursor=cursor_after(after, ask.order) if after else "", limit=1)
    return next((row.id for row in place.page(rows, fields=("id",)).rows), None)


_MERGED = """
WITH RECURSIVE merged AS (
    SELECT id FROM {kind} WHERE merged_into_id = %s
    UNION SELECT further.id FROM {kind} further JOIN merged ON further.merged_into_id = merged.id
) SELECT id FROM merged ORDER BY id
"""


def merged_into(kind: str, number: int) -> list[int]:
    """The records that have become this one, one after the other."""
    if kind not in {"company", "contact"}:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_MERGED.format(kind=kind), [number])
        return [row[0] for row in cursor.fetchall()]


def became(model: type[Company] | type[Contact], number: int, user: User | None) -> int | None:
    """The key of the record that a merged one has become, where the user may see that one."""
    if not 0 < number < 2**63:
        return None
    at = number
    for _step in range(20):
        row = model.objects.filter(pk=at).values_list("merged_into_id", "deleted_at").first()
        if row is None:
            return None
        if row[0] is None:
            break
        at = row[0]
    is_seen = at != number and model.objects.visible_to(user).filter(pk=at).exists()
    return at if is_seen else None


@dataclass(frozen=True)
class Merged:
    """A merge that can be taken back: its number, who was merged, when and by whom."""

    id: int
    name: str
    at: dt.datetime
    by: str


def merges_of(kind: str, survivor: int) -> list[Merged]:
    """The merges into a record that stand, the latest first."""
    rows = list(
        Merge.objects.filter(kind=kind, survivor=survivor, undone_at=None)
        .select_related("by")
        .order_by("-pk")
    )
    if not rows:
        return []
    model = Company if kind == "company" else Contact
    names = dict(model.objects.filter(pk__in=[row.loser for row in rows]).values_list("pk", "name"))
    return [Merged(r.pk, names.get(r.loser, ""), r.at, r.by.name if r.by else "") for r in rows]


_TWINS = """
SELECT t.id, t.one, t.other, t.why, t.likeness, a.name, b.name
FROM customer_twins t
JOIN ({seen}) a ON a.id = t.one JOIN ({seen}) b ON b.id = t.other
WHERE t.kind = %s {after}
  AND NOT EXISTS (
      SELECT 1 FROM customer_distinct d WHERE d.kind = t.kind AND d.one = t.one AND d.other = t.other
  )
ORDER BY t.likeness DESC, t.id DESC LIMIT %s
"""


@dataclass(frozen=True)
class Pair:
    """Two records that may be one customer, as the queue shows them."""

    id: int
    one: int
    other: int
    why: str
    likeness: float
    one_name: str
    other_name: str

    @property
    def is_exact(self) -> bool:
        return self.why != Twins.Why.NAME

    @property
    def reason(self) -> str:
        return str(Twins.Why(self.why).label)

    @property
    def cursor(self) -> str:
        return f"{self.likeness!r}_{self.id}"


def twins_for(kind: str, user: User, *, after: str = "", limit: int = 50) -> list[Pair]:
    """The pairs of which the user may see both and that nobody has kept apart; the surest first."""
    model = Company if kind == "company" else Contact
    seen, values = model.objects.visible_to(user).order_by().values("id", "name").query.sql_with_params()
    place, more = _place(after)
    sql = _TWINS.format(seen=seen, after=place)
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, *values, kind, *more, limit])
        rows = cursor.fetchall()
    return [Pair(r[0], r[1], r[2], r[3], r[4], r[5], r[6]) for r in rows]


def _place(after: str) -> tuple[str, list[Any]]:
    likeness, _sep, number = after.partition("_")
    try:
        return "AND (t.likeness, t.id) < (%s, %s)", [float(likeness), min(int(number), 2**63 - 1)]
    except ValueError:
        return "", []
