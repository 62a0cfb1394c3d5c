"""The Jinja2 environment of all pages."""

import uuid
from functools import lru_cache
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from jinja2 import Environment, Undefined
from markupsafe import Markup

from takt.kernel.ui import formats
from takt.kernel.ui.rendering import PageEnvironment, static


@lru_cache(maxsize=2000)
def _url(name: str, *args: Any) -> str:
    return reverse(name, args=args)


def csrf_input(token: str) -> Markup:
    return Markup('<input type="hidden" name="csrfmiddlewaretoken" value="{}">').format(token)


def new_key() -> str:
    """The key by which a form is carried out once, however often it is sent."""
    return uuid.uuid4().hex


@lru_cache(maxsize=1)
def sprite() -> str:
    return str(static("ui/icons.svg"))


def environment(**options: Any) -> Environment:
    """Made once per process by Django's Jinja2 backend."""
    options.setdefault("extensions", []).append("jinja2.ext.i18n")
    options["undefined"] = (
        Undefined  # Django's own choice in development would write the name into the fields
    )
    env = PageEnvironment(trim_blocks=True, lstrip_blocks=True, **options)
    env.newstyle_gettext = True  # type: ignore[attr-defined]
    env.speak({"static": static, "url": _url, "csrf_input": csrf_input, "uuid": new_key, "sprite": sprite})
    env.filters.update(
        money=formats.money,
        money_short=formats.money_short,
        number=formats.number,
        percent=formats.percent,
        date=formats.date,
        date_short=formats.date_short,
        datetime=formats.datetime_,
        month=formats.month,
        time=formats.time,
        due=formats.due,
        due_state=formats.due_state,
        file_size=filesizeformat,
    )
    return env
