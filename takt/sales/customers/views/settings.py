"""The rules about customers: modes, numbers, what a card must have, what judges companies by itself."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from takt.kernel.access.edge import acting
from takt.kernel.access.reach import demand
from takt.kernel.lib.refusals import Forbidden, NotFound, Refusal
from takt.kernel.ui.toasts import flash
from takt.sales.contacts import weights
from takt.sales.contacts.classifiers import BY_NAME, CLASSIFIERS
from takt.sales.contacts.commands import weigh_cards
from takt.sales.contacts.rules import PARTS
from takt.sales.customers import commands, parameters, questions, rules
from takt.sales.customers.models import JudgingRule
from takt.sales.deals.models import LossReason

HOME = "/settings/customers"


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Every rule with its mode; a POST changes one."""
    demand(acting(request)["by"], "administer")
    if request.method != "POST":
        return _index(request)
    key = request.POST.get("key", "")
    given = {n: v for n, v in request.POST.items() if n in {"mode", "from", "by", *_numbers(key)}}
    return _carry_out(request, key, lambda: commands.change_rule(key, given, **acting(request)))


def _numbers(key: str) -> set[str]:
    return {n.name for n in rules.RULES[key].numbers} if key in rules.RULES else set()


def _carry_out(request: HttpRequest, key: str, act: Any) -> HttpResponse:
    try:
        act()
    except (Forbidden, NotFound):
        raise
    except Refusal as refusal:
        return _index(request, key, refusal)
    flash(request, _("Saved."))
    return HttpResponseRedirect(HOME, status=303)


@require_POST
def weigh(request: HttpRequest) -> HttpResponse:
    """What each part of a card weighs."""
    kind = request.POST.get("kind", "")
    given = {n: v for n, v in request.POST.items() if n in {p[0] for p in PARTS.get(kind, ())}}
    return _carry_out(request, f"weights-{kind}", lambda: weigh_cards(kind, given, **acting(request)))


@require_POST
def add_judging(request: HttpRequest) -> HttpResponse:
    """One more rule that judges companies when a deal ends."""
    post = request.POST
    trigger, _sep, reason = post.get("trigger", "").partition(":")
    classifier, _sep, value = post.get("value", "").partition(":")
    return _carry_out(
        request,
        "judging",
        lambda: commands.add_judging_rule(trigger, classifier, value, reason=reason, **acting(request)),
    )


@require_POST
def remove_judging(request: HttpRequest, pk: int) -> HttpResponse:
    return _carry_out(request, "judging", lambda: commands.remove_judging_rule(pk, **acting(request)))


def _index(request: HttpRequest, refused: str = "", refusal: Refusal | None = None) -> HttpResponse:
    user: Any = request.user
    today = timezone.localdate(acting(request)["at"])
    reasons = dict(LossReason.objects.order_by("position", "pk").values_list("slug", "name"))
    errors = {p.field: str(p.message) for p in refusal.errors} if refusal else {}
    held = parameters.all_held()
    days = next(h for h in held if h.rule.key == "regular_check").number("days")
    context = {
        "held": held,
        "modes": rules.MODES,
        "bases": rules.BASES,
        "weights": [
            (kind, [(name, label, standing[name]) for name, label, _default in parts])
            for kind, parts in PARTS.items()
            for standing in [weights.weights_of(kind)]
        ],
        "judging": [
            (
                row,
                reasons.get(row.reason, row.reason),
                BY_NAME[row.classifier].label,
                BY_NAME[row.classifier].word(row.value) if row.value else _("nothing"),
            )
            for row in JudgingRule.objects.order_by("-trigger", "reason", "classifier")
        ],
        "triggers": [
            ("won:", _("A deal was won")),
            ("lost:", _("A deal was lost")),
            *(
                (f"lost:{slug}", _("A deal was lost: %(reason)s") % {"reason": name})
                for slug, name in reasons.items()
            ),
        ],
        "values": [
            (f"{c.name}:{code}", f"{c.label} → {word}")
            for c in CLASSIFIERS
            for code, word in (*c.choices, ("", _("nothing")))
        ],
        "preview": questions.rules_preview(user, today, days, at=acting(request)["at"]),
        "refused": refused,
        "typed": request.POST if refusal else {},
        "errors": errors,
        "sentence": str(refusal.detail or next(iter(errors.values()), "")) if refusal else "",
    }
    return render(request, "customers/settings.html", context, status=refusal.status if refusal else 200)
