"""Facts about requests for an approval."""

from django.utils.translation import gettext_lazy as _

from takt.kernel.events.facts import Fact, fact


@fact("approval.requested", _("asked %(approvers)s for an approval: %(reasons)s. %(comment)s"))
class ApprovalRequested(Fact):
    approval: int
    topic: str
    reasons: str
    approvers: str
    people: list[int]
    comment: str


@fact("approval.approved", _("approved it: %(reasons)s. %(comment)s"))
class ApprovalGiven(Fact):
    approval: int
    topic: str
    reasons: str
    requested_by: int
    comment: str


@fact("approval.rejected", _("refused the approval: %(comment)s"))
class ApprovalRefused(Fact):
    approval: int
    topic: str
    requested_by: int
    comment: str


@fact("approval.withdrawn", _("withdrew the request for an approval"))
class ApprovalWithdrawn(Fact):
    approval: int
    topic: str
