"""Facts that only an import leaves behind. Their names are for ever."""

from django.utils.translation import gettext_lazy as _

from takt.kernel.events.facts import Fact, fact


@fact("deal.import_undone", _("took back what an import did to the deal"))
class DealImportUndone(Fact):
    is_removed: bool


@fact("task.import_undone", _("took back what an import did to the task"))
class TaskImportUndone(Fact):
    is_removed: bool


@fact("list.import_undone", _("removed an entry that an import had added to a list"))
class ListImportUndone(Fact):
    list: str
