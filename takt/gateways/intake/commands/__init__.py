"""All writes of web forms and of what comes in by them."""

from takt.gateways.intake.commands.forms import create_web_form, edit_web_form, restore_web_form
from takt.gateways.intake.commands.receiving import TooMany, note_refused, receive

__all__ = [
    "TooMany",
    "create_web_form",
    "edit_web_form",
    "note_refused",
    "receive",
    "restore_web_form",
]
