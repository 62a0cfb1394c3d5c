"""Facts about companies and people. Their names are for ever.

What is a person's own (name, phones, e-mails, what is noted about him) stands in personal fields only.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _

from takt.kernel.events.facts import Fact, fact, personal


@fact("company.created", _("created the company “%(name)s”"))
class CompanyCreated(Fact):
    name: str
    owner: int | None
    source: int | None


@fact("company.edited", _("changed the company"))
class CompanyEdited(Fact):
    changes: list[dict[str, Any]]


@fact("company.owner_changed", _("handed the company over: %(old_name)s → %(new_name)s"))
class CompanyOwnerChanged(Fact):
    old: int | None
    new: int | None
    old_name: str
    new_name: str


@fact("company.tagged", _("changed the tags of the company"))
class CompanyTagged(Fact):
    added: list[str]
    removed: list[str]


@fact("company.classified", _("judged the company anew"))
class CompanyClassified(Fact):
    """How a customer stands, as somebody or a rule sees it; `changes` are words by their code."""

    changes: list[dict[str, Any]]


@fact("company.level_changed", _("changed the level of the company: %(old)s → %(new)s"))
class CompanyLevelChanged(Fact):
    """`is_manual`: set by hand, against the rule or without one."""

    old: str
    new: str
    is_manual: bool
    message: str


@fact("company.level_released", _("left the level of the company to the rule again"))
class CompanyLevelReleased(Fact):
    level: str


@fact("completeness.weighed", _("changed what makes a card complete"))
class CompletenessWeighed(Fact):
    kind_of_record: str
    weights: dict[str, int]


@fact("company.deleted", _("moved the company “%(name)s” to the recycle bin"))
class CompanyDeleted(Fact):
    name: str


@fact("company.restored", _("restored the company “%(name)s”"))
class CompanyRestored(Fact):
    name: str


@fact("company.purged", _("removed the company for good"))
class CompanyPurged(Fact):
    pass


@fact("company.merged", _("merged the company “%(name)s” into this one"))
class CompanyMerged(Fact):
    survivor: int
    loser: int
    name: str


@fact("company.unmerged", _("took the company “%(name)s” out of this one again"))
class CompanyUnmerged(Fact):
    survivor: int
    loser: int
    name: str
    stayed: int


@fact("company.found_distinct", _("decided that two companies are not the same"))
class CompaniesDistinct(Fact):
    one: int
    other: int


@fact("contact.created", _("created the contact"))
class ContactCreated(Fact):
    company: int | None
    owner: int | None
    source: int | None
    name: str | None = personal()
    phones: list[str] | None = personal()
    emails: list[str] | None = personal()


@fact("contact.edited", _("changed the contact"))
class ContactEdited(Fact):
    """`fields` names everything that changed; the values, being a person's, are sealed."""

    fields: list[str]
    changes: list[dict[str, Any]] | None = personal()


@fact("contact.moved", _("moved the contact to another company"))
class ContactMoved(Fact):
    """The person left one company and joined another; shows on both companies' timelines."""

    old: int | None
    new: int | None
    on: str = ""
    message: str = ""


@fact("contact.move_undone", _("took back the contact's move to another company"))
class ContactMoveUndone(Fact):
    old: int | None
    new: int | None


@fact("contact.owner_changed", _("handed the contact over: %(old_name)s → %(new_name)s"))
class ContactOwnerChanged(Fact):
    old: int | None
    new: int | None
    old_name: str
    new_name: str


@fact("contact.tagged", _("changed the tags of the contact"))
class ContactTagged(Fact):
    added: list[str]
    removed: list[str]


@fact("contact.deleted", _("moved the contact to the recycle bin"))
class ContactDeleted(Fact):
    pass


@fact("contact.restored", _("restored the contact"))
class ContactRestored(Fact):
    pass


@fact("contact.purged", _("removed the contact for good"))
class ContactPurged(Fact):
    pass


@fact("contact.merged", _("merged the contact “%(name)s” into this one"))
class ContactMerged(Fact):
    survivor: int
    loser: int
    name: str | None = personal()


@fact("contact.unmerged", _("took the contact “%(name)s” out of this one again"))
class ContactUnmerged(Fact):
    survivor: int
    loser: int
    stayed: int
    name: str | None = personal()


@fact("contact.found_distinct", _("decided that two contacts are not the same"))
class ContactsDistinct(Fact):
    one: int
    other: int


@fact("source.installed", _("set up the sources"))
class SourcesInstalled(Fact):
    language: str


@fact("source.cost_set", _("set the cost of %(name)s in %(month)s to %(new)s %(currency)s"))
class SourceCostSet(Fact):
    source: int
    name: str
    month: str
    currency: str
    old: str | None
    new: str | None
