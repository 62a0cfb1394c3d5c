"""The form of all filters of a list, or of one alternative among them; it comes when it is opened."""

import re
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from takt.kernel.lists import filters
from takt.kernel.lists.asking import Asked, filters_text
from takt.kernel.lists.heads import address

FORM = "ls-form-body"  # the element that htmx fills with the filter form when it is opened
_GROUP = re.compile(rf"or-(\d{{1,2}})-{FORM}$", re.ASCII)  # that of one alternative


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
    hidden = set(without)
    columns = [c for c in ask.spec.columns if c.filterable]
    people = next((filters.choices_of(c, ask.user) for c in columns if c.is_person and c.choices is None), [])
    known = {
        c.name: people if c.is_person and c.choices is None else filters.choices_of(c, ask.user)
        for c in columns
    }
    told = ask if of_group is None else _alone(ask, int(of_group[1]))
    form = [f for f in filters.form_fields(told, known) if f.name.split("__")[0] not in hidden]
    kept = filters.kept(told, form)
    if of_group is not None:
        kept += _around(ask, int(of_group[1]))
    context = {
        "path": path,
        "fields": form,
        "kept": kept,
        "is_group": of_group is not None,
        "is_filtered": told.is_filtered,
        "clear_url": address(path, urlencode(list(ask.other))),
    }
    return render(request, "lists/_filter_form.html", context)


def _alone(ask: Asked, place: int) -> Asked:
    """One alternative as a question of its own; an empty one where it is new."""
    group = ask.groups[place] if place < len(ask.groups) else ()
    return replace(ask, filters=group, groups=(), q="", sort=ask.spec.default_sort, other=())


def _around(ask: Asked, place: int) -> list[tuple[str, str]]:
    """What stands beside one alternative and is sent along with its form.

    Before there are alternatives, the filters in force become the first of them.
    """
    texts, top = ask.group_texts, filters_text(ask.filters)
    if not texts and top:
        texts, top = [top], ""
        place += 1
    rest = replace(ask, filters=(), groups=()).query()
    return [("_group", str(place)), ("_top", top), ("_rest", rest), *(("_or", text) for text in texts)]
