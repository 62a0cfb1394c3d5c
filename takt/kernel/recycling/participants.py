"""Files in the recycle bin: their own room stands below this one."""

from django.utils.translation import gettext_lazy as _

from takt.kernel.files.commands import purge_files, restore_files
from takt.kernel.files.models import File
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

bins.append(
    Binned(
        kind="file",
        label=_("Files"),
        spec=BINNED_FILES,
        rows=lambda user: File.objects.restorable_by(user),
        restore=restore_files,
        purge=purge_files,
        position=80,
    )
)
