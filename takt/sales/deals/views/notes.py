"""Notes: written, changed, pinned, removed; and the colleagues whom one can name in them."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from takt.kernel.access.edge import acting, version_in
from takt.kernel.access.reach import who_may
from takt.kernel.accounts.models import User
from takt.kernel.files.commands import Upload
from takt.kernel.lib.refusals import NotFound, Refusal
from takt.kernel.undo.commands import offer
from takt.sales.activities.models import Note
from takt.sales.deals import commands
from takt.sales.deals.queries.tasks import parent_of
from takt.sales.deals.views.completing import ended, place_of

PLURALS = {"deal": "deals", "company": "companies", "contact": "contacts"}


def _page_of(note: Note) -> str:
    kind, number = note.parent
    return f"/{PLURALS[kind]}/{number}"


def _written(request: HttpRequest, note: Note, text: str) -> HttpResponse:
    """Said with it: who was named but can't see the record, so that nobody believes him to know."""
    names: list[str] = getattr(note, "not_told", [])
    if not names:
        return ended(request, text, _page_of(note))
    sentence = _("Not told, because they can't see this record: %(names)s. Share it with them first.")
    whole = f"{text} {sentence % {'names': ', '.join(names)}}"
    return ended(request, whole, _page_of(note), level="late")


@require_POST
def add_note(request: HttpRequest) -> HttpResponse:
    """Write a comment on a deal, a company or a contact, with files if there are any."""
    parents = {kind: request.POST[kind] for kind in PLURALS if request.POST.get(kind)}
    files = [Upload(f.name or "", f.chunks()) for f in request.FILES.getlist("file")]
    note = commands.add_note(request.POST.get("body", ""), files=files, **parents, **acting(request))
    return _written(request, note, _("The note is written."))


@require_http_methods(["GET", "HEAD", "POST"])
def edit_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one's own comment."""
    note = Note.objects.visible_to(request.user, "edit").filter(pk=pk).first()
    if note is None:
        raise NotFound
    kind, number = note.parent
    context: dict[str, Any] = {
        "note": note,
        "typed": note.body,
        "version": note.version,
        "kind": kind,
        "number": number,
        "sentences": [],
        "is_page": place_of(request) == "page",
        "form": "deals/_note_edit.html",
        "title": _("Change the note"),
    }
    if request.method == "POST":
        try:
            body, version = request.POST.get("body", ""), version_in(request)
            changed = commands.edit_note(pk, body, version=version, **acting(request))
        except Refusal as refusal:
            if refusal.status == 404:
                raise
            context |= {"typed": request.POST.get("body", ""), "sentences": [refusal.detail]}
            return _note_form(request, context, refusal.status)
        return _written(request, changed, _("The note is changed."))
    return _note_form(request, context)


def _note_form(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    template = "deals/note_edit.html" if context["is_page"] else "deals/_note_edit.html"
    return render(request, template, context, status=status)


@require_POST
def pin_note(request: HttpRequest, pk: int) -> HttpResponse:
    """On top of the timeline, or down from there."""
    is_pinned = bool(request.POST.get("pinned"))
    note = commands.pin_note(pk, is_pinned=is_pinned, **acting(request))
    text = _("The note is pinned on top.") if is_pinned else _("The note is no longer pinned.")
    return ended(request, text, _page_of(note))


@require_POST
def delete_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a note; it can be brought back."""
    gone = commands.delete_note(pk, **acting(request))
    token = offer(inverse="notes.restore", arguments={"notes": [pk]}, **acting(request))
    undo = f"/undo/{token}" if token else None
    return ended(request, _("The note is in the recycle bin."), _page_of(gone), undo)


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Colleagues to be named in a note on this record, and which of them can see it."""
    kind = next((k for k in PLURALS if request.GET.get(k)), None)
    if kind is None:
        raise NotFound
    record = parent_of(kind, request.GET[kind], request.user)
    seeing = who_may(kind, record.pk, record.owner_id, unowned_is_shared=kind != "deal")
    rows = User.objects.filter(is_active=True).order_by("sort_key").values_list("pk", "name")[:500]
    answer = [{"value": pk, "text": name, "sees": pk in seeing} for pk, name in rows]
    return JsonResponse(answer, safe=False)
