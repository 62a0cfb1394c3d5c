"""What the room answers to the rooms below: its invariants for `doctor`."""

from takt.insight.bonus.models import BonusSheet
from takt.insight.bonus.queries import terms_of
from takt.insight.bonus.rules import line_from_json, percent_left, seal_of
from takt.kernel.lib.checks import Check, checks

MOST = 100


def broken_sheets() -> list[str]:
    """Approved sheets that no longer match their own fingerprint, or whose lines give another percentage."""
    found = []
    for sheet in BonusSheet.objects.order_by("pk").iterator():
        kept = sheet.ledger
        if seal_of(kept) != sheet.seal:
            found.append(f"sheet={sheet.pk}, seal={sheet.seal[:12]}, truth={seal_of(kept)[:12]}")
            continue
        lines = [line_from_json(line) for line in kept["lines"]]
        percent = percent_left(lines, terms_of(kept["terms"]))
        if (kept["percent"], sheet.percent) != (percent, percent):
            found.append(f"sheet={sheet.pk}, kept={sheet.percent}, truth={percent}")
        if len(found) >= MOST:
            break
    return found[:MOST]


checks.append(
    Check(
        "bonus.sheets",
        "every approved bonus equals its own fingerprint and what its lines say",
        broken_sheets,
    )
)
