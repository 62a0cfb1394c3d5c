from django.utils.translation import gettext_lazy as _

from takt.kernel.events.facts import Fact, fact


@fact("notifications.read", _("read %(count)d notifications"))
class NotificationsRead(Fact):
    count: int


@fact("notifications.unread", _("marked %(count)d notifications as not read"))
class NotificationsUnread(Fact):
    count: int


@fact("notifications.chosen", _("chose how to be told of news"))
class NotificationsChosen(Fact):
    fields: list[str]
