import datetime as dt

from django.utils.translation import gettext as _

from takt.kernel.accounts.acts import demand
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Invalid
from takt.kernel.settings.events import SettingChanged
from takt.kernel.settings.models import Setting
from takt.kernel.settings.queries import value_of
from takt.kernel.settings.rules import PARAMETERS


@command
def change_setting(key: str, value: int, *, by: Actor, at: dt.datetime) -> None:
    """Set a rule's parameter; only an administrator, within the parameter's bounds."""
    demand(by, "administer")
    if key not in PARAMETERS:
        raise Invalid.field("key", _("There is no such setting."), "unknown")
    parameter = PARAMETERS[key]
    if not parameter.least <= value <= parameter.most:
        sentence = _("Enter a whole number from %(least)d to %(most)d.")
        raise Invalid.field(
            "value", sentence % {"least": parameter.least, "most": parameter.most}, "out_of_range"
        )
    old = value_of(key)
    if old == value:
        return
    row, _new = Setting.objects.update_or_create(
        key=key, defaults={"value": value, "changed_by": by.user, "changed_at": at}
    )
    record(SettingChanged(key=key, old=old, new=value), about=row, by=by, at=at)
