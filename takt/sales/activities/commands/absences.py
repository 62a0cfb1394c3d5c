"""Who is away from when until when, and who does his work meanwhile (domain spec 2.5)."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from takt.kernel.access.reach import colleagues_of
from takt.kernel.access.rules import Level, rights_of
from takt.kernel.accounts.models import Absence, User
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Forbidden, NotFound, Refused, Stale
from takt.kernel.undo.registry import inverse
from takt.sales.activities import events

LONGEST_DAYS = 366


def keeps_absences_of(user: User | None, person: int) -> bool:
    """Whether the user may record when the person is away: his own, or those of people he leads."""
    if user is None or user.pk == person:
        return True
    level = rights_of(user.role, "task").edit
    return level == Level.ALL or (level == Level.TEAM and person in colleagues_of(user))


@command
def record_absence(
    user: Any,
    from_on: Any,
    until_on: Any,
    deputy: Any = None,
    note: str = "",
    *,
    by: Actor,
    at: dt.datetime,
) -> Absence:
    """Say that somebody is away on these days, both included; the deputy sees and does his work meanwhile."""
    checks = Checks()
    person = _person(user, "user", checks)
    if person is not None and not keeps_absences_of(by.user, person.pk):
        raise Forbidden
    given = {"from_on": from_on, "until_on": until_on, "deputy": deputy, "note": note}
    absence = Absence(user=person, created_at=at, created_by=by.user)
    _fill(absence, given, checks, at=at)
    absence.save(force_insert=True)
    _tell_deputy(absence.deputy)
    fact = events.AbsenceRecorded(**_days(absence), deputy=absence.deputy_id)
    record(fact, about=[("user", absence.user_id)], by=by, at=at)
    return absence


@command
def change_absence(
    absence: Any, changes: Mapping[str, Any], *, by: Actor, at: dt.datetime, version: int | None = None
) -> Absence:
    """Other days, another deputy or another note for an absence that isn't over."""
    row = _locked(absence, by=by, version=version)
    _must_be_ahead(row, at)
    before, old_deputy = _days(row) | {"deputy": row.deputy_id, "note": row.note}, row.deputy
    checks = Checks()
    for field in changes:
        if field not in {"from_on", "until_on", "deputy", "note"}:
            checks.wrong(field, _("There is no such field."), "unknown")
    given = {
        "from_on": before["from_on"],
        "until_on": before["until_on"],
        "deputy": old_deputy,
        "note": row.note,
    }
    _fill(row, given | dict(changes), checks, at=at)
    after = _days(row) | {"deputy": row.deputy_id, "note": row.note}
    if after != before:
        row.version += 1
        row.save()
        _tell_deputy(old_deputy)
        _tell_deputy(row.deputy)
        changed = [{"field": f, "old": before[f], "new": after[f]} for f in after if before[f] != after[f]]
        record(events.AbsenceChanged(changes=changed), about=[("user", row.user_id)], by=by, at=at)
    return row


@command
def end_absence(absence: Any, *, by: Actor, at: dt.datetime) -> Absence:
    """He is back, or isn't going: an absence that has begun ends now, one still ahead is cancelled."""
    row = _locked(absence, by=by)
    _must_be_ahead(row, at)
    if row.starts_at < at:
        row.ends_at = at
    else:
        row.cancelled_at = at
    row.version += 1
    row.save(update_fields=["ends_at", "cancelled_at", "version"])
    _tell_deputy(row.deputy)
    record(
        events.AbsenceEnded(is_early=row.cancelled_at is None), about=[("user", row.user_id)], by=by, at=at
    )
    return row


@inverse("activities.resume_absence")
@command
def resume_absence(absence: int, ends_at: str, *, by: Actor, at: dt.datetime) -> Absence:
    """Take back the end of an absence, as long as nothing else has been recorded for those days."""
    row = _locked(absence, by=by)
    row.ends_at, row.cancelled_at = dt.datetime.fromisoformat(ends_at), None
    checks = Checks()
    _must_fit(row, checks)
    checks.finish()
    row.version += 1
    row.save(update_fields=["ends_at", "cancelled_at", "version"])
    _tell_deputy(row.deputy)
    record(
        events.AbsenceRecorded(**_days(row), deputy=row.deputy_id),
        about=[("user", row.user_id)],
        by=by,
        at=at,
    )
    return row


def _locked(ref: Any, *, by: Actor, version: int | None = None) -> Absence:
    number = ref.pk if isinstance(ref, Absence) else ref
    if not isinstance(number, int) or not 0 < number < 2**63:
        raise NotFound
    rows = Absence.objects.select_for_update(of=("self",)).select_related("user", "deputy")
    row = rows.filter(pk=number).first()
    if row is None or not (keeps_absences_of(by.user, row.user_id) or row.deputy_id == by.user_id):
        raise NotFound
    if not keeps_absences_of(by.user, row.user_id):
        raise Forbidden
    if version is not None and version != row.version:
        raise Stale
    return row


def _must_be_ahead(row: Absence, at: dt.datetime) -> None:
    if row.cancelled_at is not None or row.ends_at <= at:
        raise Refused(_("This absence is over."), code="over")


def _fill(row: Absence, given: Mapping[str, Any], checks: Checks, *, at: dt.datetime) -> None:
    """The days, the deputy and the note, checked together; refused with everything that is wrong."""
    first, last = (checks.day(f, given[f]) for f in ("from_on", "until_on"))
    for field, value in (("from_on", first), ("until_on", last)):
        if value is None and not any(p.field == field for p in checks.problems):
            checks.wrong(field, _("Enter a date."), "required")
    row.note = checks.text("note", given["note"], most=200)
    row.deputy = _person(given["deputy"], "deputy", checks) if given["deputy"] else None
    if first and last:
        row.starts_at, row.ends_at = _midnight(first), _midnight(last + dt.timedelta(days=1))
        if last < first:
            checks.wrong("until_on", _("The last day lies before the first."), "backwards")
        elif (last - first).days >= LONGEST_DAYS:
            checks.wrong("until_on", _("An absence lasts a year at most."), "too_long")
        elif row.ends_at <= at:
            checks.wrong("until_on", _("These days are over."), "over")
    if not checks.problems:
        _must_fit(row, checks)
    checks.finish()


def _must_fit(row: Absence, checks: Checks) -> None:
    """No second absence on the same days, and nobody stands in who is away himself."""
    people = [row.user_id, *([row.deputy_id] if row.deputy_id else [])]
    # Locked, so that two absences at once can't name each other's deputy.
    list(User.objects.filter(pk__in=people).order_by("pk").select_for_update(no_key=True))
    same_days = Absence.objects.filter(
        cancelled_at=None, starts_at__lt=row.ends_at, ends_at__gt=row.starts_at
    ).exclude(pk=row.pk)
    if same_days.filter(user=row.user_id).exists():
        checks.wrong("from_on", _("An absence is already recorded for some of these days."), "overlapping")
    if minded := same_days.filter(deputy=row.user_id).select_related("user").first():
        sentence = _("On these days the work of %(name)s is in these hands. Name another deputy there first.")
        checks.wrong("from_on", sentence % {"name": minded.user.name}, "stands_in")
    if row.deputy is None:
        return
    if row.deputy_id == row.user_id:
        checks.wrong("deputy", _("Choose a colleague."), "himself")
    elif rights_of(row.deputy.role, "deal").edit == Level.DENIED:
        checks.wrong("deputy", _("In this role nobody can do a colleague's work."), "may_not")
    elif same_days.filter(user=row.deputy_id).exists():
        checks.wrong("deputy", _("This colleague is away on some of these days."), "away")


def _person(given: Any, field: str, checks: Checks) -> User | None:
    if isinstance(given, User):
        found: User | None = given
    elif isinstance(given, str) and "@" in given:
        found = User.objects.filter(email__iexact=given.strip()).first()
    else:
        text = str(given or "")
        is_key = text.isascii() and text.isdigit() and len(text) < 19
        found = User.objects.filter(pk=int(text)).first() if is_key else None
    if found is None or not found.is_active:
        checks.wrong(field, _("Choose an active user."), "unknown")
        if field == "user":
            checks.finish()
        return None
    return found


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(
        dt.datetime.combine(day, dt.time()), timezone.get_default_timezone()
    ).astimezone(dt.UTC)


def _days(row: Absence) -> dict[str, Any]:
    zone = timezone.get_default_timezone()
    last = (row.ends_at - dt.timedelta(microseconds=1)).astimezone(zone).date()
    return {"from_on": row.starts_at.astimezone(zone).date().isoformat(), "until_on": last.isoformat()}


def _tell_deputy(deputy: User | None) -> None:
    """How long the person may be asked for whom he stands in."""
    if deputy is None:
        return
    standing = Absence.objects.filter(deputy=deputy, cancelled_at=None)
    until = standing.aggregate(last=Max("ends_at"))["last"]
    User.objects.filter(pk=deputy.pk).update(stands_in_until=until)
    deputy.stands_in_until = until
    deputy.__dict__.pop("_stood_in_for", None)


@command
def leave_deputies_place(user: User, *, by: Actor, at: dt.datetime) -> None:
    """Whoever stops working here stands in for nobody; those absences stand without a deputy, and say so."""
    for row in (
        Absence.objects.filter(deputy=user, ends_at__gt=at, cancelled_at=None)
        .order_by("pk")
        .select_for_update()
    ):
        row.deputy = None
        row.version += 1
        row.save(update_fields=["deputy", "version"])
        changed = [{"field": "deputy", "old": user.pk, "new": None}]
        record(events.AbsenceChanged(changes=changed), about=[("user", row.user_id)], by=by, at=at)
    _tell_deputy(user)
