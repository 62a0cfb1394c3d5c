"""The bell: what a person was told, newest first; and how he wants to be told."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from takt.kernel.access.edge import acting, version_in
from takt.kernel.access.reach import demand
from takt.kernel.lib.refusals import Invalid
from takt.kernel.ui.toasts import flash, toast
from takt.kernel.undo.commands import offer
from takt.office.notifications import commands
from takt.office.notifications.commands.mailing import HELD, OPEN, TROUBLE
from takt.office.notifications.kinds import GROUPS, KINDS, MAIL
from takt.office.notifications.models import Mail, Notification, Round
from takt.office.notifications.queries import wishes_of_one, zone_of
from takt.office.notifications.reminders import plan_of
from takt.sales.activities.models import Task

PAGE = 50


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    mine = Notification.objects.visible_to(request.user)
    show, group = request.GET.get("show", ""), request.GET.get("group", "")
    found = mine.filter(read_at=None) if show == "unread" else mine
    if group in GROUPS:
        found = found.filter(kind__in=[slug for slug, kind in KINDS.items() if kind.group == group])
    older_than = _number(request.GET.get("before", ""))
    rows = found.filter(pk__lt=older_than) if older_than else found
    shown = list(rows.order_by("-id")[: PAGE + 1])
    address = request.GET.copy()
    address["before"] = str(shown[PAGE - 1].pk) if len(shown) > PAGE else ""
    context = {
        "notifications": shown[:PAGE],
        "older": address.urlencode() if address["before"] else "",
        "show": show if show == "unread" else "",
        "group": group if group in GROUPS else "",
        "groups": [("", _("Everything")), *((slug, g.label) for slug, g in GROUPS.items())],
        "unread": mine.filter(read_at=None).count(),
    }
    return render(request, "notifications/index.html", context)


@require_GET
def count(request: HttpRequest) -> HttpResponse:
    """The bell with its number; the page asks for it now and then, and is told what is new since it last asked."""
    if not request.user.is_authenticated:
        return HttpResponse(status=204)
    unread = Notification.objects.visible_to(request.user).unread()
    latest = list(unread.order_by("-id")[:1])
    number = unread.count() if latest else 0
    context = {"unread": number, "latest": latest[0].pk if latest else 0}
    response = render(request, "notifications/_bell.html", context)
    after = _number(request.GET.get("after", ""))
    if latest and after is not None and latest[0].pk > after:
        new = unread.filter(pk__gt=after).count()
        more = ngettext("%(count)d new notification", "%(count)d new notifications", new) % {"count": new}
        toast(response, latest[0].sentence if new == 1 else more)
    return response


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None


@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark everything as read; Undo takes it back."""
    by = acting(request)
    if number := commands.mark_read(None, **by):
        token = offer(
            inverse="notifications.mark_unread_again", arguments={"read_at": by["at"].isoformat()}, **by
        )
        text = ngettext("%(count)d notification read.", "%(count)d notifications read.", number)
        flash(request, text % {"count": number}, f"/undo/{token}" if token else None)
    return redirect("notifications:index")


@require_POST
def open_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one as read and go to what it is about."""
    return redirect(commands.mark_one(pk, is_read=True, **acting(request)).url)


@require_POST
def mark(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one as read, or as not read again, and stay."""
    is_read = request.POST.get("as") != "unread"
    row = commands.mark_one(pk, is_read=is_read, **acting(request))
    if request.headers.get("HX-Request"):
        return render(request, "notifications/_notification.html", {"note": row})
    return redirect("notifications:index")


@require_http_methods(["GET", "HEAD", "POST"])
def choices(request: HttpRequest) -> HttpResponse:
    """What the person is told and how."""
    if request.method != "POST":
        return _choices(request, {})
    post = request.POST
    groups = {
        group: {"mail": post.get(f"mail-{group}"), "bell": f"bell-{group}" in post}
        for group in GROUPS
        if f"mail-{group}" in post
    }
    times = {name: post[name] for name in ("quiet_from", "quiet_until", "digest_at") if name in post}
    try:
        commands.choose({"groups": groups, **times}, version=version_in(request), **acting(request))
    except Invalid as refusal:
        return _choices(request, {p.field: str(p.message) for p in refusal.errors}, status=422)
    flash(request, _("Saved."))
    return redirect("notifications:choices")


def _choices(request: HttpRequest, errors: dict[str, str], status: int = 200) -> HttpResponse:
    wishes = wishes_of_one(request.user)
    times: dict[str, Any] = {
        name: request.POST[name] if errors else f"{value:%H:%M}" if (value := getattr(wishes, name)) else ""
        for name in ("quiet_from", "quiet_until", "digest_at")
    }
    context = {
        "lines": [
            {"slug": slug, "label": g.label, "bell": wishes.bell(slug), "mail": wishes.mail(slug)}
            for slug, g in GROUPS.items()
        ],
        "ways": list(MAIL.items()),
        "times": times,
        "version": wishes.version,
        "zone": str(zone_of(request.user)),
        "address": request.user.email,
        "sends_mail": settings.TAKT_SENDS_MAIL and not request.user.is_demo,
        "errors": errors,
    }
    return render(request, "notifications/choices.html", context, status=status)


@require_GET
def mail(request: HttpRequest) -> HttpResponse:
    """Whether mail goes out, and what could not be sent."""
    demand(acting(request)["by"], "administer")
    trouble = Mail.objects.filter(state__in=TROUBLE).select_related("user").order_by("-id")
    host = settings.EMAIL_HOST if settings.EMAIL_BACKEND.endswith("smtp.EmailBackend") else ""
    context = {
        "sends_mail": settings.TAKT_SENDS_MAIL,
        "host": host,
        "sender": settings.DEFAULT_FROM_EMAIL,
        "held": Round.objects.filter(name=HELD, user=None).first(),
        "waiting": Mail.objects.filter(state__in=OPEN).count(),
        "trouble": list(trouble[:PAGE]),
        "trouble_count": trouble.count(),
        "why": {Mail.State.UNSURE: _("May not have arrived"), Mail.State.FAILED: _("Could not be sent")},
    }
    return render(request, "notifications/mail.html", context)


@require_POST
def try_mail(request: HttpRequest) -> HttpResponse:
    commands.try_mail(**acting(request))
    text = _("A message to %(address)s is on its way; it goes out within a minute.")
    flash(request, text % {"address": request.user.email})
    return redirect("notifications:mail")


@require_POST
def release_mail(request: HttpRequest) -> HttpResponse:
    commands.release_mail(**acting(request))
    flash(request, _("Mail goes out again."))
    return redirect("notifications:mail")


@require_POST
def retry_mail(request: HttpRequest, pk: int) -> HttpResponse:
    commands.retry_mail(pk, **acting(request))
    flash(request, _("The message goes out again within a minute."))
    return redirect("notifications:mail")


@require_POST
def drop_mail(request: HttpRequest, pk: int) -> HttpResponse:
    commands.drop_mail(pk, **acting(request))
    return redirect("notifications:mail")


@require_GET
def reminder(request: HttpRequest, pk: int) -> HttpResponse:
    """On the page of a meeting: whom it is with is reminded when, or what came of it."""
    task = Task.objects.found(pk, by=request.user)
    return render(request, "notifications/_reminder.html", plan_of(task, request.user))


@require_POST
def send_reminder(request: HttpRequest, pk: int) -> HttpResponse:
    commands.send_reminder(pk, **acting(request))
    flash(request, _("The reminder goes out within a minute."))
    return redirect(f"/tasks/{pk}")


@require_POST
def refuse_reminder(request: HttpRequest, pk: int) -> HttpResponse:
    commands.refuse_reminder(pk, **acting(request))
    return redirect(f"/tasks/{pk}")
