"""What the history of deals can't tell about a past moment; said with every answer about one."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from takt.insight.metrics.reports.scope import Scope


def limits(scope: Scope, with_money: bool) -> list[dict[str, Any]]:
    """Nothing about today; of the past what is as it is today, and the deals whose amount is not certain."""
    if scope.moment is None:
        return []
    found = [
        (
            "present",
            _("Names, people, teams, customers and products are as they are today, and so are your rights."),
        ),
        ("unnamed", _("A deal that you may not see today is counted, but no list names it.")),
        ("undone", _("A change that was undone counts as never made.")),
        ("imported", _("Imported deals count from the dates in their source, not from their import.")),
        ("rates", _("Amounts are converted at the rates known today for that day.")),
        ("purged", _("Deals that were removed for good are missing.")),
    ]
    notes: list[dict[str, Any]] = [{"code": code, "text": text} for code, text in found]
    if not with_money:
        return notes
    if count := scope.row("SELECT count(*) AS deals FROM d WHERE is_assumed")["deals"]:
        text = ngettext(
            "The amount of %(num)d deal is taken from its products of that time.",
            "The amounts of %(num)d deals are taken from their products of that time.",
            count,
        )
        notes.append({"code": "amounts", "text": text % {"num": count}, "deals": count})
    return notes
