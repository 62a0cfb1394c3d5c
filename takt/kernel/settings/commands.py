"""The one write about the rules' parameters."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from takt.kernel.accounts.acts import demand
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Invalid, Stale
from takt.kernel.settings.events import SettingChanged
from takt.kernel.settings.models import Setting
from takt.kernel.settings.queries import all_values
from takt.kernel.settings.rules import PARAMETERS, Parameter, contradicts


@command
def change_setting(key: str, value: Any, *, by: Actor, at: dt.datetime, seen: int | None = None) -> int:
    """Set a rule's parameter; only an administrator, within the parameter's bounds. Answers what it was.

    `seen` is the value the person read: if another one holds by now, the change is refused as stale.
    """
    demand(by, "administer")
    if key not in PARAMETERS:
        raise Invalid.field("key", _("There is no such setting."), "unknown")
    number = _number(value, PARAMETERS[key])
    # All rows are held: what is refused looks at two of them.
    list(Setting.objects.select_for_update().order_by("pk"))
    values = all_values()
    old = values[key]
    if seen is not None and seen != old:
        raise Stale
    if number == old:
        return old
    if other := contradicts(key, number, values):
        sentence = _("This contradicts “%(label)s”, which is %(value)d.")
        told = {"label": PARAMETERS[other].label, "value": values[other]}
        raise Invalid.field("value", sentence % told, "contradicts")
    row, _new = Setting.objects.update_or_create(
        key=key, defaults={"value": number, "changed_by": by.user, "changed_at": at}
    )
    record(SettingChanged(key=key, old=old, new=number), about=row, by=by, at=at)
    return old


def _number(value: Any, parameter: Parameter) -> int:
    text = str(value).strip()
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
    if number is None or not parameter.least <= number <= parameter.most:
        sentence = _("Enter a whole number from %(least)d to %(most)d.")
        told = {"least": parameter.least, "most": parameter.most}
        raise Invalid.field("value", sentence % told, "out_of_range")
    return number
