"""Special opportunities: why they are, whether they are approved, and who approves (features DL38)."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from takt.kernel.accounts.models import Team, User
from takt.sales.deals.hooks import Approval, deal_approvals
from takt.sales.deals.models import Deal, Pipeline, SpecialKind, Stage
from takt.sales.deals.rules_gates import Missing

_LEADERS = ("lead", "head", "vp")


def special_kinds(*, besides: Collection[int] = ()) -> list[SpecialKind]:
    """The reasons that are offered, and those that a deal has already."""
    rows = SpecialKind.objects.order_by("position", "id")
    return [k for k in rows if k.is_active or k.pk in besides]


def names_of(reasons: Collection[int]) -> list[str]:
    """The names of these reasons, in their order."""
    if not reasons:
        return []
    rows = SpecialKind.objects.filter(pk__in=reasons).order_by("position", "id")
    return list(rows.values_list("name", flat=True))


def approvals_of(deals: Collection[int]) -> Mapping[int, Approval]:
    """How the latest request of each deal stands."""
    ids = sorted(deals)
    found: dict[int, Approval] = {}
    for find in deal_approvals:
        found.update(find(ids))
    return found


def unapproved(
    pipeline: Pipeline, stages: Iterable[Stage], deals: Iterable[Deal], target: int
) -> dict[int, Missing]:
    """Special deals that would come to the stage of approval, or beyond, without one; what each is told.

    The rule has its own setting: it holds whether the gates are off, warn or are enforced, and for quick deals too.
    """
    if pipeline.approval_stage_id is None:
        return {}
    stage = next((s for s in stages if s.pk == pipeline.approval_stage_id), None)
    special = [d for d in deals if d.special] if stage is not None and target >= stage.position else []
    if not special or stage is None:
        return {}
    known = approvals_of([d.pk for d in special])
    names = dict(SpecialKind.objects.order_by("position", "id").values_list("pk", "name"))
    found = {}
    for deal in special:
        approval = known.get(deal.pk)
        if approval is None or not approval.covers(deal.special):
            reasons = ", ".join(name for pk, name in names.items() if pk in deal.special)
            text = _sentence(approval, reasons)
            found[deal.pk] = Missing(
                deal.stage_id, stage.name, "approval_required", "approval", text, "approval"
            )
    return found


def _sentence(approval: Approval | None, reasons: str) -> str:
    if approval is None or approval.state == "approved":
        return _("It needs an approval: %(reasons)s.") % {"reasons": reasons}
    if approval.state == "pending":
        return _("Its approval was asked for and isn't decided yet: %(reasons)s.") % {"reasons": reasons}
    sentence = _("Its approval was refused: %(answer)s")
    return sentence % {"answer": approval.answer or reasons}


def approvers_of(deal: Deal, *, besides: int) -> list[User]:
    """Who is asked: by the pipeline's rule, but nobody approves his own request. Where that leaves nobody, it is the
    administrators; where there is no other one, whoever asks."""
    rule: dict[str, Any] = deal.pipeline.approval_by or {}
    active = User.objects.filter(is_active=True).order_by("sort_key")
    if rule.get("kind") == "people":
        found = list(active.filter(pk__in=rule.get("people") or []).exclude(pk=besides))
    elif rule.get("kind") == "role":
        found = list(active.filter(role=rule.get("role", "")).exclude(pk=besides))
    else:
        found = _leads_of(deal.owner, besides)
    if not found:
        found = list(active.filter(role="admin").exclude(pk=besides))
    return found or list(active.filter(pk=besides))


def _leads_of(owner: User, besides: int) -> list[User]:
    """Those who lead the owner's team, or the nearest one above that somebody else leads."""
    parents = dict(Team.objects.values_list("pk", "parent_id"))
    leaders = User.objects.filter(role__in=_LEADERS, is_active=True).exclude(pk__in=[owner.pk, besides])
    team, seen = owner.team_id, set[int]()
    while team is not None and team not in seen:
        seen.add(team)
        if found := list(leaders.filter(team=team).order_by("sort_key")):
            return found
        team = parents.get(team)
    return []


def rule_in_words(pipeline: Pipeline) -> str:
    """Who approves, in a line."""
    rule = pipeline.approval_by or {}
    if rule.get("kind") == "people":
        names = User.objects.filter(pk__in=rule.get("people") or []).order_by("sort_key")
        return ", ".join(names.values_list("name", flat=True))
    if rule.get("kind") == "role":
        return str(dict(User._meta.get_field("role").flatchoices).get(rule.get("role"), ""))
    return _("Whoever leads the team of the responsible person")
