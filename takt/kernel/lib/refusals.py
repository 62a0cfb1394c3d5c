"""What a command, a list or an edge says when it can't do what was asked."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

type Text = str | Promise


@dataclass(frozen=True)
class Problem:
    """One wrong or missing item: which field, a stable code, a sentence for a person."""

    field: str
    code: str
    message: Text


class Refusal(Exception):
    """Base of all refusals; the edge turns it into a page message or a problem document."""

    status = 409
    code = "refused"
    title: Text = _("Not possible")

    def __init__(self, detail: Text = "", *, code: str = "", errors: Sequence[Problem] = ()) -> None:
        super().__init__(code or self.code)
        self.detail: Text = detail or self.title
        self.code = code or self.code
        self.errors = list(errors)


class NotFound(Refusal):
    """Hidden and missing are the same answer."""

    status = 404
    code = "not_found"
    title = _("There is no such record")


class Forbidden(Refusal):
    status = 403
    code = "forbidden"
    title = _("You may not do this. Ask your administrator for the right.")


class Invalid(Refusal):
    """Input that can't be taken; `errors` names every field at once."""

    status = 422
    code = "invalid"
    title = _("Some of the input can't be used")

    @classmethod
    def field(cls, field: str, message: Text, code: str = "invalid") -> "Invalid":
        return cls(message, errors=[Problem(field, code, message)])


class Refused(Refusal):
    """A business rule says no, now; the code says which."""


class Stale(Refusal):
    """The record changed since the person read it; `changes` names for programs what was changed."""

    code = "stale"
    title = _("Someone else changed this record in the meantime. Load it again and repeat your change.")
    changes: Sequence[Problem] = ()
