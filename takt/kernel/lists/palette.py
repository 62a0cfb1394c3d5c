"""Pages, commands and saved views of the one search box."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override, pgettext_lazy

from takt.kernel.access.reach import may, may_add
from takt.kernel.accounts.models import User
from takt.kernel.accounts.views.own import pages_of
from takt.kernel.lib.names import fold, latin, other_layout
from takt.kernel.lib.refusals import Text
from takt.kernel.lib.search import Wanted, wanted
from takt.kernel.lists.queries import views_of
from takt.kernel.lists.spec import listed
from takt.kernel.ui.context import PLACES

MOST = 6


@dataclass(frozen=True)
class Entry:
    """A line of the palette that is no record: where it leads, or what dialog it opens."""

    label: Text
    url: str
    icon: str
    key: str = ""
    is_dialog: bool = False
    about: Text = ""


def _commands(user: User) -> list[Entry]:
    found = []
    if may_add(user, "deal"):
        found.append(Entry(gettext_lazy("New deal"), "/deals/new", "plus", "D", is_dialog=True))
    if may_add(user, "task"):
        found.append(Entry(gettext_lazy("New task"), "/tasks/new", "checkbox", "T", is_dialog=True))
    if may_add(user, "company"):
        found.append(Entry(gettext_lazy("New company"), "/companies/new", "building"))
    if may_add(user, "contact"):
        found.append(Entry(pgettext_lazy("person", "New contact"), "/contacts/new", "user-plus"))
    return found


_KEYS = {
    "/today": "G T",
    "/deals/board": "G D",
    "/companies": "G C",
    "/contacts": "G P",
    "/reports/funnel": "G R",
}


def _places(user: User) -> list[Entry]:
    found = [
        Entry(
            gettext_lazy("Go to %(place)s"),
            place.url,
            place.icon,
            _KEYS.get(place.url, ""),
            about=place.label,
        )
        for place in PLACES
        if not place.roles or user.role in place.roles
    ]
    pages = [Entry(page["name"], page["url"], "settings", about=page["about"]) for page in pages_of(user)]
    also = [
        Entry(gettext_lazy("Deals as a list"), "/deals", "list"),
        Entry(gettext_lazy("Duplicates"), "/duplicates", "users"),
        Entry(gettext_lazy("Approvals"), "/approvals", "check"),
    ]
    if may(user, "import"):
        also.append(Entry(gettext_lazy("Recycle bin"), "/recycle-bin", "trash"))
    known = {e.url for e in pages}
    return found + [e for e in also if e.url not in known] + pages


def _said(entry: Entry) -> str:
    return str(entry.label) % {"place": entry.about} if "%(place)s" in str(entry.label) else str(entry.label)


def entries(user: User, looked_for: Wanted, *, most: int = MOST) -> list[Entry]:
    """Commands and pages by their names in the reader's language or in English, on either keyboard."""
    found = []
    for entry in [*_commands(user), *_places(user)]:
        label = _said(entry)
        with override("en"):
            english = _said(entry)
        place = _nearness(looked_for, label, english)
        if place is not None:
            is_place = "%(place)s" in str(entry.label)
            about = "" if is_place else entry.about
            found.append((place, Entry(label, entry.url, entry.icon, entry.key, entry.is_dialog, about)))
    found.sort(key=lambda pair: pair[0])
    return [entry for _place, entry in found[:most]]


def _nearness(looked_for: Wanted, *labels: str) -> int | None:
    """How near a label is; None where not every word of the query begins a word of it."""
    if not looked_for.text:
        return 0
    best = None
    for typed in (looked_for.text, other_layout(looked_for.text)):
        for label in labels:
            text = fold(label)
            for shape, cost in ((text, 0), (latin(text), 2)):
                starts = [shape, *shape.split()]
                if all(any(start.startswith(word) for start in starts) for word in typed.split()):
                    near = cost + (0 if shape.startswith(typed) else 1)
                    best = near if best is None else min(best, near)
        if _is_part(typed, labels):
            best = 1 if best is None else min(best, 1)
    return best


def _is_part(typed: str, labels: tuple[str, ...]) -> bool:
    """Chinese labels have no spaces: any part of them may be typed."""
    return not typed.isascii() and any(typed in fold(label) for label in labels)


def views(user: User, words: str, *, most: int = 20) -> list[Entry]:
    """Saved views and those every list has, by name."""
    looked_for = wanted(words)
    found = []
    for view in views_of(user).order_by("position", "id")[:200]:
        spec = listed.get(view.resource)
        if spec is not None:
            found.append(
                Entry(view.name, f"/{view.resource}?{view.query}", "filter", about=_list_name(view.resource))
            )
    for resource, spec in listed.items():
        if resource in _LISTS:
            found += [
                Entry(name, f"/{resource}?{query}", "list", about=_list_name(resource))
                for name, query in spec.views
            ]
    return [e for e in found if all(w in fold(f"{e.label} {e.about}") for w in looked_for.text.split())][
        :most
    ]


_LISTS = {
    "deals": gettext_lazy("Deals"),
    "companies": gettext_lazy("Companies"),
    "contacts": gettext_lazy("Contacts"),
    "tasks": gettext_lazy("Tasks"),
    "products": gettext_lazy("Products"),
}


def _list_name(resource: str) -> str:
    return str(_LISTS.get(resource, "")) or _("List")
