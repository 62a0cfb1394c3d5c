"""The pages of the bonus: a month of everybody within reach, one person's ledger, and the rule."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from takt.insight.audits.rules import CHECKS, CODES
from takt.insight.bonus import commands, queries
from takt.insight.bonus.commands.closing import approved_sentence
from takt.insight.bonus.models import BonusRule, BonusSheet
from takt.insight.bonus.rules import first_of, last_month, next_month, terms_on
from takt.insight.bonus.words import MODES, STATES, TONES
from takt.kernel.access.edge import acting
from takt.kernel.access.reach import demand, may
from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refusal
from takt.kernel.lists.export import file_of
from takt.kernel.ui.toasts import flash
from takt.sales.deals.forms import problems, whole_id
from takt.sales.deals.models import Deal
from takt.sales.deals.queries.gates import today_of

_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
WORDS: dict[str, Any] = {"checks": CHECKS, "states": STATES, "tones": TONES, "modes": MODES}


def month_of(text: str, today: dt.date) -> dt.date:
    """The month asked for, by default this one; Invalid where it can't be read."""
    if not text:
        return first_of(today)
    found = _MONTH.fullmatch(text)
    if found is None or not (1 <= int(found[2]) <= 12 and 2000 <= int(found[1]) <= 2999):
        raise Invalid.field("month", _("Write the month as 2026-03."), "unreadable")
    return dt.date(int(found[1]), int(found[2]), 1)


def _asked_month(request: HttpRequest) -> tuple[dt.date, dt.date]:
    today = today_of(acting(request)["at"])
    return month_of(request.POST.get("month", "") or request.GET.get("month", ""), today), today


@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    """A month of everybody whose bonus the person reads; whoever reads only his own goes there."""
    month, today = _asked_month(request)
    people = list(queries.people_of(request.user, month))  # type: ignore[arg-type]
    if "export" in request.GET:
        return _export(request, queries.ledgers(people, month, today), month)
    if not queries.reads_others(request.user):  # type: ignore[arg-type]
        return HttpResponseRedirect(f"/bonus/{request.user.pk}?month={month:%Y-%m}")
    found = queries.ledgers(people, month, today)
    context = {
        **WORDS,
        **_months(month, today, "/bonus"),
        "ledgers": found,
        "today": today,
        "may_approve": may(request.user, "approve_bonus"),  # type: ignore[arg-type]
        "ready": sum(one.is_ready(today) and one.person.pk != request.user.pk for one in found),
        "approved": sum(one.sheet is not None for one in found),
        "objections": sum(one.open_appeals for one in found),
    }
    return render(request, "bonus/index.html", context)


def _months(month: dt.date, today: dt.date, path: str) -> dict[str, Any]:
    later = next_month(month)
    return {
        "month": month,
        "earlier": f"{path}?month={last_month(month):%Y-%m}",
        "later": f"{path}?month={later:%Y-%m}" if later <= today else "",
    }


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(f"/bonus/{request.user.pk}")


def _person(request: HttpRequest, pk: int) -> User:
    found = queries.people_seen(request.user).filter(pk=pk).select_related("team").first()  # type: ignore[arg-type]
    if found is None:
        raise NotFound
    return found


@require_safe
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person's month, line by line, with what each line rests on."""
    return _ledger_page(request, _person(request, pk))


def _ledger_page(
    request: HttpRequest, who: User, refusal: Refusal | None = None, form: str = ""
) -> HttpResponse:
    month, today = _asked_month(request)
    ledger = queries.ledgers([who], month, today)[0]
    deals = {e.deal for line in ledger.lines for e in line.finding.failed}
    seen = Deal.objects.visible_to(request.user).filter(pk__in=deals)  # type: ignore[arg-type]
    is_own = who.pk == request.user.pk
    context = {
        **WORDS,
        **_months(month, today, f"/bonus/{who.pk}"),
        "ledger": ledger,
        "today": today,
        "is_own": is_own,
        "names": dict(seen.values_list("pk", "name")),
        "audits": queries.audits_behind(ledger, request.user),
        "former": BonusSheet.objects.filter(person=who, month=month)
        .exclude(reopened_at=None)
        .select_related("approved_by", "reopened_by")
        .order_by("-pk"),
        "may_decide": not is_own and may(request.user, "approve_bonus"),  # type: ignore[arg-type]
        "reads_others": queries.reads_others(request.user),  # type: ignore[arg-type]
        "currency": ledger.currency or queries.default_currency(),
        "form": form,
        "typed": request.POST,
        **(problems(refusal) if refusal else {"errors": {}, "sentences": []}),
    }
    return render(request, "bonus/person.html", context, status=refusal.status if refusal else 200)


def _acted(request: HttpRequest, who: User, form: str, act: Callable[[], str]) -> HttpResponse:
    """Carry out an act of a person's page; what is refused shows beside what was typed."""
    try:
        said = act()
    except (NotFound, Forbidden):
        raise
    except Refusal as refusal:
        return _ledger_page(request, who, refusal, form)
    flash(request, said)
    month, _today = _asked_month(request)
    return HttpResponseRedirect(f"/bonus/{who.pk}?month={month:%Y-%m}", status=303)


@require_POST
def appeal(request: HttpRequest, audit: int, check: str) -> HttpResponse:
    """Object to a violation of one's own."""
    me: Any = request.user

    def act() -> str:
        commands.appeal(audit, check, comment=request.POST.get("comment", ""), **acting(request))
        return _("Your objection is made. Whoever decides has been told.")

    return _acted(request, me, f"appeal-{audit}-{check}", act)


@require_POST
def decide_appeal(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept or refuse an objection."""
    demand(acting(request)["by"], "approve_bonus")
    row = queries.appeal_seen(pk, request.user)  # type: ignore[arg-type]
    accept = request.POST.get("answer_is") == "accept"

    def act() -> str:
        commands.decide_appeal(pk, accept=accept, answer=request.POST.get("answer", ""), **acting(request))
        return _("The objection is accepted.") if accept else _("The objection is refused.")

    return _acted(request, row.person, f"decide-{pk}", act)


@require_POST
def set_base(request: HttpRequest, pk: int) -> HttpResponse:
    """The person's full bonus from this month on."""
    who = _person(request, pk)
    month, _today = _asked_month(request)
    given = {name: request.POST.get(name, "") for name in ("amount", "currency")}

    def act() -> str:
        commands.set_base(pk, month=month, **given, **acting(request))
        return _("The full bonus is set.")

    return _acted(request, who, "base", act)


@require_POST
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an approval back."""
    sheet = queries.sheet_seen(pk, request.user)  # type: ignore[arg-type]

    def act() -> str:
        commands.reopen_sheet(pk, reason=request.POST.get("reason", ""), **acting(request))
        return _("The month is open again.")

    return _acted(request, sheet.person, "reopen", act)


@require_POST
def approve(request: HttpRequest) -> HttpResponse:
    """Approve everybody who is ready, or the person named."""
    month, _today = _asked_month(request)
    one = whole_id(request.POST.get("person", ""))
    back = f"/bonus/{one}" if one else "/bonus"
    try:
        sheets = commands.approve_month(month, people=[one] if one else None, **acting(request))
        flash(request, approved_sentence(len(sheets)))
    except (NotFound, Forbidden):
        raise
    except Refusal as refusal:
        flash(request, refusal.detail, level="late")
    return HttpResponseRedirect(f"{back}?month={month:%Y-%m}", status=303)


@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: HttpRequest) -> HttpResponse:
    """The rule of the bonus for everybody, with its history; whoever may sets the next one."""
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            _set_rule(request)
        except Forbidden:
            raise
        except Refusal as refused:
            refusal = refused
        else:
            flash(request, _("The rule of the bonus is set."))
            return HttpResponseRedirect("/bonus/rule", status=303)
    today = today_of(acting(request)["at"])
    now = terms_on(today, queries.terms_history())
    context = {
        **WORDS,
        "codes": CODES,
        "now": now,
        "today": today,
        "history": BonusRule.objects.select_related("set_by").order_by("-from_on", "-pk"),
        "may_set": may(request.user, "approve_bonus"),  # type: ignore[arg-type]
        "typed": request.POST,
        "numbers": _numbers(),
        **(problems(refusal) if refusal else {"errors": {}, "sentences": []}),
    }
    return render(request, "bonus/rule.html", context, status=refusal.status if refusal else 200)


@require_safe
def rule_in_words(request: HttpRequest) -> HttpResponse:
    """The rule in a few sentences, for the page of the audit's rules."""
    today = today_of(acting(request)["at"])
    context = {**WORDS, "now": terms_on(today, queries.terms_history()), "codes": CODES}
    return render(request, "bonus/_words.html", context)


def _numbers() -> list[tuple[str, str, str]]:
    return [
        ("single", _("Left by a single violation, percent"), ""),
        ("repeated", _("Left by a repeated violation, percent"), ""),
        ("repeats", _("Repeated from so many audits on"), ""),
        ("tolerance", _("Points that may stay open, percent"), _("Of the next step none may stay open.")),
        ("appeal_days", _("Working days to object"), ""),
    ]


def _set_rule(request: HttpRequest) -> None:
    post = request.POST
    given: dict[str, int] = {}
    for name, _label, _help in _numbers():
        number = post.get(name, "").strip()
        if not (number.isascii() and number.isdigit() and len(number) < 5):
            raise Invalid.field(name, _("Enter a whole number."), "unreadable")
        given[name] = int(number)
    try:
        from_on = dt.date.fromisoformat(post.get("from_on", ""))
    except ValueError:
        raise Invalid.field("from_on", _("Enter a date."), "unreadable") from None
    modes = {code: post[f"mode-{code}"] for code in CODES if post.get(f"mode-{code}")}
    commands.set_rule(from_on=from_on, **given, modes=modes, **acting(request))


def _export(request: HttpRequest, found: list[queries.Ledger], month: dt.date) -> HttpResponseBase:
    """The month as a file, a row per line of each ledger; within the same reach as the page."""
    kind = "xlsx" if request.GET["export"] == "xlsx" else "csv"
    header = [
        _("Month"), _("Person"), _("Team"), _("Percent"), _("Full bonus"), _("Currency"), _("Bonus"), _("Approved"),
        _("Check"), _("State"), _("Audit"), _("Finished"), _("Deals not put right"), _("Objection"),
    ]  # fmt: skip
    kinds = ["text", "text", "text", "number", "money", "text", "money", "datetime"] + ["text"] * 6

    def rows() -> Iterator[list[Any]]:
        for one in found:
            first = [
                f"{month:%Y-%m}", one.person.name, one.person.team.name if one.person.team else "", one.percent,
                one.base, one.currency, one.amount, one.sheet.approved_at if one.sheet else None,
            ]  # fmt: skip
            for line in one.lines:
                left = [str(e.deal) for e in line.finding.failed if e.is_left()]
                said = one.appeals.get((line.finding.audit, line.check))
                yield [
                    *first, str(CHECKS[line.check].label), str(STATES[line.state]), str(line.finding.audit),
                    line.finding.finished_on.isoformat(), ", ".join(left), str(said.get_verdict_display()) if said else "",
                ]  # fmt: skip
            if not one.lines:
                yield [*first, "", "", "", "", "", ""]

    return file_of(kind, f"bonus-{month:%Y-%m}", header, kinds, rows())
