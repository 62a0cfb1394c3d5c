from django.utils.translation import gettext_lazy as _

from takt.kernel.events.facts import Fact, fact


@fact("stand_up.started", _("began the stand-up of %(day)s"))
class StandUpStarted(Fact):
    team: int
    day: str
    people: int


@fact("stand_up.ended", _("ended the stand-up of %(day)s"))
class StandUpEnded(Fact):
    team: int
    day: str


@fact("stand_up.turn_passed", _("gave the floor to the next person"))
class StandUpTurnPassed(Fact):
    team: int
    day: str
    place: int


@fact("stand_up.words_said", _("wrote words for the stand-up of %(day)s"))
class StandUpWordsSaid(Fact):
    person: int
    day: str


@fact("practice.kept", _("kept a practice that works"))
class PracticeKept(Fact):
    stage: int | None


@fact("practice.removed", _("removed a practice"))
class PracticeRemoved(Fact):
    author: int


@fact("practice.brought_back", _("brought a practice back"))
class PracticeBroughtBack(Fact):
    author: int
