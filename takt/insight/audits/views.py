"""The pages of audits: the scores and what is behind them, the walk through deals, the rules for everybody."""

import datetime as dt
import json
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from takt.insight.audits import commands, planned, queries, questions
from takt.insight.audits.judging import judge_at
from takt.insight.audits.models import AuditSession, AuditVerdict, people_judged
from takt.insight.audits.rules import CHECKS, CODES, after_working_days, week_of
from takt.insight.pace.queries import of_deal, own_count
from takt.kernel.access.edge import acting
from takt.kernel.access.reach import demand, may
from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refusal
from takt.kernel.lists.export import file_of
from takt.kernel.settings.queries import all_values, value_of
from takt.kernel.ui import formats
from takt.kernel.ui.awaiting import arrived, waiting
from takt.kernel.ui.toasts import flash
from takt.sales.deals.forms import all_stages, problems, whole_id
from takt.sales.deals.models import Deal
from takt.sales.deals.queries.gates import today_of

ROWS, MOST_ROWS = 50, 500
WALKS = 20
TREND_DAYS = 84
GOOD, FAIR = Decimal("0.9"), Decimal("0.75")


def percent(value: Decimal | None) -> str:
    return "–" if value is None else formats.percent(value.quantize(Decimal("0.001"), ROUND_HALF_UP))


def tone(value: Decimal | None) -> str:
    """Of a score: from 90 % good, below 75 % late."""
    if value is None:
        return ""
    return "good" if value >= GOOD else "warn" if value >= FAIR else "late"


WORDS = {"percent": percent, "tone": tone, "checks": CHECKS}


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Scores by team, person and check, how they went, and the deals behind them."""
    at = acting(request)["at"]
    asked = {name: whole_id(request.GET.get(name, "")) for name in ("owner", "team")}
    check = request.GET.get("check", "")
    check = check if check in CODES else ""
    rows = min(max(whole_id(request.GET.get("rows", "")) or ROWS, ROWS), MOST_ROWS)
    reach = queries.reach_for(request.user, **asked)
    found, kept = questions.board(request.user, **asked, check=check, limit=rows, at=at)  # type: ignore[arg-type]
    if found is None:
        return waiting(request, _("Audit"))
    if answered := arrived(request):
        return answered
    scores, worst, has_more = found
    walks = _walks(request)
    query = request.GET.copy()
    query["rows"] = str(rows + ROWS)
    context = {
        **WORDS,
        "kept": kept,
        "scores": scores,
        "worst": worst,
        "more": f"/audit?{query.urlencode()}" if has_more and rows < MOST_ROWS else "",
        "check": check,
        "asked": asked,
        "who": next((p.name for p in scores.people if p.id == asked["owner"]), ""),
        "chart": _chart(queries.trend(reach, today_of(at) - dt.timedelta(days=TREND_DAYS))),
        "walks": walks,
        "counts": queries.counts_of(walks),
        "may_audit": may(request.user, "audit"),
        "week": planned.week_left(request.user, week_of(today_of(at))),  # type: ignore[arg-type]
        "link": lambda **more: _link(asked | {"check": check} | more),
    }
    return render(request, "audits/index.html", context)


def _link(asked: dict[str, Any]) -> str:
    given = "&".join(f"{name}={value}" for name, value in asked.items() if value)
    return f"/audit?{given}" if given else "/audit"


def _walks(request: HttpRequest) -> list[AuditSession]:
    rows = AuditSession.objects.visible_to(request.user).select_related(
        "person", "stage__pipeline", "auditor"
    )
    return list(rows.order_by("-started_at", "-id")[:WALKS])


def _chart(days: list[tuple[dt.date, Decimal]]) -> str:
    """The line of the score over the days remembered; nothing to draw from fewer than two."""
    if len(days) < 2:
        return ""
    option = {
        "grid": {"left": 8, "right": 16, "top": 16, "bottom": 8, "containLabel": True},
        "tooltip": {"trigger": "axis", "valueFormatter": "fn:percent"},
        "xAxis": {"type": "category", "data": [formats.date_short(day) for day, _score in days]},
        "yAxis": {
            "type": "value",
            "min": 0,
            "max": 1,
            "splitNumber": 4,
            "axisLabel": {"formatter": "fn:percent"},
        },
        "series": [
            {
                "type": "line",
                "name": _("Score"),
                "data": [round(float(score), 4) for _day, score in days],
                "showSymbol": False,
            }
        ],
    }
    return json.dumps(option, ensure_ascii=False)


@require_http_methods(["GET", "HEAD", "POST"])
def start_audit(request: HttpRequest) -> HttpResponse:
    """Begin a walk by person or by stage, of all deals or of a sample."""
    demand(acting(request)["by"], "audit")
    if request.method != "POST":
        return _start_form(request)
    post = request.POST
    scope = post.get("scope", "")
    try:
        started = commands.start_audit(
            person=whole_id(post.get("person", "")) if scope == "rep" else None,
            stage=whole_id(post.get("stage", "")) if scope == "stage" else None,
            from_on=_day("from", post.get("from", "")),
            until_on=_day("until", post.get("until", "")),
            sample=_count(post.get("sample", "")),
            **acting(request),
        )
    except Forbidden:
        raise
    except Refusal as refusal:
        return _start_form(request, refusal)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": f"/audit/{started.pk}"})
    return redirect("audits:audit", started.pk)


def _day(name: str, text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid.field(name, _("Enter a date."), "unreadable") from None


def _count(text: str) -> int | None:
    if not text.strip():
        return None
    number = whole_id(text.strip())
    if number is None:
        raise Invalid.field("sample", _("Enter a whole number from 1 to 2,000."), "unreadable")
    return number


def _start_form(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    people = people_judged(request.user)
    users = User.objects.filter(is_active=True).order_by("sort_key", "pk")
    users = users if people is None else users.filter(pk__in=sorted(people))
    today = today_of(acting(request)["at"])
    typed = request.POST or {
        "scope": "stage" if request.GET.get("stage") else "rep",
        "person": request.GET.get("person", ""),
        "stage": request.GET.get("stage", ""),
        "from": (today - dt.timedelta(days=commands.PERIOD_DAYS)).isoformat(),
        "until": today.isoformat(),
    }
    context = {
        "people": [("", _("Choose a person")), *users.values_list("pk", "name")],
        "stages": [("", _("Choose a stage")), *all_stages()],
        "scopes": AuditSession.Scope.choices,
        "typed": typed,
        **(problems(refusal) if refusal else {"errors": {}, "sentences": []}),
    }
    template = "audits/_start.html" if request.headers.get("HX-Request") else "audits/start.html"
    return render(request, template, context, status=refusal.status if refusal else 200)


def _found(request: HttpRequest, pk: int) -> AuditSession:
    rows = AuditSession.objects.visible_to(request.user).select_related(
        "person", "stage__pipeline", "auditor"
    )
    row = rows.filter(pk=pk).first()
    if row is None:
        raise NotFound
    return row


@require_safe
def audit(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The walk where its auditor left it, or its report: for others, and once it is finished."""
    session = _found(request, pk)
    is_mine = session.auditor_id == request.user.pk
    if not is_mine or session.finished_at is not None or "report" in request.GET:
        return _report(request, session)
    deals = queries.counts_of([session])[session.pk][0]
    place = whole_id(request.GET.get("at", "")) or session.position + 1
    return _walk(request, session, min(max(place, 1), deals))


def _walk(
    request: HttpRequest, session: AuditSession, place: int, refusal: Refusal | None = None
) -> HttpResponse:
    at = acting(request)["at"]
    deals, looked_at = queries.counts_of([session])[session.pk]
    row = queries.walk_of(session, place)
    if row is None:
        raise NotFound
    is_seen = Deal.objects.visible_to(request.user).filter(pk=row.deal_id).exists()
    judged = judge_at([row.deal_id], at).get(row.deal_id) if is_seen else None
    context = {
        **WORDS,
        "session": session,
        "row": row,
        "deal": row.deal if judged else None,
        "place": place,
        "deals": deals,
        "looked_at": looked_at,
        "lines": queries.lines_of(row, judged) if judged else [],
        "typed": request.POST,
        "choices": AuditVerdict.Verdict.choices,
        "fix_until": row.fix_until or after_working_days(today_of(at), value_of("audit.fix_days")),
        **(problems(refusal) if refusal else {"errors": {}, "sentences": []}),
    }
    return render(request, "audits/walk.html", context, status=refusal.status if refusal else 200)


@require_POST
def confirm_deal(request: HttpRequest, pk: int, deal: int) -> HttpResponse:
    """The verdicts about one deal; on to the next one."""
    session = _found(request, pk)
    post = request.POST
    try:
        row = commands.confirm_deal(
            session,
            deal,
            verdicts={code: post[code] for code in CODES if post.get(code)},
            comments={code: post.get(f"comment-{code}", "") for code in CODES},
            fix_until=_day("fix_until", post.get("fix_until", "")),
            **acting(request),
        )
    except (NotFound, Forbidden):
        raise
    except Refusal as refusal:
        place = session.deals.filter(deal=deal).values_list("position", flat=True).first() or 1  # type: ignore[attr-defined]
        return _walk(request, session, place, refusal)
    deals, looked_at = queries.counts_of([session])[session.pk]
    if row.position >= deals or looked_at == deals:
        return redirect(f"/audit/{pk}?report")
    return redirect(f"/audit/{pk}?at={row.position + 1}")


@require_POST
def finish_audit(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        commands.finish_audit(pk, **acting(request))
    except (NotFound, Forbidden):
        raise
    except Refusal as refusal:
        flash(request, refusal.detail, level="late")
        return redirect("audits:audit", pk)
    flash(request, _("The audit is finished."))
    return redirect(f"/audit/{pk}?report")


def _report(request: HttpRequest, session: AuditSession) -> HttpResponseBase:
    """What the walk found, against the one before it; as a file with `export`."""
    today = today_of(acting(request)["at"])
    if request.GET.get("export") in {"csv", "xlsx"}:
        return _report_file(request, session, today)
    context = {
        **WORDS,
        "session": session,
        "report": queries.report_of(session, today),
        "left": queries.failures_of(session, request.user),
        "before": queries.audit_before(session, today),
        "people": queries.people_of(session) if session.stage_id else [],
        "is_mine": session.auditor_id == request.user.pk,
        "today": today,
    }
    return render(request, "audits/report.html", context)


def _report_file(request: HttpRequest, session: AuditSession, today: dt.date) -> HttpResponseBase:
    header = [_("Deal"), _("Name"), _("Responsible"), _("Check"), _("Comment"), _("Until"), _("Put right")]
    rows = [
        [str(f.deal), f.name, f.owner, str(CHECKS[f.code].label), f.comment, f.fix_until, f.fixed_at]
        for f in queries.failures_of(session, request.user)  # type: ignore[arg-type]
    ]
    kinds = ["text", "text", "text", "text", "text", "date", "datetime"]
    return file_of(request.GET["export"], f"audit-{session.pk}", header, kinds, rows)


@require_safe
def rules_page(request: HttpRequest) -> HttpResponse:
    """The rules, for everybody who is judged by them, and one's own score."""
    values = all_values()
    own = queries.scores(queries.reach_for(request.user, owner=request.user.pk))
    context = {
        **WORDS,
        "tally": own.total,
        "codes": own.codes,
        "days": values["audit.days"],
        "complete": values["audit.complete"],
        "fix_days": values["audit.fix_days"],
    }
    return render(request, "audits/rules.html", context)


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """One's own score in a line, for Today; nothing for whoever has no deals."""
    own = queries.scores(queries.reach_for(request.user, owner=request.user.pk)).total
    failed = sum(own.failed.values())
    text = ngettext("%(num)d point to put right", "%(num)d points to put right", failed)
    flagged = own_count(request.user)
    context = {**WORDS, "tally": own, "flagged": flagged, "left": text % {"num": failed} if failed else ""}
    return render(request, "audits/_mine.html", context)


@require_safe
def deal_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """What the checks say of one deal, this moment."""
    deal = Deal.objects.found(pk, by=request.user)
    judged = judge_at([deal.pk], acting(request)["at"]).get(deal.pk)
    mask = queries.reach_for(request.user).mask
    context = {
        **WORDS,
        "deal": deal,
        "judged": queries.only(judged, mask) if judged else None,
        "flags": of_deal(deal.pk),
    }
    return render(request, "audits/_deal.html", context)
