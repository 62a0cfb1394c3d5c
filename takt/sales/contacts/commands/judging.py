"""How a company stands: its level and its classifiers, set by hand or by a rule."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from takt.kernel.access.reach import demand, touched
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Invalid
from takt.kernel.settings.models import Setting
from takt.sales.contacts import classifiers, events, rules, weights
from takt.sales.contacts.commands import companies as making
from takt.sales.contacts.commands import lookups
from takt.sales.contacts.models import Company, Standing


@command
def set_level(
    company: Any, level: str, *, reason: str, by: Actor, at: dt.datetime, version: int | None = None
) -> Company:
    """Give a company a level by hand, with a reason; no rule changes it until it is released."""
    row = Company.objects.locked(company, by=by, version=version)
    checks = Checks()
    if level not in dict(classifiers.LEVELS):
        checks.wrong("level", _("Choose A, B or C."), "unknown")
    why = checks.text("reason", reason, most=200, required=True)
    checks.finish()
    if (row.level, row.level_is_manual, row.level_reason) == (level, True, why):
        return row
    old, row.level, row.level_is_manual, row.level_reason = row.level, level, True, why
    touched(row, at)
    row.save()
    fact = events.CompanyLevelChanged(old=old, new=level, is_manual=True, message=why)
    record(fact, about=row, by=by, at=at)
    return row


@command
def release_level(company: Any, *, by: Actor, at: dt.datetime, version: int | None = None) -> Company:
    """Leave the level to the rule again: it stays as it is until the rule proposes another."""
    row = Company.objects.locked(company, by=by, version=version)
    if row.level_is_manual:
        row.level_is_manual, row.level_reason = False, ""
        touched(row, at)
        row.save()
        record(events.CompanyLevelReleased(level=row.level), about=row, by=by, at=at)
    return row


@command
def confirm_levels(companies: Iterable[Any], *, by: Actor, at: dt.datetime) -> int:
    """Give companies the levels that the rule proposes, all or none; levels set by hand stay. Answers how many changed.

    Needs the manager's word (domain spec 6.6).
    """
    demand(by, "confirm_levels")
    rows = [r for r in lookups.all_of(Company, companies, by) if not r.level_is_manual]
    proposed = dict(
        Standing.objects.filter(company__in=[r.pk for r in rows])
        .exclude(proposed_level="")
        .values_list("company_id", "proposed_level")
    )
    batch = uuid.uuid4()
    changed = [r for r in rows if proposed.get(r.pk, r.level) != r.level]
    for row in changed:
        fact = events.CompanyLevelChanged(old=row.level, new=proposed[row.pk], is_manual=False, message="")
        record(fact, about=row, by=by, at=at, batch=batch)
        row.level, row.level_reason = proposed[row.pk], ""
        touched(row, at)
    Company.objects.bulk_update(changed, ["level", "level_reason", "version", "updated_at"], batch_size=1000)
    return len(changed)


@command
def classify_companies(
    companies: Iterable[Any], changes: Mapping[str, Any], *, by: Actor, at: dt.datetime
) -> int:
    """Judge many companies alike, all or none; answers how many changed."""
    checks = Checks()
    for name in sorted(set(changes) - classifiers.ALL):
        checks.wrong(name[:80], _("There is no such field, or it can't be changed here."), "unknown_field")
    wanted = making.clean_classifiers(changes, checks)
    checks.finish()
    rows = lookups.all_of(Company, companies, by)
    batch = uuid.uuid4() if len(rows) > 1 else None
    changed = []
    for row in rows:
        found = [
            {"field": name, "old": getattr(row, name), "new": value}
            for name, value in wanted.items()
            if getattr(row, name) != value
        ]
        if not found:
            continue
        making.record_changes(row, found, by=by, at=at, batch=batch)
        for name, value in wanted.items():
            setattr(row, name, value)
        touched(row, at)
        changed.append(row)
    if wanted:
        Company.objects.bulk_update(changed, [*wanted, "version", "updated_at"], batch_size=1000)
    return len(changed)


@command
def weigh_cards(kind: str, given: Mapping[str, Any], *, by: Actor, at: dt.datetime) -> dict[str, int]:
    """Say what each part of a card weighs in its completeness; every card is reckoned anew."""
    demand(by, "administer")
    if kind not in rules.PARTS:
        raise Invalid.field("kind", _("There is no such kind of record."), "unknown")
    checks = Checks()
    known = rules.default_weights(kind)
    found = weights.weights_of(kind)
    for name in sorted(set(given) - set(known)):
        checks.wrong(name[:80], _("There is no such field, or it can't be changed here."), "unknown_field")
    for name in known:
        if name in given:
            found[name] = checks.percent(name, given[name]) or 0
    if not checks.problems and not sum(found.values()):
        checks.wrong("phones", _("Something must weigh more than nothing."), "nothing")
    checks.finish()
    row, _new = Setting.objects.update_or_create(
        key=weights.key_of(kind), defaults={"value": found, "changed_by": by.user, "changed_at": at}
    )
    weights.reweigh(kind)
    record(events.CompletenessWeighed(kind_of_record=kind, weights=found), about=row, by=by, at=at)
    return found
