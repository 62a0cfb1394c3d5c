"""How a customer stands, in words that are chosen from short lists (domain spec 4.4)."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from takt.kernel.lib.refusals import Text

type Choices = tuple[tuple[str, Text], ...]


@dataclass(frozen=True)
class Classifier:
    """One property of a company: the name of its column, its label and the words it may have."""

    name: str
    label: Text
    choices: Choices

    def word(self, code: str) -> Text:
        """What a value is called."""
        return dict(self.choices).get(code, code)


CLASSIFIERS: tuple[Classifier, ...] = (
    Classifier(
        "development",
        _("Development stage"),
        (
            ("new", pgettext_lazy("customer", "New")),
            ("growing", _("Growing")),
            ("stable", _("Stable")),
            ("shrinking", _("Shrinking")),
            ("dormant", _("Dormant")),
        ),
    ),
    Classifier(
        "loyalty",
        _("Loyalty"),
        (
            ("hostile", _("Hostile")),
            ("neutral", _("Neutral")),
            ("loyal", _("Loyal")),
            ("advocate", _("Recommends us")),
        ),
    ),
    Classifier(
        "competition",
        _("Competing offers"),
        (
            ("none", pgettext_lazy("offers", "None")),
            ("some", pgettext_lazy("offers", "Some")),
            ("many", pgettext_lazy("offers", "Many")),
        ),
    ),
    Classifier(
        "last_result",
        _("Result of the last contact"),
        (
            ("good", pgettext_lazy("contact", "Good")),
            ("neutral", _("Neutral")),
            ("bad", pgettext_lazy("contact", "Bad")),
        ),
    ),
    Classifier(
        "last_result_reason",
        _("Reason of that result"),
        (
            ("price", _("Price")),
            ("delay", _("Delay")),
            ("quality", _("Quality")),
            ("person", _("A person")),
            ("other", _("Other")),
        ),
    ),
    Classifier(
        "client_type",
        _("Client type"),
        (
            ("end_client", _("End client")),
            ("dealer", _("Dealer")),
            ("partner", _("Partner")),
            ("supplier", _("Supplier")),
        ),
    ),
    Classifier(
        "readiness",
        _("Readiness to decide"),
        (
            ("cold", _("Cold")),
            ("warm", _("Warm")),
            ("hot", _("Hot")),
        ),
    ),
    Classifier(
        "budget_class",
        _("Budget"),
        (
            ("small", _("Small")),
            ("medium", _("Medium")),
            ("large", _("Large")),
        ),
    ),
    Classifier(
        "payment_discipline",
        _("Payment discipline"),
        (
            ("prepays", _("Pays in advance")),
            ("on_time", _("Pays on time")),
            ("late", _("Pays late")),
            ("bad_debt", _("Doesn't pay")),
        ),
    ),
    Classifier(
        "size_class",
        _("Size"),
        (
            ("micro", _("Micro, up to 15 people")),
            ("small", _("Small, up to 100")),
            ("medium", _("Medium, up to 250")),
            ("large", _("Large, more than 250")),
        ),
    ),
    Classifier(
        "refusal_reason",
        _("Reason of refusal"),
        (
            ("price", _("Price")),
            ("no_budget", _("No budget")),
            ("competitor", _("Chose a competitor")),
            ("timing", _("Not the time")),
            ("no_need", _("No need")),
            ("other", _("Other")),
        ),
    ),
)
NAMES: tuple[str, ...] = tuple(c.name for c in CLASSIFIERS)
BY_NAME: dict[str, Classifier] = {c.name: c for c in CLASSIFIERS}
# Beside the lists of words: what the customer is interested in, and when he wants to hear of us.
INTERESTS, NEXT_CONTACT = "interests", "next_contact_on"
ALL: frozenset[str] = frozenset({*NAMES, INTERESTS, NEXT_CONTACT})

LEVELS: Choices = (
    ("A", _("A, key customer")),
    ("B", _("B, ordinary")),
    ("C", _("C, not a priority")),
)

# Whether a customer bought lately, often and for much, as digits in this order (domain spec 6.6).
SEGMENTS: Choices = (
    ("111", _("Champions")),
    ("011", _("To win back")),
    ("101", _("To develop")),
    ("001", _("To rescue")),
    ("110", _("Regulars")),
    ("010", _("To hold")),
    ("100", _("Newcomers")),
    ("000", pgettext_lazy("customers", "Lost")),
)

# The rungs of the ladder of sales (domain spec 4.3).
STEPS: tuple[Text, ...] = (
    _("Stranger"),
    _("Lead"),
    _("In contact"),
    _("Need known"),
    _("Offer made"),
    _("First purchase"),
    _("Repeat purchase"),
    _("Regular customer"),
    _("Advocate"),
)


def segment_name(code: str) -> Text:
    return dict(SEGMENTS).get(code, "")
