"""Who competes for a deal: a list that grows by typing."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.bulk import copy_rows
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.names import sort_key
from takt.sales.deals import events
from takt.sales.deals.models import Competitor, Deal, DealCompetitor

LONGEST = 120
MOST = 20


def known(names: Iterable[str]) -> dict[str, Competitor]:
    """Competitors by their names in small letters."""
    wanted = {n.lower() for n in names}
    return {c.name.lower(): c for c in Competitor.objects.all() if c.name.lower() in wanted}


@command
def competitors_named(given: Sequence[Any], *, by: Actor, at: dt.datetime) -> list[Competitor]:
    """Competitors by number or name; a name that isn't on the list is added to it."""
    checks = Checks()
    texts = [str(getattr(g, "pk", g)).strip() for g in given]
    if len(texts) > MOST:
        checks.wrong("competitors", _("At most %(most)d competitors.") % {"most": MOST}, "too_many")
    numbers = {t: int(t) for t in texts if t.isascii() and t.isdigit() and int(t) < 2**63}
    by_number = Competitor.objects.in_bulk(set(numbers.values()))
    names = [checks.text("competitors", t, most=LONGEST) for t in texts if t and t not in numbers]
    if any(n not in by_number for n in numbers.values()):
        checks.wrong("competitors", _("There is no such competitor."), "unknown")
    checks.finish()
    by_name = known(names)
    for name in names:
        if name.lower() not in by_name:
            row = Competitor.objects.create(name=name, sort_key=sort_key(name))
            record(events.CompetitorAdded(name=name), about=("competitor", row.pk), by=by, at=at)
            by_name[name.lower()] = row
    found = [by_number[numbers[t]] if t in numbers else by_name[t.lower()] for t in texts if t]
    return list(dict.fromkeys(found))


def rivals_of(deal: Deal) -> list[Competitor]:
    return list(Competitor.objects.filter(deals__deal=deal).order_by("sort_key", "id"))


def set_rivals(deal: Deal, wanted: Sequence[Competitor]) -> None:
    """Make these, and no others, the deal's competitors."""
    DealCompetitor.objects.filter(deal=deal).exclude(competitor__in=wanted).delete()
    there = set(DealCompetitor.objects.filter(deal=deal).values_list("competitor_id", flat=True))
    DealCompetitor.objects.bulk_create(
        DealCompetitor(deal=deal, competitor=c) for c in wanted if c.pk not in there
    )


def link_names(pairs: Sequence[tuple[int, str]], *, by: Actor, at: dt.datetime) -> list[tuple[int, int]]:
    """Link deals, by number, with competitors as a file names them; answers the links that are new."""
    pairs = [(deal, name.strip()) for deal, name in pairs if name.strip()]
    if not pairs:
        return []
    rows = {}
    for name in dict.fromkeys(name for _deal, name in pairs):
        if name.lower() not in rows:
            rows[name.lower()] = competitors_named_once(name, by=by, at=at)
    wanted = dict.fromkeys((deal, rows[name.lower()]) for deal, name in pairs)
    there = set(
        DealCompetitor.objects.filter(deal__in=[d for d, _n in pairs]).values_list("deal_id", "competitor_id")
    )
    new = [link for link in wanted if link not in there]
    copy_rows("deal_competitor", ["deal_id", "competitor_id"], new)
    return new


def competitors_named_once(name: str, *, by: Actor, at: dt.datetime) -> int:
    """The number of one competitor by name, whatever the name looks like; added where it isn't known."""
    row = Competitor.objects.filter(name__iexact=name[:LONGEST]).first()
    if row is None:
        row = Competitor.objects.create(name=name[:LONGEST], sort_key=sort_key(name[:LONGEST]))
        record(events.CompetitorAdded(name=row.name), about=("competitor", row.pk), by=by, at=at)
    return int(row.pk)
