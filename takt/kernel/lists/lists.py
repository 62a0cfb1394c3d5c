from django.utils.translation import gettext_lazy as _

from takt.kernel.lists.spec import Column, ListSpec

VIEWS = ListSpec(
    resource="views",
    entity="view",
    columns=(
        Column("name", _("Name"), sort="name"),
        Column("resource", _("List")),
        Column("owner", _("Owner"), kind="ref", path="owner_id"),
        Column("is_shared", _("Shared"), kind="bool"),
        Column("created_at", _("Created"), kind="datetime", sort="created_at"),
    ),
    default_sort="name",
)
