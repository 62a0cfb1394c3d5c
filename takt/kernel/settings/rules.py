"""The rules' parameters with their defaults and bounds (domain spec 10)."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from takt.kernel.lib.refusals import Text


@dataclass(frozen=True)
class Parameter:
    label: Text
    default: int
    least: int
    most: int


PARAMETERS: dict[str, Parameter] = {
    "actions.min": Parameter(_("Sales actions a day: pass level"), 30, 1, 200),
    "actions.target": Parameter(_("Sales actions a day: target"), 40, 1, 200),
    "deal.max_contacts": Parameter(_("Contacts on one deal at most"), 5, 1, 50),
    "bin.days": Parameter(_("Days in the recycle bin"), 30, 1, 365),
}
