"""Facts about deals and pipelines. Their names are for ever."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from takt.kernel.events.facts import Fact, fact


@fact("deal.created", _("created the deal “%(name)s”"))
class DealCreated(Fact):
    name: str
    stage: int
    owner: int
    amount: str | None
    currency: str


@fact("deal.edited", _("changed the deal"))
class DealEdited(Fact):
    changes: list[dict[str, Any]]


@fact("deal.moved", _("moved the deal: %(old_name)s → %(new_name)s"))
class DealMoved(Fact):
    old: int
    new: int
    old_name: str
    new_name: str
    is_forward: bool


@fact("deal.pipeline_changed", _("moved the deal to the pipeline %(pipeline_name)s"))
class DealPipelineChanged(Fact):
    old: int
    new: int
    pipeline_name: str
    stage: int


@fact("deal.won", _("won the deal: %(amount)s %(currency)s"))
class DealWon(Fact):
    amount: str
    currency: str
    stage: int


@fact("deal.lost", _("lost the deal: %(reason_name)s"))
class DealLost(Fact):
    reason: int
    reason_name: str
    comment: str
    competitor: str
    amount: str | None
    currency: str
    stage: int


@fact("deal.loss_corrected", _("corrected why the deal was lost: %(reason_name)s"))
class DealLossCorrected(Fact):
    old: int | None
    reason: int
    reason_name: str
    comment: str
    competitor: str


@fact("deal.closing_undone", _("took the end of the deal back"))
class DealClosingUndone(Fact):
    was: str
    stage: int


@fact("deal.try_again_set", _("wants to try again on %(on)s"))
class DealTryAgainSet(Fact):
    on: str
    task: int


@fact("deal.try_again_dropped", _("won't try again on %(on)s"))
class DealTryAgainDropped(Fact):
    on: str


@fact("deal.offered", _("made an offer until %(until)s: %(offer)s"))
class DealOffered(Fact):
    offer: str
    until: str


@fact("deal.offer_withdrawn", _("took an offer back: %(offer)s"))
class DealOfferWithdrawn(Fact):
    offer: str


@fact("deal.followed", _("began the next deal with this customer: “%(name)s”"))
class DealFollowed(Fact):
    child: int
    name: str


@fact("deal.reopened", _("returned the deal to work"))
class DealReopened(Fact):
    was: str
    stage: int


@fact("deal.help_asked", _("asked for help: %(question)s"))
class HelpAsked(Fact):
    """`supervisor` is who was asked, `task` the task that says so."""

    question: str
    supervisor: int
    task: int


@fact("deal.owner_changed", _("made another colleague responsible for the deal"))
class DealOwnerChanged(Fact):
    old: int
    new: int


@fact("deal.contact_attached", _("added a contact to the deal"))
class DealContactAttached(Fact):
    contact: int
    part: str


@fact("deal.contact_detached", _("removed a contact from the deal"))
class DealContactDetached(Fact):
    contact: int


@fact("deal.lines_set", _("changed the products of the deal: %(total)s %(currency)s"))
class DealLinesSet(Fact):
    lines: list[dict[str, Any]]
    total: str
    currency: str
    # The deal's amount before and after; older events don't have them.
    old_amount: str | None = None
    new_amount: str | None = None


@fact("deal.snoozed", _("put the deal off until %(until)s: %(reason)s"))
class DealSnoozed(Fact):
    until: str
    reason: str


@fact("deal.deleted", _("moved the deal to the recycle bin"))
class DealDeleted(Fact):
    name: str


@fact("deal.restored", _("brought the deal back from the recycle bin"))
class DealRestored(Fact):
    name: str


@fact("deal.purged", _("removed the deal for good"))
class DealPurged(Fact):
    pass


@fact("deal.imported", _("imported the deal “%(name)s”"))
class DealImported(Fact):
    name: str
    status: str


@fact("pipeline.created", _("created the pipeline %(name)s"))
class PipelineCreated(Fact):
    name: str


@fact("pipeline.edited", _("changed the pipeline %(name)s"))
class PipelineEdited(Fact):
    name: str
    changes: list[dict[str, Any]]


@fact("stage.added", _("added the stage %(name)s"))
class StageAdded(Fact):
    name: str
    pipeline: int
    probability: int


@fact("stage.edited", _("changed the stage %(name)s"))
class StageEdited(Fact):
    name: str
    changes: list[dict[str, Any]]


@fact("deal_type.added", _("added the type of deal %(name)s"))
class DealTypeAdded(Fact):
    name: str


@fact("template.installed", _("installed the template %(name)s"))
class TemplateInstalled(Fact):
    name: str
    language: str


@fact("stage.removed", _("removed the stage %(name)s"))
class StageRemoved(Fact):
    name: str
    pipeline: int


@fact("stage.merged", _("merged the stage %(name)s into %(into_name)s"))
class StageMerged(Fact):
    name: str
    pipeline: int
    into: int
    into_name: str
    deals: int


@fact("deal_type.edited", _("changed the type of deal %(name)s"))
class DealTypeEdited(Fact):
    name: str
    changes: list[dict[str, Any]]


@fact("deal.special_set", _("marked the deal as a special opportunity: %(reasons)s"))
class DealSpecialSet(Fact):
    reasons: str


@fact("deal.special_ended", _("marked the deal as an ordinary one again"))
class DealSpecialEnded(Fact):
    pass


@fact("special_kind.added", _("added the reason for a special opportunity %(name)s"))
class SpecialKindAdded(Fact):
    name: str


@fact("special_kind.edited", _("changed the reason for a special opportunity %(name)s"))
class SpecialKindEdited(Fact):
    name: str
    changes: list[dict[str, object]]


@fact(
    "pipeline.approval_rule_set",
    _("set that special opportunities of %(name)s need an approval from the stage %(stage_name)s on"),
)
class ApprovalRuleSet(Fact):
    name: str
    stage: int
    stage_name: str
    approvers: dict[str, object]


@fact("pipeline.approval_rule_ended", _("set that special opportunities of %(name)s need no approval"))
class ApprovalRuleEnded(Fact):
    name: str


@fact("loss_reason.added", _("added the reason for losing %(name)s"))
class LossReasonAdded(Fact):
    name: str
    needs_comment: bool


@fact("loss_reason.edited", _("changed the reason for losing %(name)s"))
class LossReasonEdited(Fact):
    name: str
    changes: list[dict[str, Any]]


@fact(
    "deal.gate_forced", _("moved the deal on without what its gate asks for. %(missing)s Reason: %(reason)s")
)
class DealGateForced(Fact):
    missing: str
    reason: str


@fact("deal.back_explained", _("said why the deal goes back: %(reason)s"))
class DealBackExplained(Fact):
    reason: str


@fact("deal.criterion_confirmed", _("confirmed: %(text)s"))
class CriterionConfirmed(Fact):
    criterion: int
    text: str


@fact("deal.criterion_unconfirmed", _("took back the confirmation: %(text)s"))
class CriterionUnconfirmed(Fact):
    criterion: int
    text: str


@fact("stage.gate_set", _("changed what the stage %(name)s asks for"))
class StageGateSet(Fact):
    name: str
    criteria: list[str]
    fields: list[str]


@fact("pipeline.gate_mode_set", _("changed how strictly the gates of %(name)s are held: %(old)s → %(new)s"))
class GateModeSet(Fact):
    name: str
    old: str
    new: str
    starts_on: str | None


@fact(
    "deal.qualified",
    _("changed need and decision: BANT %(bant)s of 8, MEDDIC %(meddic)s of 12"),
)
class DealQualified(Fact):
    changes: list[dict[str, Any]]
    bant: int
    meddic: int


@fact("deal.competitors_set", _("named the competitors: %(old)s → %(new)s"))
class DealCompetitorsSet(Fact):
    old: list[str]
    new: list[str]
    are_none: bool


@fact("deal.contact_replaced", _("put another contact in the place of one"))
class DealContactReplaced(Fact):
    old: int
    new: int
    part: str
    changes: list[dict[str, Any]]


@fact("deal.contacts_ordered", _("changed who is the main contact of the deal"))
class DealContactsOrdered(Fact):
    contact: int
