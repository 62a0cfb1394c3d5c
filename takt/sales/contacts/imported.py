"""Facts that only an import leaves behind. Their names are for ever."""

from django.utils.translation import gettext_lazy as _

from takt.kernel.events.facts import Fact, fact


@fact("company.import_undone", _("took back what an import did to the company"))
class CompanyImportUndone(Fact):
    is_removed: bool


@fact("contact.import_undone", _("took back what an import did to the contact"))
class ContactImportUndone(Fact):
    is_removed: bool


@fact("source.added", _("added the source %(name)s"))
class SourceAdded(Fact):
    name: str


@fact("source.removed", _("removed the source %(name)s"))
class SourceRemoved(Fact):
    name: str
