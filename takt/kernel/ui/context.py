"""What every page knows: the reader's language and theme, and where he may go."""

import json
from dataclasses import dataclass
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from takt.kernel.ui.environment import csrf_input


@dataclass(frozen=True)
class Place:
    """An entry of the navigation; `roles` empty means everyone."""

    url: str
    label: str | Promise
    icon: str
    roles: frozenset[str] = frozenset()
    also: str = ""  # other pages that belong to it


_MANAGERS = frozenset({"admin", "head", "vp"})
_AUDITORS = _MANAGERS | {"lead", "auditor", "ceo"}
PLACES = (
    Place("/today", _("Today"), "checkbox"),
    Place("/deals/board", _("Deals"), "layout-kanban"),
    Place("/companies", _("Companies"), "building"),
    Place("/contacts", _("Contacts"), "users"),
    Place("/tasks", _("Tasks"), "list-check"),
    Place("/standup", _("Stand-up"), "message-circle", also="/practices"),
    Place("/products", _("Products"), "package"),
    Place("/reports/funnel", _("Reports"), "chart-bar"),
    Place("/audit", _("Audit"), "circle-check", _AUDITORS, also="/bonus"),
    Place("/import", _("Import"), "file-import", _MANAGERS),
    Place("/settings", _("Settings"), "settings"),
)


def _is_here(place: Place, path: str) -> bool:
    root = "/" + place.url.split("/")[1]
    roots = (root, place.also) if place.also else (root,)
    return any(path == one or path.startswith(one + "/") for one in roots)


def toasts_of(request: HttpRequest) -> list[dict[str, Any]]:
    """The sentences left for this page by the one before."""
    return [
        json.loads(str(m)) if str(m).startswith("{") else {"text": str(m), "undo": None, "level": "good"}
        for m in get_messages(request)
    ]


def ui(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    role = getattr(user, "role", "")
    nav = [
        {"url": p.url, "label": p.label, "icon": p.icon, "active": _is_here(p, request.path)}
        for p in PLACES
        if role and (not p.roles or role in p.roles)
    ]
    return {
        "user": user,
        "nav": nav,
        "lang": translation.get_language() or "en",
        "theme": getattr(user, "theme", "auto") or "auto",
        "csrf_token": get_token(request),
        # Django puts a ready field under this name; pages call ours, which macros may be given.
        "csrf_input": csrf_input,
        "toasts": lambda: toasts_of(request),
    }
