"""What is known of the customer's need, money and decision, and of who else offers the same."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from takt.kernel.access.reach import touched
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.bulk import copy_rows
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.names import fold, sort_key
from takt.kernel.lib.refusals import Invalid
from takt.sales.deals import events
from takt.sales.deals.commands.creating import refuse_unless_known
from takt.sales.deals.commands.editing import refuse_unless_seen
from takt.sales.deals.commands.steps import subjects_of
from takt.sales.deals.models import Competitor, Deal, DealCompetitor, Qualification
from takt.sales.deals.rules_qualification import MEDDIC, QUESTIONS, score_of

MOST_COMPETITORS = 20
TEXTS = {"need_text": 5000, "timeframe": 120, "criteria_text": 5000}
MONEY = ("budget_from", "budget_to")
EDITABLE = frozenset({*QUESTIONS, *TEXTS, *MONEY, "evidence"})
LONGEST_EVIDENCE = 1000


@command
def qualify_deal(
    deal: Any,
    changes: Mapping[str, Any],
    *,
    by: Actor,
    at: dt.datetime,
    version: int | None = None,
    seen: Mapping[str, str] | None = None,
) -> Deal:
    """Answer BANT and MEDDIC questions (0 unknown, 1 partial, 2 confirmed) and write down need, budget and decision.

    `evidence` holds a note or a link for each MEDDIC question; those it doesn't name stay as they are. `seen` as in
    `edit_deal`.
    """
    deal = Deal.objects.locked(deal, by=by, version=version)
    refuse_unless_known(set(changes), set(EDITABLE))
    found = qualification_of(deal)
    refuse_unless_seen(deal, seen)
    checks = Checks()
    cleaned = {f: _read(f, value, found, checks) for f, value in changes.items()}
    low, high = (cleaned.get(f, getattr(found, f)) for f in MONEY)
    if low is not None and high is not None and low > high:
        checks.wrong("budget_to", _("The budget can't end below where it begins."), "out_of_range")
    checks.finish()
    noted = [
        {"field": f, "old": _told(getattr(found, f)), "new": _told(value)}
        for f, value in cleaned.items()
        if f != "evidence" and getattr(found, f) != value
    ]
    if "evidence" in cleaned:
        noted += [
            {"field": f"evidence.{q}", "old": found.evidence.get(q), "new": cleaned["evidence"].get(q)}
            for q in MEDDIC
            if found.evidence.get(q) != cleaned["evidence"].get(q)
        ]
    if not noted:
        return deal
    for field, value in cleaned.items():
        setattr(found, field, value)
    found.save()
    _written(deal, at)
    score = score_of({q: getattr(found, q) for q in QUESTIONS})
    fact = events.DealQualified(changes=noted, bant=score.bant, meddic=score.meddic)
    record(fact, about=subjects_of(deal), by=by, at=at)
    return deal


@command
def set_competitors(
    deal: Any,
    names: Iterable[Any],
    *,
    are_none: bool = False,
    by: Actor,
    at: dt.datetime,
    version: int | None = None,
    seen: Mapping[str, str] | None = None,
) -> Deal:
    """Name everybody who competes for the deal, or say that there is nobody; a name not known yet joins the list."""
    deal = Deal.objects.locked(deal, by=by, version=version)
    refuse_unless_seen(deal, seen)
    wanted = _named(names)
    if wanted and are_none:
        raise Invalid.field("competitors", _("Name competitors, or say that there are none, not both."))
    found = qualification_of(deal)
    rows = {link.competitor_id: link for link in deal.rivals.select_related("competitor")}
    old = sorted(str(link.competitor) for link in rows.values())
    known = _known(wanted)
    new = sorted(c.name for c in known)
    if old == new and found.has_no_competitors == are_none:
        return deal
    ids = {c.pk for c in known}
    deal.rivals.exclude(competitor__in=ids).delete()
    DealCompetitor.objects.bulk_create(
        DealCompetitor(deal=deal, competitor=c) for c in known if c.pk not in rows
    )
    # The row stands even where it says nothing else: the page looks for competitors only beside it.
    found.has_no_competitors = are_none
    found.save()
    _written(deal, at)
    fact = events.DealCompetitorsSet(old=old, new=new, are_none=are_none)
    record(fact, about=subjects_of(deal), by=by, at=at)
    return deal


def link_competitors(named: Iterable[tuple[int, str]]) -> list[tuple[int, int]]:
    """Deals, by number, stand with those to whom they were lost; answers the links that are new."""
    pairs = [(deal, fold(name)[:200], name.strip()[:120]) for deal, name in named if name.strip()]
    if not pairs:
        return []
    known = {c.key: c.pk for c in _known({f"={key}": name for _deal, key, name in reversed(pairs)})}
    links = dict.fromkeys((deal, known[key]) for deal, key, _name in pairs)
    deals = [deal for deal, _key, _name in pairs]
    there = set(DealCompetitor.objects.filter(deal__in=deals).values_list("deal_id", "competitor_id"))
    new = [link for link in links if link not in there]
    copy_rows("deal_competitor", ["deal_id", "competitor_id"], new)
    Qualification.objects.filter(deal__in=deals, has_no_competitors=True).update(has_no_competitors=False)
    return new


def qualification_of(deal: Deal) -> Qualification:
    """What is kept of the deal, or a blank not yet written."""
    return Qualification.objects.filter(deal=deal).first() or Qualification(deal=deal)


def _written(deal: Deal, at: dt.datetime) -> None:
    touched(deal, at)
    deal.last_activity_at = max(deal.last_activity_at, at)
    deal.save(update_fields=["version", "updated_at", "last_activity_at"])


def _read(field: str, value: Any, found: Qualification, checks: Checks) -> Any:
    if field in TEXTS:
        return checks.text(field, value, most=TEXTS[field])
    if field in MONEY:
        return checks.amount(field, value)
    if field == "evidence":
        return _evidence(value, found, checks)
    text = str(value if value not in (None, "") else 0)
    if isinstance(value, bool) or text not in {"0", "1", "2"}:
        checks.wrong(field, _("Answer 0 unknown, 1 partial or 2 confirmed."), "out_of_range")
        return 0
    return int(text)


def _evidence(value: Any, found: Qualification, checks: Checks) -> dict[str, str]:
    kept = dict(found.evidence)
    if not isinstance(value, Mapping):
        checks.wrong("evidence", _("Give a note or a link for each question."))
        return kept
    for question, note in value.items():
        if question not in MEDDIC:
            checks.wrong(f"evidence.{str(question)[:40]}", _("There is no such question."), "unknown_field")
            continue
        kept[question] = checks.text(f"evidence.{question}", note, most=LONGEST_EVIDENCE)
    return {q: note for q, note in kept.items() if note}


def _told(value: Any) -> Any:
    return value if value is None or isinstance(value, int | str) else str(value)


def _named(names: Iterable[Any]) -> dict[str, Any]:
    """Each name once, whatever its letters' case; a number is a competitor of the list."""
    checks = Checks()
    wanted: dict[str, Any] = {}
    for given in names:
        if isinstance(given, Competitor | int):
            wanted[f"#{getattr(given, 'pk', given)}"] = given
            continue
        text = checks.text("competitors", given, most=120)
        if text:
            wanted.setdefault(f"={fold(text)[:200]}", text)
    if len(wanted) > MOST_COMPETITORS:
        checks.wrong(
            "competitors", _("At most %(most)d competitors.") % {"most": MOST_COMPETITORS}, "too_many"
        )
    checks.finish()
    return wanted


def _known(wanted: Mapping[str, Any]) -> list[Competitor]:
    """The rows of these names; new ones are written."""
    ids = [int(key[1:]) for key in wanted if key.startswith("#")]
    found = {c.pk: c for c in Competitor.objects.filter(pk__in=[i for i in ids if 0 < i < 2**63])}
    if any(i not in found for i in ids):
        raise Invalid.field("competitors", _("There is no such competitor."), "unknown")
    fresh = {key[1:]: name for key, name in wanted.items() if key.startswith("=")}
    Competitor.objects.bulk_create(
        [Competitor(name=n, key=key, sort_key=sort_key(n)) for key, n in sorted(fresh.items())],
        ignore_conflicts=True,
    )
    by_name = Competitor.objects.filter(key__in=list(fresh))
    return list((found | {c.pk: c for c in by_name}).values())
