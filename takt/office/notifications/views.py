"""The bell: what a person was told, newest first."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from takt.kernel.access.edge import acting
from takt.kernel.lib.refusals import NotFound
from takt.office.notifications import commands
from takt.office.notifications.models import Notification

PAGE = 50


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    mine = Notification.objects.visible_to(request.user)
    older_than = request.GET.get("before", "")
    rows = mine.filter(pk__lt=int(older_than)) if older_than.isdecimal() and len(older_than) < 18 else mine
    shown = list(rows.order_by("-id")[: PAGE + 1])
    context = {
        "notifications": shown[:PAGE],
        "before": shown[PAGE - 1].pk if len(shown) > PAGE else None,
        "unread": mine.unread().count(),
    }
    return render(request, "notifications/index.html", context)


@require_GET
def count(request: HttpRequest) -> HttpResponse:
    """The number on the bell; the page asks for it now and then."""
    unread = Notification.objects.visible_to(request.user).unread().count()
    response = render(request, "notifications/_notification_count.html", {"unread": unread})
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
def read(request: HttpRequest) -> HttpResponse:
    commands.mark_read(None, **acting(request))
    return redirect("notifications:index")


@require_POST
def open_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one as read and go to what it is about."""
    row = Notification.objects.visible_to(request.user).filter(pk=pk).first()
    if row is None:
        raise NotFound
    commands.mark_read([row.pk], **acting(request))
    return redirect(row.url)
