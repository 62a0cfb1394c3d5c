from django.utils.translation import gettext_lazy as _

from takt.kernel.events.facts import Fact, fact


@fact("view.saved", _("saved the view “%(name)s”"))
class ViewSaved(Fact):
    resource: str
    name: str
    query: str
    is_shared: bool


@fact("view.renamed", _("renamed the view “%(old)s” to “%(new)s”"))
class ViewRenamed(Fact):
    old: str
    new: str


@fact("view.changed", _("changed the filters of the view “%(name)s”"))
class ViewChanged(Fact):
    name: str
    old: str
    new: str


@fact("view.shared", _("shared the view “%(name)s” with everybody"))
class ViewShared(Fact):
    name: str


@fact("view.unshared", _("no longer shares the view “%(name)s”"))
class ViewUnshared(Fact):
    name: str


@fact("view.deleted", _("removed the view “%(name)s”"))
class ViewDeleted(Fact):
    resource: str
    name: str
    query: str


@fact("columns.chosen", _("chose the columns of a list"))
class ColumnsChosen(Fact):
    resource: str
    columns: list[str]


@fact("list.exported", _("exported a list"))
class ListExported(Fact):
    resource: str
    query: str
    format: str


@fact("bulk.started", _("began an act on many records"))
class BulkStarted(Fact):
    resource: str
    act: str
    total: int


@fact("bulk.ended", _("ended an act on many records"))
class BulkEnded(Fact):
    resource: str
    act: str
    total: int
    changed: int
    skipped: int


@fact("bulk.undone", _("took back an act on many records"))
class BulkUndone(Fact):
    resource: str
    act: str
    returned: int
    kept: int


@fact("list.set_up", _("set up a list"))
class ListSetUp(Fact):
    resource: str
    start: str
    widths: dict[str, int]
