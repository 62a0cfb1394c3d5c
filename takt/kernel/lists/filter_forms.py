"""The form of all filters of a list, or of one alternative among them; it comes when it is opened."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from takt.kernel.lists import filters
from takt.kernel.lists.asking import Asked
from takt.kernel.lists.groups import DEEPEST, Group
from takt.kernel.lists.heads import address

FORM = "ls-form-body"  # the element that htmx fills with the filter form when it is opened
_GROUP = re.compile(rf"or-(\d{{1,2}}(?:-\d{{1,2}})?)-{FORM}$", re.ASCII)  # that of one group


def filter_form(
    request: HttpRequest, ask: Asked, path: str, *, without: Iterable[str] = ()
) -> HttpResponseBase | None:
    """The form of all filters where htmx asks for it, on opening it; else None.

    `without`: columns that the page itself decides about and offers no filter for.
    """
    target = request.headers.get("HX-Target", "")
    if not target.endswith(FORM):
        return None
    of_group = _GROUP.search(target)
    place = tuple(int(n) for n in of_group[1].split("-")) if of_group else ()
    hidden = set(without)
    columns = [c for c in ask.spec.columns if c.filterable]
    people = next((filters.choices_of(c, ask.user) for c in columns if c.is_person and c.choices is None), [])
    known = {
        c.name: people if c.is_person and c.choices is None else filters.choices_of(c, ask.user)
        for c in columns
    }
    told = _alone(ask, place) if place else ask
    form = [f for f in filters.form_fields(told, known) if f.name.split("__")[0] not in hidden]
    kept = filters.kept(told, form)
    if place:
        kept += _around(ask, place)
    context = {
        "path": path,
        "fields": form,
        "kept": kept,
        "is_group": bool(place),
        "inside": _inside(ask, path, place),
        "is_filtered": told.is_filtered,
        "clear_url": address(path, urlencode(list(ask.other))),
    }
    return render(request, "lists/_filter_form.html", context)


def _alone(ask: Asked, place: tuple[int, ...]) -> Asked:
    """One group as a question of its own; an empty one where it is new."""
    group = _at(ask, place) or Group()
    return replace(
        ask, filters=group.filters, groups=group.groups, q="", sort=ask.spec.default_sort, other=()
    )


def _at(ask: Asked, place: tuple[int, ...]) -> Group | None:
    found = ask.whole
    for n in place:
        if n >= len(found.groups):
            return None
        found = found.groups[n]
    return found


def _around(ask: Asked, place: tuple[int, ...]) -> list[tuple[str, str]]:
    """The whole question, which is sent along with the form of one group, and the group's place in it.

    Before there are alternatives, the filters in force become the first of them.
    """
    if not ask.groups and ask.filters:
        ask = replace(ask, filters=(), groups=(Group(ask.filters),))
        place = (1,)
    return [("_query", ask.query()), ("_place", "-".join(map(str, place)))]


def _inside(ask: Asked, path: str, place: tuple[int, ...]) -> dict[str, Any] | None:
    """The groups inside one that stands already, and the place of the next; None where there can be none."""
    if not place or len(place) >= DEEPEST or _at(ask, place) is None:
        return None
    group = filters.groups(ask, path)[place[0]]
    return {
        "here": address(path, ask.query()),
        "groups": group.inside,
        "next": f"{group.place}-{len(group.inside)}",
    }
