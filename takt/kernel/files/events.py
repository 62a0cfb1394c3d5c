from django.utils.translation import gettext_lazy as _

from takt.kernel.events.facts import Fact, fact


@fact("file.added", _("attached %(name)s"))
class FileAdded(Fact):
    file: int
    name: str
    size: int
    sha256: str


@fact("file.held", _("uploaded a file with a form"))
class FileHeld(Fact):
    size: int


@fact("file.deleted", _("removed the file %(name)s"))
class FileDeleted(Fact):
    file: int
    name: str


@fact("file.restored", _("brought the file %(name)s back"))
class FileRestored(Fact):
    file: int
    name: str


@fact("file.purged", _("removed a file for good"))
class FilePurged(Fact):
    file: int


@fact("files.swept", _("cleared away %(files)d files of records that are gone"))
class FilesSwept(Fact):
    files: int
