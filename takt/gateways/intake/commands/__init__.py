"""All writes of web forms and of what comes in by them."""

from takt.gateways.intake.commands.forms import (
    create_web_form,
    edit_web_form,
    renew_key,
    restore_key,
    restore_web_form,
)
from takt.gateways.intake.commands.receiving import TooMany, Tried, note_refused, receive, try_web_form

__all__ = [
    "TooMany",
    "Tried",
    "create_web_form",
    "edit_web_form",
    "note_refused",
    "receive",
    "renew_key",
    "restore_key",
    "restore_web_form",
    "try_web_form",
]
