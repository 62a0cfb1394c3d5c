"""People, teams and keys: all writes. Only an administrator administers, and nobody raises himself."""

from takt.kernel.accounts.commands.entering import note_sign_in, note_sign_in_failure
from takt.kernel.accounts.commands.people import (
    change_user,
    create_user,
    deactivate_user,
    edit_user,
    reactivate_user,
    set_password,
)
from takt.kernel.accounts.commands.setting_up import set_up_organisation
from takt.kernel.accounts.commands.teams import create_team, edit_team
from takt.kernel.accounts.commands.tokens import create_token, revoke_token

__all__ = [
    "change_user",
    "create_team",
    "create_token",
    "create_user",
    "deactivate_user",
    "edit_team",
    "edit_user",
    "note_sign_in",
    "note_sign_in_failure",
    "reactivate_user",
    "revoke_token",
    "set_password",
    "set_up_organisation",
]
