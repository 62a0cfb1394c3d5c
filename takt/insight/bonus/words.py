"""What the ledger says to people."""

from django.utils.translation import gettext_lazy as _

from takt.insight.bonus.rules import ANNULLED, COUNTS, ENFORCE, OFF, RUNNING, SAME, WARN, WARNS
from takt.kernel.lib.refusals import Text

MODES: dict[str, Text] = {OFF: _("Off"), WARN: _("Only warns"), ENFORCE: _("Counts")}
STATES: dict[str, Text] = {
    COUNTS: _("Counts"),
    WARNS: _("Only warns"),
    ANNULLED: _("Objection accepted"),
    SAME: _("Found again, counts once"),
    RUNNING: _("Still to be put right"),
}
TONES = {COUNTS: "late", WARNS: "warn", ANNULLED: "good", SAME: "", RUNNING: "today"}
