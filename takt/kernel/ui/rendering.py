"""How pages are put together faster than Jinja2 does it: what is written here is done thousands of times a page."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import CodeType
from typing import Any

from django.templatetags.static import static as address_of
from django.utils.translation import get_language as language
from django.utils.translation import gettext, ngettext
from jinja2 import Environment, Template
from jinja2.runtime import Context, Macro
from markupsafe import Markup, escape

try:
    from markupsafe._speedups import _escape_inner as _escaped
except ImportError:
    from markupsafe._native import _escape_inner as _escaped


def written(value: Any) -> str:
    """A value as it stands in a page, escaped: as `escape`, without making a Markup of what is joined at once."""
    kind = type(value)
    if kind is str:
        return _escaped(value)
    if kind is Markup:
        return value
    return str(value) if kind is int else escape(value)


class PageTemplate(Template):
    """A template whose values are written by `written`."""

    @classmethod
    def from_code(
        cls,
        environment: Environment,
        code: CodeType,
        globals: Any,
        uptodate: Callable[[], bool] | None = None,
    ) -> Template:
        made = super().from_code(environment, code, globals, uptodate)
        made.root_render_func.__globals__["escape"] = written
        return made


class PageContext(Context):
    """Calls macros and plain functions without asking first how they want to be called."""

    def call(self, obj: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        if type(obj) is Macro:
            args = (self.eval_ctx, *args)
        elif id(obj) not in PLAIN:
            return super().call(obj, *args, **kwargs)
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        return obj(*args, **kwargs)


@lru_cache(maxsize=20_000)
def _sentence(message: str, lang: str | None) -> Markup:
    """A sentence in `lang`, the reader's language of this moment."""
    return Markup(gettext(message))


@lru_cache(maxsize=20_000)
def _whole_sentence(message: str, lang: str | None) -> Markup:
    return _sentence(message, lang) % {}


def translated(message: str, **values: Any) -> Markup:
    """A sentence of a template in the reader's language; as in Jinja2, `%` is always that of a placeholder."""
    return _sentence(message, language()) % values if values else _whole_sentence(message, language())


def translated_count(one: str, many: str, number: int, **values: Any) -> Markup:
    values.setdefault("num", number)
    return Markup(ngettext(one, many, number)) % values


@lru_cache(maxsize=500)
def static(path: str) -> str:
    """The address of a file, which stays while the process runs."""
    return str(address_of(path))


PLAIN = {id(f) for f in (translated, translated_count, static)}  # functions that stay as long as the process


class PageEnvironment(Environment):
    """An environment of pages; `globals` that are named plain know nothing of the page they stand on."""

    template_class = PageTemplate
    context_class = PageContext

    def speak(self, plain: Mapping[str, Callable[..., Any]]) -> None:
        PLAIN.update(map(id, plain.values()))
        self.globals.update(plain)
        self.globals.update(gettext=translated, _=translated, ngettext=translated_count)
