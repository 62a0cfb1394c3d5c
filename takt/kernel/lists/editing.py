"""The inputs in which values of a list are changed, in a cell or for many rows, and what was typed into them."""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from takt.kernel.accounts.models import User
from takt.kernel.fields.forms import Input, inputs, posted
from takt.kernel.fields.models import FieldKind
from takt.kernel.lib.clean import typed_number
from takt.kernel.lib.refusals import Invalid
from takt.kernel.lists.acts import Doings, Editor
from takt.kernel.lists.own import with_own_columns
from takt.kernel.lists.spec import Column

BLANK = ("", "–")


def editable_columns(what: Doings, *, many: bool) -> list[Column]:
    """The columns that can be changed in one cell, or for many rows; one's own fields among them."""
    found = []
    for column in with_own_columns(what.spec).columns:
        editor = what.editors.get(column.name)
        if column.field is not None and column.field.kind == FieldKind.FILE:
            continue  # a file comes with a form
        if (column.field is not None and what.change is not None) or (
            editor is not None and (editor.many if many else editor.one)
        ):
            found.append(column)
    return found


def column_in(what: Doings, name: str, *, many: bool) -> Column:
    column = next((c for c in editable_columns(what, many=many) if c.name == name), None)
    if column is None:
        raise Invalid.field("column", _("This can't be changed here."), "unknown")
    return column


def input_for(
    what: Doings,
    column: Column,
    user: User,
    record: Any = None,
    given: QueryDict | None = None,
    error: str = "",
) -> Input:
    """The input of a column, holding what was typed, else what the record holds."""
    if column.field is not None:
        stored: Mapping[str, Any] = record.custom if record is not None else {}
        errors = {f"custom.{column.field.slug}": error}
        typed = posted(given) if given is not None else None
        return inputs([column.field], stored, user, typed, errors)[0]
    editor = what.editors[column.name]
    value = editor.value(record) if editor.value is not None and record is not None else ""
    if given is not None and column.name in given:
        value = given[column.name]
    if isinstance(value, list | tuple):
        value = ", ".join(value)
    options = [(str(v), str(t)) for v, t in editor.options(user, record)] if editor.options else []
    if editor.kind in {"one", "pick"} and not editor.is_required:
        options = [BLANK, *options]
    return Input(
        name=column.name,
        label=str(column.label),
        control=editor.kind if editor.kind in {"one", "pick"} else "plain",
        type={"tags": "text", "money": "money"}.get(editor.kind, editor.kind),
        value="" if value is None else str(value),
        options=options,
        pick=editor.pick,
        is_required=editor.is_required,
        hint=_("Separate tags by commas.") if editor.kind == "tags" else "",
        error=error,
    )


def typed_value(what: Doings, column: Column, form: QueryDict) -> Any:
    """What was typed, as the commands take it."""
    if column.field is not None:
        return posted(form).get(column.field.slug)
    return _read(what.editors[column.name], form.get(column.name, ""))


def _read(editor: Editor, text: str) -> Any:
    match editor.kind:
        case "tags":
            return tags_of(text)
        case "number" | "money":
            return typed_number(text) if text.strip() else None
    return text.strip() if editor.kind != "textarea" else text


def tags_of(text: str) -> list[str]:
    return [tag.strip() for tag in text.replace("，", ",").split(",") if tag.strip()]


def change_of(column: Column, value: Any) -> dict[str, Any]:
    """The change as the room's edit takes it."""
    return {"custom": {column.field.slug: value}} if column.field is not None else {column.name: value}
