from django.utils.translation import gettext_lazy as _

from takt.kernel.events.facts import Fact, fact


@fact("setting.changed", _("changed the setting %(key)s from %(old)s to %(new)s"))
class SettingChanged(Fact):
    key: str
    old: int
    new: int
