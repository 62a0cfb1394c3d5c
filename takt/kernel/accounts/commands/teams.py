"""The tree of teams."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from takt.kernel.accounts import events, rules
from takt.kernel.accounts.commands.checking import clean_team
from takt.kernel.accounts.commands.loading import demand_administrator, key_of, shown
from takt.kernel.accounts.models import Team
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import NotFound, Stale


@command
def create_team(name: str, parent: Team | int | None = None, *, by: Actor, at: dt.datetime) -> Team:
    """Add a team, below `parent` or at the top."""
    demand_administrator(by)
    checks = Checks()
    team = Team(
        name=checks.text("name", name, most=120, required=True), parent=clean_team(checks, "parent", parent)
    )
    _name_is_free(checks, team)
    checks.finish()
    team.save(force_insert=True)
    record(events.TeamCreated(name=team.name, parent=team.parent_id), about=team, by=by, at=at)
    return team


@command
def edit_team(
    team: Team | int, changes: Mapping[str, Any], *, by: Actor, at: dt.datetime, version: int | None = None
) -> Team:
    """Rename a team or hang it elsewhere; never below itself."""
    demand_administrator(by)
    # All teams are locked: two moves at once could otherwise make a ring together.
    teams = {t.pk: t for t in Team.objects.order_by("pk").select_for_update()}
    row = teams.get(key_of(team))
    if row is None:
        raise NotFound
    if version is not None and version != row.version:
        raise Stale
    checks = Checks()
    new: dict[str, Any] = {}
    for field, value in changes.items():
        if field == "name":
            new["name"] = checks.text("name", value, most=120, required=True)
        elif field == "parent":
            new["parent"] = clean_team(checks, "parent", value)
        else:
            checks.wrong(field, _("There is no such field."), "unknown")
    if "parent" in new and rules.is_cycle(
        row.pk, shown(new["parent"]), {t.pk: t.parent_id for t in teams.values()}
    ):
        checks.wrong("parent", _("A team can't stand below itself."), "cycle")
    changed = [
        {"field": f, "old": shown(getattr(row, f)), "new": shown(v)}
        for f, v in new.items()
        if getattr(row, f) != v
    ]
    for field, value in new.items():
        setattr(row, field, value)
    _name_is_free(checks, row)
    checks.finish()
    if changed:
        row.version += 1
        row.save(update_fields=[*(c["field"] for c in changed), "version"])
        record(events.TeamEdited(changes=changed), about=row, by=by, at=at)
    return row


def _name_is_free(checks: Checks, team: Team) -> None:
    if "\x00" in team.name or checks.problems:
        return
    if Team.objects.filter(name=team.name, parent=team.parent_id).exclude(pk=team.pk).exists():
        checks.wrong("name", _("There is already a team of this name here."), "taken")
