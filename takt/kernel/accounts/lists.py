"""What the lists of people and teams can show and be filtered by."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from takt.kernel.accounts.models import Role
from takt.kernel.lib.names import sort_key
from takt.kernel.lists.spec import Column, ListSpec


def named_like(words: str, user: object) -> Q:
    return Q(sort_key__contains=sort_key(words)) | Q(email__contains=words.lower())


USERS = ListSpec(
    resource="users",
    entity="user",
    columns=(
        Column("name", _("Name"), sort="sort_key"),
        Column("email", _("E-mail"), sort="email"),
        Column("role", _("Role"), "choice", choices=lambda user: [(r.value, r.label) for r in Role]),
        Column("team", _("Team"), "ref", path="team_id", nullable=True),
        Column("is_active", _("Active"), "bool"),
    ),
    default_sort="name",
    search=named_like,
)
TEAMS = ListSpec(
    resource="teams",
    entity="team",
    columns=(
        Column("name", _("Name"), sort="name"),
        Column("parent", _("Above it"), "ref", path="parent_id", nullable=True),
    ),
    default_sort="name",
)
