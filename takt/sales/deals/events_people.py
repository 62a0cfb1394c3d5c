"""Facts about the colleagues around a deal: shared with, taking part, watching."""

from django.utils.translation import gettext_lazy as _

from takt.kernel.events.facts import Fact, fact


@fact("deal.shared", _("shared the deal with %(name)s"))
class DealShared(Fact):
    user: int
    name: str
    level: str
    expires_at: str | None


@fact("deal.unshared", _("no longer shares the deal with %(name)s"))
class DealUnshared(Fact):
    user: int
    name: str


@fact("deal.participant_added", _("brought %(name)s into the deal"))
class ParticipantAdded(Fact):
    user: int
    name: str
    role: str


@fact("deal.participant_removed", _("took %(name)s out of the deal"))
class ParticipantRemoved(Fact):
    user: int
    name: str


@fact("deal.watched", _("%(name)s watches the deal from now on"))
class DealWatched(Fact):
    user: int
    name: str


@fact("deal.unwatched", _("%(name)s no longer watches the deal"))
class DealUnwatched(Fact):
    user: int
    name: str
