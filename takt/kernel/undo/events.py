from django.utils.translation import gettext_lazy as _

from takt.kernel.events.facts import Fact, fact


@fact("undo.done", _("took back the last step"))
class UndoDone(Fact):
    inverse: str
