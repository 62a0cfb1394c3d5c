"""Who may act on the organisation itself rather than on records."""

from takt.kernel.accounts.models import Role, User
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden

MAY: dict[str, frozenset[str]] = {
    "administer": frozenset({"admin"}),
    "import": frozenset({"admin", "head", "vp"}),
    "edit_catalog": frozenset({"admin", "head", "vp"}),
    # What a source of customers costs in a month.
    "edit_source_costs": frozenset({"admin", "head", "vp", "marketing"}),
    "edit_fields": frozenset({"admin", "head", "vp"}),
    "edit_pipelines": frozenset({"admin", "head", "vp"}),
    "confirm_levels": frozenset({"admin", "head", "vp", "lead"}),
    "reopen_won": frozenset({"admin", "head", "vp", "lead"}),
    # Passes a closed gate with a reason, and moves a deal back without one.
    "pass_gates": frozenset({"admin", "head", "vp", "lead"}),
    # Everybody who may remove something of his own.
    "use_bin": frozenset(set(Role.values) - {"ceo", "auditor", "assistant"}),
    # Walks through deals and says what is to be put right; within the reach of his role.
    "audit": frozenset({"admin", "head", "vp", "lead", "auditor"}),
    # Sets the rule of the bonus, decides about objections and approves months; never about himself.
    "approve_bonus": frozenset({"admin", "head", "vp"}),
    # Leads stand-ups, writes down what others say there, tidies up the practices.
    "run_rituals": frozenset({"admin", "head", "vp", "lead", "assistant"}),
    "share_views": frozenset({"admin", "head", "vp", "lead"}),
}


def may(by: Actor | User | None, act: str) -> bool:
    """Whether the person may do an act of the organisation (`import`, `administer` …); Takt itself may."""
    user = by.user if isinstance(by, Actor) else by
    return user is None or user.role in MAY[act]


def demand(by: Actor, act: str) -> None:
    """Forbidden unless the person may."""
    if not may(by, act):
        raise Forbidden
