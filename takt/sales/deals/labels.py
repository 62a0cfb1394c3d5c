"""Words for what a deal is asked about, in one place."""

from django.utils.translation import gettext_lazy as _

from takt.kernel.lib.refusals import Text

QUESTIONS: dict[str, Text] = {
    "budget": _("Budget"),
    "authority": _("Who decides"),
    "need": _("Need"),
    "timing": _("Timing"),
    "metrics": _("Metrics"),
    "economic_buyer": _("Economic buyer"),
    "decision_criteria": _("Decision criteria"),
    "decision_process": _("Decision process"),
    "identify_pain": _("Pain"),
    "champion": _("Champion"),
}
ASKS: dict[str, Text] = {
    "budget": _("Is there money, and how much?"),
    "authority": _("Do we talk to whoever decides?"),
    "need": _("What does the customer need, in his own words?"),
    "timing": _("When will it be decided?"),
    "metrics": _("Which figures will be better with us?"),
    "economic_buyer": _("Who can say yes when all others say no?"),
    "decision_criteria": _("By what will they choose?"),
    "decision_process": _("How does it get from here to a signature?"),
    "identify_pain": _("What does it cost them to change nothing?"),
    "champion": _("Who sells for us when we aren't there?"),
}
BANT_ANSWERS: list[tuple[int, Text]] = [(0, _("Unknown")), (1, _("Partly")), (2, _("Confirmed"))]
MEDDIC_ANSWERS: list[tuple[int, Text]] = [
    (0, _("Unknown")),
    (1, _("Assumed")),
    (2, _("Confirmed by the client")),
]
