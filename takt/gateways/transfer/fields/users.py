"""People and teams: only a preset brings them in, so no heading is recognised."""

from django.utils.translation import gettext_lazy as _

from takt.gateways.transfer.fields.field import Field

FIELDS = (
    Field("name", _("Name")),
    Field("email", _("E-mail")),
    Field("team", _("Team")),
    Field("parent_team", _("Team above")),
)
REQUIRED = (("name",),)
"""One field of each group has to have a column."""
