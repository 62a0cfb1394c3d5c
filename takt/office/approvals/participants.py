"""What gates ask of approvals."""

from collections.abc import Sequence

from takt.office.approvals.commands import SPECIAL_DEAL, forget_approvals
from takt.office.approvals.models import Approval
from takt.sales.deals.hooks import Approval as Known
from takt.sales.deals.hooks import deal_approvals, on_deal_purge


def latest_of(deals: Sequence[int]) -> dict[int, Known]:
    """The latest request of each deal that wasn't withdrawn."""
    rows = Approval.objects.filter(kind="deal", object_id__in=deals, topic=SPECIAL_DEAL)
    rows = rows.exclude(state=Approval.State.WITHDRAWN).order_by("object_id", "-pk").distinct("object_id")
    return {a.object_id: Known(a.state, frozenset(a.about["reasons"]), a.answer) for a in rows}


def let_go(deals: Sequence[int]) -> None:
    forget_approvals(list(deals))


deal_approvals.append(latest_of)
on_deal_purge.append(let_go)
