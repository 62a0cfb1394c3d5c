"""Facts about imports. Their names are for ever."""

from django.utils.translation import gettext_lazy as _

from takt.kernel.events.facts import Fact, fact


@fact("import.uploaded", _("uploaded “%(name)s” for import"))
class ImportUploaded(Fact):
    name: str
    holds: str


@fact("import.set_up", _("set up the import"))
class ImportSetUp(Fact):
    holds: str
    columns: int


@fact("import.checked", _("checked the import: %(read)s rows, %(refused)s refused"))
class ImportChecked(Fact):
    read: int
    refused: int


@fact("import.started", _("started the import"))
class ImportStarted(Fact):
    holds: str


@fact("import.batch_written", _("imported rows"))
class ImportBatchWritten(Fact):
    rows: int


@fact("import.stopped", _("stopped the import"))
class ImportStopped(Fact):
    read: int


@fact("import.finished", _("finished the import: %(created)s created, %(updated)s updated"))
class ImportFinished(Fact):
    created: int
    updated: int
    refused: int


@fact("import.failed", _("could not finish the import"))
class ImportFailed(Fact):
    reason: str


@fact("import.undo_started", _("started to undo the import"))
class ImportUndoStarted(Fact):
    holds: str


@fact("import.undone", _("undid the import: %(removed)s removed, %(restored)s restored, %(kept)s kept"))
class ImportUndone(Fact):
    removed: int
    restored: int
    kept: int


@fact("import.deleted", _("removed the import “%(name)s” from the list"))
class ImportDeleted(Fact):
    name: str


@fact("mapping.saved", _("saved the mapping %(name)s"))
class MappingSaved(Fact):
    name: str
    holds: str


@fact("mapping.deleted", _("removed the mapping %(name)s"))
class MappingDeleted(Fact):
    name: str
