"""`python -m tests.translations`: every string of the product is in every language, and none is fuzzy.

`--update [LANGUAGE …]` writes what is new into the catalogues (all, or those named).
"""

import io
import sys
from collections.abc import Iterable
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
LANGUAGES = {"ru": "ru", "zh_Hans": "zh_Hans_CN"}
METHODS = [
    ("**/tests/**", "ignore"),
    ("**/migrations/**", "ignore"),
    ("**.py", "python"),
    ("**/jinja2/**.html", "jinja2"),
]
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "_l": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}
OPTIONS = {"**/jinja2/**.html": {"trimmed": "false", "newstyle_gettext": "true", "encoding": "utf-8"}}


def extracted() -> Catalog:
    catalog = Catalog(project="Takt", charset="utf-8")
    found = extract_from_dir(
        ROOT / "takt",
        method_map=METHODS,
        options_map=OPTIONS,
        keywords=KEYWORDS,
        comment_tags=("Translators:",),
    )
    for filename, _line, message, comments, context in found:
        if message and message != "" and message != ("",):
            catalog.add(message, None, [(f"takt/{filename}", 0)], auto_comments=comments, context=context)
    return catalog


def path_of(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def load(language: str, locale: str) -> Catalog:
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=locale, project="Takt", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def update(chosen: list[str]) -> None:
    template = extracted()
    for language, locale in LANGUAGES.items():
        if chosen and language not in chosen:
            continue
        catalog = load(language, locale)
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        catalog.fuzzy = False  # else the whole catalogue is left out when it is compiled
        buffer = io.BytesIO()
        write_po(buffer, catalog, width=110, sort_output=True, omit_header=False, no_location=True)
        path_of(language).parent.mkdir(parents=True, exist_ok=True)
        path_of(language).write_bytes(buffer.getvalue())


def wrong(language: str, locale: str, template: Catalog) -> Iterable[str]:
    catalog = load(language, locale)
    if catalog.fuzzy:
        yield f"{language}: the whole catalogue is marked fuzzy"
    for message in template:
        if not message.id:
            continue
        found = catalog.get(message.id, message.context)
        texts = (
            [] if found is None else [found.string] if isinstance(found.string, str) else list(found.string)
        )
        if found is None or not texts or not all(texts):
            yield f"{language}: missing {message.id!r}"
        elif found.fuzzy:
            yield f"{language}: fuzzy {message.id!r}"
        else:
            yield from (f"{language}: {error}: {message.id!r}" for error in _errors(found, catalog))


def _errors(message: object, catalog: Catalog) -> Iterable[str]:
    return [str(e) for e in message.check(catalog)]  # type: ignore[attr-defined]


def main() -> int:
    if "--update" in sys.argv:
        update([a for a in sys.argv[1:] if a in LANGUAGES])
    template = extracted()
    problems = [line for language, locale in LANGUAGES.items() for line in wrong(language, locale, template)]
    for line in problems[:60]:
        print(line)
    print(f"{len(template)} strings, {len(LANGUAGES)} languages, {len(problems)} missing, fuzzy or wrong")
    if len(template) < 100:
        print("invalid: hardly any string was found, so nothing was checked")
        return 2
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
