"""What can be wrong with a file or a cell, as codes with one sentence each.

The child process sends only code and params; the sentence is made, and translated, where it is shown.
"""

from __future__ import annotations

import os
from typing import Any


def gettext_noop(text: str) -> str:
    return text


def sentence(text: str, params: dict[str, Any]) -> str:
    """The translated sentence; plain English where no settings exist, as in the child process."""
    from django.conf import settings

    if settings.configured or os.environ.get("DJANGO_SETTINGS_MODULE"):
        from django.utils.translation import gettext

        text = gettext(text)
    return text % params


UNREADABLE = {
    "missing": gettext_noop("The file isn't there any more. Upload it again."),
    "empty": gettext_noop("The file is empty."),
    "too_large_file": gettext_noop("The file is larger than %(limit)s MB. Split it into smaller files."),
    "not_a_table": gettext_noop("This isn't a table Takt can read. Save it as CSV or XLSX and try again."),
    "web_page": gettext_noop(
        "This is a web page saved under a spreadsheet's name. Open it in a spreadsheet program and save it as XLSX."
    ),
    "password": gettext_noop("The workbook is protected by a password. Save it without one and try again."),
    "damaged": gettext_noop(
        "The workbook is damaged or incomplete. Open it, save it again as XLSX and try again."
    ),
    "no_sheets": gettext_noop("The workbook holds no sheet with a table."),
    "unknown_sheet": gettext_noop("The workbook holds no sheet named “%(sheet)s”."),
    "unknown_encoding": gettext_noop("“%(encoding)s” isn't an encoding Takt can read."),
    "encoding_not_found": gettext_noop(
        "The file's encoding couldn't be found. Save it as UTF-8 and try again."
    ),
    "wrong_encoding": gettext_noop(
        "The file isn't text in the encoding %(encoding)s. Choose another encoding."
    ),
    "bad_delimiter": gettext_noop(
        "The delimiter must be one character that is neither a quote nor a line end."
    ),
    "nul_bytes": gettext_noop(
        "The file holds NUL characters (line %(line)s), so it isn't plain text. Save it again."
    ),
    "open_quote": gettext_noop("A quotation mark opened on line %(line)s is never closed."),
    "too_many_columns": gettext_noop("The file has more than %(limit)s columns (line %(line)s)."),
    "cell_too_long": gettext_noop("A cell on line %(line)s is longer than %(limit)s characters."),
    "row_too_long": gettext_noop("Line %(line)s is longer than %(limit)s characters."),
    "bomb": gettext_noop("The workbook unpacks to far more than its own size, so it wasn't opened."),
    "too_big": gettext_noop(
        "The file needs more memory than an import may use. Often a forgotten cell far to the right or far down"
        " is the cause: copy the table into a new workbook and try again."
    ),
    "too_slow": gettext_noop(
        "Reading the file took too long, so it was stopped. Split it into smaller files."
    ),
    "crashed": gettext_noop("The file can't be read. Open it, save it again as CSV or XLSX and try again."),
}


class Unreadable(Exception):
    """The file can't be imported at all; `message` says why and what to do."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params

    @property
    def message(self) -> str:
        return sentence(UNREADABLE[self.code], self.params)

    def __str__(self) -> str:
        return self.message


REMARKS = {
    "padded": gettext_noop("Line %(line)s has fewer cells than the header; the missing ones are blank."),
    "trimmed": gettext_noop("Line %(line)s has more cells than the header; the extra ones were left out."),
    "replaced": gettext_noop("Line %(line)s holds characters that aren't valid in the file's encoding."),
    "title_skipped": gettext_noop("The lines above line %(line)s look like a title and were left out."),
}
"""What was noticed on a line that could still be read."""


class NotAValue(ValueError):
    """The text isn't a value of the wanted kind; `code` says which kind or why."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text

    @property
    def message(self) -> str:
        return sentence(NOT_A_VALUE[self.code], {"text": self.text[:80]})

    def __str__(self) -> str:
        return self.message


NOT_A_VALUE = {
    "number": gettext_noop("“%(text)s” isn't a number."),
    "date": gettext_noop("“%(text)s” isn't a date."),
    "ambiguous_date": gettext_noop("“%(text)s” may be read day first or month first. Choose the date order."),
    "datetime": gettext_noop("“%(text)s” isn't a date and time."),
    "bool": gettext_noop("“%(text)s” is neither yes nor no."),
}
