"""What the pages of an import send, brought into shape; what they offer for choice."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from takt.gateways.transfer import files, reading
from takt.gateways.transfer.fields import FIELDS, KINDS
from takt.gateways.transfer.models import Import, SavedMapping
from takt.gateways.transfer.presets import PRESETS, Preset
from takt.gateways.transfer.reading import Unreadable
from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import Invalid
from takt.sales.deals.models import Pipeline

MOST_FILES = 10


def delimiter_choices() -> list[tuple[str, str]]:
    names = {",": _("comma"), ";": _("semicolon"), "\t": _("tab"), "|": _("bar")}
    return [("tab" if d == "\t" else d, names[d]) for d in reading.DELIMITERS]


def kind_choices() -> list[tuple[str, Any]]:
    return list(KINDS.items())


def preset_choices() -> list[tuple[str, Any]]:
    return [("", _("none")), *((p.name, p.label) for p in PRESETS.values())]


def uploaded(request: HttpRequest) -> tuple[str, str, list[dict[str, Any]]]:
    """Kind, preset and the parts of the files of a form; a preset that fits all files is found by itself."""
    kind = request.POST.get("kind", "")
    given = request.FILES.getlist("file")
    if kind not in KINDS:
        raise Invalid.field("kind", _("Choose what the file holds."), "unknown")
    if not given:
        raise Invalid.field("file", _("Choose a file."), "required")
    wanted = request.POST.get("preset", "")
    if wanted and wanted not in PRESETS:
        raise Invalid.field("preset", _("There is no such preset."), "unknown")
    with kept_files(given) as kept:
        for preset in [PRESETS[wanted]] if wanted else PRESETS.values():
            parts = read_parts(kept, kind, preset)
            if wanted or all(p["preset"] for p in parts):
                return kind, preset.name, parts
        return kind, "", read_parts(kept, kind, None)


@contextmanager
def kept_files(given: Sequence[UploadedFile]) -> Iterator[list[tuple[str, str]]]:
    """The uploaded files, kept on disk, with their names; gone again where one of them can't be read."""
    if len(given) > MOST_FILES:
        raise Invalid.field("file", _("At most %(most)d files at once.") % {"most": MOST_FILES}, "too_many")
    kept = [(files.keep(f.chunks(), f.name or ""), f.name or "") for f in given]
    try:
        yield kept
    except Unreadable as error:
        for path, _name in kept:
            files.path_of(path).unlink(missing_ok=True)
        raise Invalid.field("file", error.message, error.code) from error


def read_parts(kept: list[tuple[str, str]], kind: str, preset: Preset | None) -> list[dict[str, Any]]:
    return [files.part_of(path, name, kind, preset=preset) for path, name in kept]


def is_otherwise(job: Import, form: QueryDict) -> bool:
    """Whether the form asks for the file to be read in another way than it was."""
    if form.get("act") == "look" or form.get("saved"):
        return True
    if form.get("kind", job.kind) != job.kind or form.get("preset", job.preset) != job.preset:
        return True
    return any(
        form.get(f"{name}-{number}", part[name] or "") != (part[name] or "")
        for number, part in enumerate(job.parts)
        for name in ("encoding", "sheet")
    ) or any(
        _delimiter(form.get(f"delimiter-{number}", part["delimiter"])) != part["delimiter"]
        for number, part in enumerate(job.parts)
    )


def looked_again(job: Import, form: QueryDict) -> tuple[str, str, list[dict[str, Any]]]:
    """Kind, preset and parts, the files read once more as the form says."""
    kind, name = form.get("kind", job.kind), form.get("preset", "")
    preset = PRESETS.get(name)
    saved = SavedMapping.objects.filter(pk=_number(form.get("saved")) or 0, user=job.user, kind=kind).first()
    parts = []
    for number, part in enumerate(job.parts):
        try:
            parts.append(
                files.part_of(
                    part["path"],
                    part["name"],
                    kind,
                    preset=preset,
                    encoding=form.get(f"encoding-{number}") or None,
                    delimiter=_delimiter(form.get(f"delimiter-{number}")),
                    sheet=form.get(f"sheet-{number}") or None,
                    mapping=saved.columns if saved else None,
                )
            )
        except Unreadable as error:
            raise Invalid.field("file", error.message, error.code) from error
    return kind, name, parts


def set_up(job: Import, form: QueryDict) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The parts with the chosen columns, and the options."""
    parts = []
    for number, part in enumerate(job.parts):
        columns = [form.get(f"column-{number}-{place}") or None for place in range(len(part["header"]))]
        parts.append(part if part["preset"] else {**part, "mapping": columns})
    return parts, options(form)


def options(form: Mapping[str, Any]) -> dict[str, Any]:
    """The options a form or a program has sent."""
    found: dict[str, Any] = {
        name: True
        for name in ("create_missing", "keep_going", "ignore_owners")
        if form.get(name) in ("on", "true", "1")
    }
    for name in ("currency", "date_order", "decimal", "pipeline"):
        if form.get(name):
            found[name] = str(form[name])[:80]
    if owner := _number(form.get("owner")):
        if not User.objects.filter(pk=owner, is_active=True).exists():
            raise Invalid.field("owner", _("There is no such person."), "unknown")
        found["owner"] = owner
    return found


def columns_of(job: Import, parts: list[dict[str, Any]]) -> dict[str, str]:
    """Heading: field, as a saved mapping keeps it."""
    return {
        heading: name
        for part in parts
        if not part["preset"]
        for heading, name in zip(part["header"], part["mapping"], strict=True)
        if name
    }


def mapping_given(text: str) -> dict[str, str] | None:
    """A mapping as a program sends it: a JSON object {heading: field}."""
    if not text:
        return None
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise Invalid.field("mapping", _("Send a JSON object: heading to field."), "invalid")
    return found


def choices(job: Import) -> dict[str, Any]:
    """What the page offers: fields per part, people, pipelines, encodings, saved mappings."""
    return {
        "kinds": kind_choices(),
        "presets": preset_choices(),
        "fields": {kind: [("", _("leave out")), *((f.name, f.label) for f in FIELDS[kind])] for kind in KINDS},
        "people": [("", _("whoever imports")), *User.objects.filter(is_active=True).order_by("sort_key").values_list("pk", "name")],
        "pipelines": [("", _("the first one")), *((n, n) for n in Pipeline.objects.filter(is_active=True).order_by("position").values_list("name", flat=True))],
        "encodings": [[(e, e) for e in dict.fromkeys([p["encoding"], *p["encodings"], *reading.ENCODINGS])] for p in job.parts],
        "sheets": [[(s, s) for s in p["sheets"]] for p in job.parts],
        "delimiters": delimiter_choices(),
        "saved": [("", _("none")), *SavedMapping.objects.filter(user=job.user, kind=job.kind).order_by("name").values_list("pk", "name")],
        "date_orders": [("", _("as found")), ("dmy", _("day first: 31.12.2025")), ("mdy", _("month first: 12/31/2025"))],
        "decimals": [("", _("as found")), (".", _("point: 1,250.50")), (",", _("comma: 1 250,50"))],
    }  # fmt: skip


def _delimiter(text: str | None) -> str | None:
    return {"": None, "tab": "\t"}.get(text or "", text)


def _number(text: Any) -> int | None:
    return int(text) if str(text or "").isdigit() and len(str(text)) < 19 else None
