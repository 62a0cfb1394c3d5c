from django.utils.translation import gettext_lazy as _

from takt.kernel.events.facts import Fact, fact


@fact("audit.started", _("began an audit of %(deals)s deals"))
class AuditStarted(Fact):
    deals: int
    scope: str
    person: int | None
    stage: int | None


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
