"""The rules about customers: set by an administrator, carried out when something happens."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from takt.kernel.access.reach import demand
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Invalid, NotFound
from takt.kernel.settings.models import Setting
from takt.sales.contacts.classifiers import BY_NAME
from takt.sales.contacts.commands import classify_companies
from takt.sales.contacts.models import Company
from takt.sales.customers import events, rules
from takt.sales.customers.models import JudgingRule
from takt.sales.customers.parameters import held, setting_of
from takt.sales.deals.models import Deal, LossReason


@command
def change_rule(key: str, given: Mapping[str, Any], *, by: Actor, at: dt.datetime) -> dict[str, Any]:
    """Set the mode, the start or the numbers of a rule; what isn't given stays. Answers what holds now."""
    demand(by, "administer")
    if key not in rules.RULES:
        raise Invalid.field("key", _("There is no such setting."), "unknown")
    rule = rules.RULES[key]
    old = held(key).values
    checks, new = Checks(), dict(old)
    for name in sorted(set(given) - set(old)):
        checks.wrong(name[:80], _("There is no such setting."), "unknown")
    if "mode" in given:
        new["mode"] = given["mode"]
        if new["mode"] not in dict(rules.MODES):
            checks.wrong("mode", _("Choose off, warn or enforce."), "unknown")
    if "from" in given:
        day = checks.day("from", given["from"])
        new["from"] = day.isoformat() if day else ""
    if rule.has_basis and "by" in given:
        new["by"] = given["by"]
        if new["by"] not in dict(rules.BASES):
            checks.wrong("by", _("Choose what the level follows from."), "unknown")
    for number in rule.numbers:
        if number.name in given:
            new[number.name] = _whole(number, given[number.name], checks)
    if not checks.problems and key == "levels" and new["b_from"] > new["a_from"]:
        checks.wrong("b_from", _("B can't begin above A."), "contradicts")
    checks.finish()
    if new == old:
        return old
    row, _new = Setting.objects.update_or_create(
        key=setting_of(key), defaults={"value": new, "changed_by": by.user, "changed_at": at}
    )
    record(events.CustomerRuleChanged(key=key, old=old, new=new), about=row, by=by, at=at)
    return new


def _whole(number: rules.Number, given: Any, checks: Checks) -> int:
    text = str(given).strip()
    if not (text.isascii() and text.isdigit() and number.least <= int(text[:12]) <= number.most):
        sentence = _("Enter a whole number from %(least)d to %(most)d.")
        checks.wrong(number.name, sentence % {"least": number.least, "most": number.most}, "out_of_range")
        return number.default
    return int(text)


@command
def add_judging_rule(
    trigger: str, classifier: str, value: str, *, reason: str = "", by: Actor, at: dt.datetime
) -> JudgingRule:
    """When a deal is won or lost (for a `reason`, or any), the company's classifier gets this value."""
    demand(by, "administer")
    checks = Checks()
    if trigger not in JudgingRule.Trigger.values:
        checks.wrong("trigger", _("Choose what happens."), "unknown")
    if classifier not in BY_NAME:
        checks.wrong("classifier", _("There is no such field, or it can't be changed here."), "unknown_field")
    elif value and value not in dict(BY_NAME[classifier].choices):
        checks.wrong("value", _("Choose one of the values offered."), "unknown")
    if reason and trigger != "lost":
        checks.wrong("reason", _("Only a lost deal has a reason."), "contradicts")
    elif reason and ("\x00" in reason or not LossReason.objects.filter(slug=reason).exists()):
        checks.wrong("reason", _("There is no such reason."), "unknown")
    known = JudgingRule.objects.filter(trigger=trigger, reason=reason, classifier=classifier)
    if not checks.problems and known.exists():
        checks.wrong("classifier", _("There is a rule for this already."), "twice")
    checks.finish()
    row = JudgingRule.objects.create(trigger=trigger, reason=reason, classifier=classifier, value=value)
    fact = events.JudgingRuleAdded(trigger=trigger, reason=reason, classifier=classifier, value=value)
    record(fact, about=row, by=by, at=at)
    return row


# What a won or lost deal says of its customer, until an administrator decides otherwise.
DEFAULT_JUDGING = (
    ("won", "", "last_result", "good"),
    ("won", "", "last_result_reason", ""),
    ("won", "", "refusal_reason", ""),
    ("lost", "", "last_result", "bad"),
    ("lost", "", "last_result_reason", "other"),
    ("lost", "", "refusal_reason", "other"),
    ("lost", "price", "last_result_reason", "price"),
    ("lost", "price", "refusal_reason", "price"),
    ("lost", "competitor", "refusal_reason", "competitor"),
    ("lost", "no_budget", "refusal_reason", "no_budget"),
    ("lost", "timing", "refusal_reason", "timing"),
)


@command
def install_judging_rules(*, by: Actor, at: dt.datetime) -> int:
    """The rules that every organisation begins with; answers how many weren't there yet."""
    known = set(JudgingRule.objects.values_list("trigger", "reason", "classifier"))
    new = [given for given in DEFAULT_JUDGING if given[:3] not in known]
    rows = JudgingRule.objects.bulk_create(
        JudgingRule(trigger=t, reason=r, classifier=c, value=v) for t, r, c, v in new
    )
    for row, (trigger, reason, classifier, value) in zip(rows, new, strict=True):
        fact = events.JudgingRuleAdded(trigger=trigger, reason=reason, classifier=classifier, value=value)
        record(fact, about=row, by=by, at=at)
    return len(rows)


@command
def remove_judging_rule(rule: Any, *, by: Actor, at: dt.datetime) -> None:
    """What this rule has set stays; it sets nothing any more."""
    demand(by, "administer")
    row = JudgingRule.objects.select_for_update().filter(pk=rule).first()
    if row is None:
        raise NotFound
    fact = events.JudgingRuleRemoved(
        trigger=row.trigger, reason=row.reason, classifier=row.classifier, value=row.value
    )
    record(fact, about=row, by=by, at=at)
    row.delete()


@command
def judge_by_deal(deal: int, trigger: str, *, by: Actor, at: dt.datetime) -> int:
    """Carry out what the rules say about the company of a deal that was won or lost; answers how many values it set.

    A rule for the deal's reason goes before one for any reason.
    """
    found = (
        Deal.objects.alive()
        .filter(pk=deal, status=trigger)
        .values_list("company_id", "loss_reason__slug")
        .first()
    )
    if found is None or found[0] is None or not Company.objects.alive().filter(pk=found[0]).exists():
        return 0
    company, slug = found
    wanted: dict[str, str] = {}
    rows = JudgingRule.objects.filter(trigger=trigger, reason__in={"", slug or ""}, is_active=True)
    for row in rows.order_by("reason", "pk"):  # no reason first, so that the named one has the last word
        wanted[row.classifier] = row.value
    if wanted:
        classify_companies([company], wanted, by=by, at=at)
    return len(wanted)
