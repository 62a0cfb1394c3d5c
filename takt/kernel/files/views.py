"""The files of a record: shown, attached, downloaded, removed."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from takt.kernel.access.edge import acting
from takt.kernel.access.records import demand_visible, is_open_to
from takt.kernel.files import commands
from takt.kernel.files.commands import Upload
from takt.kernel.files.models import KINDS, File
from takt.kernel.files.serving import answer
from takt.kernel.lib.refusals import Invalid, NotFound
from takt.kernel.lib.returning import own_path
from takt.kernel.ui.toasts import flash, toast
from takt.kernel.undo.commands import offer

MOST_SHOWN = 200


def _record(given: Any) -> tuple[str, int]:
    kind, number = given.get("kind", ""), given.get("id", "")
    if kind not in KINDS or not (number.isascii() and number.isdigit()) or len(number) > 18:
        raise NotFound
    return kind, int(number)


def _context(request: HttpRequest, kind: str, number: int) -> dict[str, Any]:
    user: Any = request.user
    files = list(File.objects.of(kind, number).select_related("uploaded_by")[: MOST_SHOWN + 1])
    return {
        "kind": kind,
        "object_id": number,
        "files": files[:MOST_SHOWN],
        "is_more": len(files) > MOST_SHOWN,
        "may_attach": is_open_to(kind, number, user, "edit"),
        "is_fragment": True,
    }


@require_safe
def panel(request: HttpRequest) -> HttpResponse:
    """The files of one record, and where to drop more."""
    kind, number = _record(request.GET)
    demand_visible(kind, number, request.user)
    return render(request, "files/_files.html", _context(request, kind, number))


@require_POST
def attach(request: HttpRequest) -> HttpResponse:
    """Attach what was chosen, dropped or pasted; several at once."""
    kind, number = _record(request.POST)
    uploads = [Upload(f.name or "", f.chunks()) for f in request.FILES.getlist("file")]
    if getattr(request, "is_upload_too_large", False):
        sentence = _("More than the %(most)d MB that are allowed.")
        most = commands.most_bytes() // commands.MEGABYTE
        raise Invalid.field("file", sentence % {"most": most}, "too_large")
    files = commands.attach_files(kind, number, uploads, **acting(request))
    text = ngettext("%(count)d file is attached.", "%(count)d files are attached.", len(files)) % {
        "count": len(files)
    }
    if request.headers.get("HX-Request"):
        response = render(request, "files/_files.html", _context(request, kind, number), status=201)
        return toast(response, text)
    flash(request, text)
    return HttpResponseRedirect(_back(request, kind, number), status=303)


def _back(request: HttpRequest, kind: str, number: int) -> str:
    plural = {"deal": "deals", "company": "companies", "contact": "contacts", "task": "tasks"}.get(kind)
    return own_path(request, request.POST.get("_to"), f"/{plural}/{number}" if plural else "/today")


@require_safe
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file itself; `?show` shows a picture or a PDF beside the page."""
    user: Any = request.user
    return answer(File.objects.found(pk, by=user), inline="show" in request.GET)


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    gone = commands.delete_file(pk, **acting(request))
    token = offer(inverse="files.restore", arguments={"files": [pk]}, **acting(request))
    text = _("%(name)s is in the recycle bin.") % {"name": gone.name}
    undo = f"/undo/{token}" if token else None
    if request.headers.get("HX-Request"):
        context = _context(request, gone.kind, gone.object_id)
        return toast(render(request, "files/_files.html", context), text, undo_url=undo)
    flash(request, text, undo)
    return HttpResponseRedirect(_back(request, gone.kind, gone.object_id), status=303)
