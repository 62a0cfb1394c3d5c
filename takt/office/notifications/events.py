from django.utils.translation import gettext_lazy as _

from takt.kernel.events.facts import Fact, fact


@fact("notifications.read", _("read %(count)d notifications"))
class NotificationsRead(Fact):
    count: int
