from django.utils.translation import gettext_lazy as _

from takt.kernel.events.facts import Fact, fact


@fact("audit.started", _("began an audit of %(deals)s deals"))
class AuditStarted(Fact):
    deals: int
    scope: str
    person: int | None
    stage: int | None


@fact("audit.round_set", _("planned an audit of so many deals a week: %(sample)s"))
class AuditRoundSet(Fact):
    auditor: int
    team: int | None
    sample: int


@fact("audit.round_ended", _("ended a weekly audit"))
class AuditRoundEnded(Fact):
    auditor: int
    team: int | None


@fact("audit.week_planned", _("planned the audits of the week of %(week)s"))
class AuditWeekPlanned(Fact):
    week: str
    auditor: int
    people: int


@fact("audit.deal_confirmed", _("audited the deal; to be put right: %(failed)s"))
class AuditDealConfirmed(Fact):
    audit: int
    failed: int
    codes: list[str]
    fix_until: str


@fact("audit.finished", _("finished an audit: %(passed)s of %(applicable)s points in order"))
class AuditFinished(Fact):
    passed: int
    applicable: int
