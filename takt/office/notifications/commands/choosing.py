"""How a person wants to be told."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, Problem, Stale
from takt.office.notifications.events import NotificationsChosen
from takt.office.notifications.kinds import GROUPS, MAIL
from takt.office.notifications.models import Choice

TIMES = ("quiet_from", "quiet_until", "digest_at")


@command
def choose(changes: Mapping[str, Any], *, version: int | None = None, by: Actor, at: dt.datetime) -> Choice:
    """Change one's own way of being told: `groups` {group: {bell, mail}}, `quiet_from`, `quiet_until`, `digest_at`.

    It holds for what is told from now on.
    """
    if by.user is None:
        raise Forbidden
    Choice.objects.get_or_create(user=by.user)
    row = Choice.objects.select_for_update().get(user=by.user)
    if version is not None and version != row.version:
        raise Stale
    problems: list[Problem] = []
    groups = _groups(changes.get("groups", {}), row, problems)
    times = {name: _time(changes[name], name, problems) for name in TIMES if name in changes}
    if "digest_at" in times and times["digest_at"] is None:
        problems.append(Problem("digest_at", "required", _("Say at what time the daily mail is to come.")))
    new = {"groups": groups, **times}
    quiet = [new.get(name, getattr(row, name)) for name in ("quiet_from", "quiet_until")]
    if (quiet[0] is None) != (quiet[1] is None):
        missing = "quiet_from" if quiet[0] is None else "quiet_until"
        problems.append(Problem(missing, "required", _("Quiet hours need a beginning and an end.")))
    if problems:
        raise Invalid(errors=problems)
    changed = sorted(name for name, value in new.items() if getattr(row, name) != value)
    if changed:
        for name in changed:
            setattr(row, name, new[name])
        row.version += 1
        row.save(update_fields=[*changed, "version"])
        record(NotificationsChosen(fields=changed), about=by.user, by=by, at=at)
    return row


def _groups(given: Any, row: Choice, problems: list[Problem]) -> dict[str, Any]:
    """What differs from the usual way, so that a better default reaches everybody who never chose."""
    found = {name: dict(chosen) for name, chosen in row.groups.items() if name in GROUPS}
    for name, wish in given.items():
        usual = GROUPS.get(name)
        mail, bell = wish.get("mail"), wish.get("bell")
        if usual is None or (mail is not None and mail not in MAIL):
            problems.append(Problem(f"groups.{name}"[:80], "unknown", _("There is no such choice.")))
            continue
        chosen = found.get(name, {})
        if mail is not None:
            chosen["mail"] = mail
        if bell is not None:
            chosen["bell"] = bool(bell)
        found[name] = {what: value for what, value in chosen.items() if value != getattr(usual, what)}
    return {name: chosen for name, chosen in found.items() if chosen}


def _time(given: Any, name: str, problems: list[Problem]) -> dt.time | None:
    if given is None or isinstance(given, dt.time):
        return given.replace(second=0, microsecond=0, tzinfo=None) if given else None
    text = str(given).strip()
    if not text:
        return None
    try:
        return dt.time.fromisoformat(text).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        problems.append(Problem(name, "unreadable", _("Enter a time such as 22:00.")))
        return None
