"""Files in the recycle bin: their own room stands below this one."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from takt.kernel.events.unit import command
from takt.kernel.fields.commands import let_go
from takt.kernel.files.commands import purge_files, restore_files
from takt.kernel.files.models import File
from takt.kernel.lib.actor import Actor
from takt.kernel.lists.spec import Column, ListSpec
from takt.kernel.recycling.registry import Binned, bins

BINNED_FILES = ListSpec(
    resource="bin_files",
    entity="file",
    columns=(
        Column("name", _("File"), sort="sort_key"),
        Column("size", _("Bytes"), kind="number", sort="size"),
        Column("deleted_by", _("Deleted by"), kind="ref", nullable=True),
        Column("deleted_at", _("Deleted"), kind="datetime", sort="deleted_at"),
        Column("purged_at", _("Removed for good"), kind="datetime", path="deleted_at", filterable=False),
    ),
    default_sort="-deleted_at",
    search=False,
)


@command
def purge_named_files(files: Iterable[Any], *, by: Actor, at: dt.datetime) -> int:
    """Remove files for good; fields of one's own that name them name nothing."""
    ids = [int(getattr(f, "pk", f)) for f in files]
    let_go("file", ids, by=by, at=at)
    return purge_files(ids, by=by, at=at)


bins.append(
    Binned(
        kind="file",
        label=_("Files"),
        spec=BINNED_FILES,
        rows=lambda user: File.objects.restorable_by(user),
        restore=restore_files,
        purge=purge_named_files,
        position=80,
    )
)
