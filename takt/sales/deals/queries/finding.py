"""Deals and tasks by words, for the one search box and for lists."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Case, Exists, F, Func, OuterRef, Q, TextField, Value, When
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan
from django.utils import timezone

from takt.kernel.access.reach import owners_within
from takt.kernel.accounts.models import User
from takt.kernel.lib.search import Wanted, escaped, is_chinese, matching, wanted
from takt.kernel.lists.finding import Ordered, candidates, nearness
from takt.kernel.lists.search import Hit
from takt.kernel.ui import formats
from takt.sales.activities.models import Task
from takt.sales.contacts.models import Company, Contact
from takt.sales.deals.models import Deal, DealContact

LATEST = Ordered(all="last_activity_at DESC, id DESC", of_owner="last_activity_at DESC, id DESC")
NEAREST_TASKS = 3000
_STANDING = (
    "id",
    "name",
    "seen_company",
    "amount",
    "currency",
    "status",
    "stage__name",
    "owner_id",
    "last_activity_at",
)


def holding(query: str | Wanted, user: User | None) -> Q:
    """Deals that hold every word: in their own name, or in that of a customer whom the reader may see.

    A deal's search words hold its customers' names, so that one index answers; who may not see a customer must not
    find his deals by it either, so for those the names are looked at again.
    """
    looked_for = wanted(query) if isinstance(query, str) else query
    condition = matching(looked_for)
    if all(owners_within(user, kind) is None for kind in ("company", "contact")):
        return condition
    return condition & _seen_words(looked_for, user)


def _seen_words(looked_for: Wanted, user: User | None) -> Q:
    companies = Company.objects.visible_to(user).filter(pk=OuterRef("company_id"))
    people = Contact.objects.visible_to(user)
    anyhow = Q()
    for reading in looked_for.readings:
        every = Q()
        for word in reading:
            either = Q()
            for spelling in word:
                either |= _own(spelling)
                held = matching(Wanted(spelling, (((spelling,),),)))
                parts = DealContact.objects.filter(deal=OuterRef("pk"), contact__in=people.filter(held))
                either |= Q(Exists(companies.filter(held))) | Q(Exists(parts))
            every &= either
        anyhow |= every
    return anyhow


def _own(spelling: str) -> Q:
    """The deal's name holds it: as it is written, or a Chinese one as it is typed, by sounds or their first letters."""
    if is_chinese(spelling):
        return Q(name__contains=spelling)
    sounds = GreaterThan(StrIndex(_JOINED, Value(spelling)), 0)
    letters = GreaterThan(StrIndex(_INITIALS, Value(spelling)), 0)
    is_spelt = ~Q(search_grams=[])
    return Q(sort_key__contains=spelling) | is_spelt & (Q(sounds) | Q(letters))


_JOINED = Func(F("sort_key"), Value(" "), Value(""), function="replace", output_field=TextField())
_INITIALS = Func(
    F("sort_key"),
    Value(r"(\w)\w*\s*"),
    Value(r"\1"),
    Value("g"),
    function="regexp_replace",
    output_field=TextField(),
)


def _shown(user: User | None) -> Any:
    owners = owners_within(user, "company")
    seen = Q(company__isnull=False, company__deleted_at=None)
    if owners is not None:
        mine = Q(company__owner__in=sorted(owners))
        seen &= mine | Q(company__owner=None) if owners else mine
    company = Case(When(seen, then=F("company__name")), default=Value(""))
    return Deal.objects.visible_to(user).annotate(seen_company=company)


def _standing(user: User | None) -> Any:
    return _shown(user).values_list(*_STANDING)


def find_deals(user: User, looked_for: Wanted, limit: int) -> list[Hit]:
    """The nearest names first, open before closed, one's own before others', the latest at work before older ones."""
    rows = Deal.objects.visible_to(user)
    also = None
    if any(owners_within(user, kind) is not None for kind in ("company", "contact")):
        number = int(looked_for.digits or 0)
        also = _seen_words(looked_for, user) | Q(pk=min(number, 2**62))
    found = candidates(
        _standing, rows, user, looked_for, order=LATEST, limit=limit * 2, by_key=True, also=also
    )
    ranked = sorted(
        found,
        key=lambda d: (
            str(d[0]) != looked_for.digits,
            nearness(d[1], looked_for),
            d[5] != Deal.Status.OPEN,
            d[7] != user.pk,
            -d[8].timestamp(),
        ),
    )
    return [_hit(row) for row in ranked[:limit]]


def known_deals(user: User, keys: list[int]) -> dict[int, Hit]:
    rows = _shown(user).filter(pk__in=keys).values_list(*_STANDING)
    return {row[0]: _hit(row) for row in rows}


def _hit(row: tuple[Any, ...]) -> Hit:
    pk, name, company, amount, currency, status, stage, _owner, _at = row
    is_open = status == Deal.Status.OPEN
    chip = stage if is_open else str(Deal.Status(status).label)
    tone = "line" if is_open else "good" if status == Deal.Status.WON else "late"
    return Hit(name, company, f"/deals/{pk}", formats.money(amount, currency), chip, tone)


def find_tasks(user: User, looked_for: Wanted, limit: int) -> list[Hit]:
    """Open tasks whose title has the words, the next due first: of the person's own, the nearest thousands."""
    anyhow, params = [], []
    for reading in looked_for.readings:
        every = []
        for word in reading:
            every.append("(" + " OR ".join(["lower(t.title) LIKE %s"] * len(word)) + ")")
            params += [f"%{escaped(spelling)}%" for spelling in word]
        anyhow.append(" AND ".join(every))
    own = Task.objects.filter(assignee=user, deleted_at=None).open().order_by("due_at", "id")
    nearest, values = own.values("id", "title")[:NEAREST_TASKS].query.sql_with_params()
    keys = f"task.id = ANY(ARRAY(SELECT t.id FROM ({nearest}) t WHERE {' OR '.join(anyhow)} LIMIT {limit:d}))"
    found = Task.objects.visible_to(user).extra(where=[keys], params=[*values, *params])
    return _tasks(found.order_by("due_at", "id").values_list("id", "title", "due_at"))


def known_tasks(user: User, keys: list[int]) -> dict[int, Hit]:
    rows = list(Task.objects.visible_to(user).filter(pk__in=keys).values_list("id", "title", "due_at"))
    return dict(zip((row[0] for row in rows), _tasks(rows), strict=True))


def _tasks(rows: Iterable[tuple[int, str, Any]]) -> list[Hit]:
    now = timezone.now()
    return [Hit(title, "", f"/tasks/{pk}", formats.due(due_at, now)) for pk, title, due_at in rows]
