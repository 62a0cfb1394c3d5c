"""When a mail may go; no database."""

import datetime as dt

DIGEST_AT = dt.time(8, 30)


def end_of_quiet(
    at: dt.datetime, zone: dt.tzinfo, quiet_from: dt.time | None, quiet_until: dt.time | None
) -> dt.datetime:
    """`at`, or the end of the quiet hours that it falls into; they may go over midnight."""
    if quiet_from is None or quiet_until is None or quiet_from == quiet_until:
        return at
    local = at.astimezone(zone)
    now = local.time()
    over_midnight = quiet_from > quiet_until
    is_quiet = now >= quiet_from or now < quiet_until if over_midnight else quiet_from <= now < quiet_until
    if not is_quiet:
        return at
    day = local.date() + dt.timedelta(days=over_midnight and now >= quiet_from)
    return dt.datetime.combine(day, quiet_until, zone).astimezone(dt.UTC)


def next_time(at: dt.datetime, zone: dt.tzinfo, time: dt.time) -> dt.datetime:
    """The next moment after `at` at which the clocks of the zone show this time."""
    today = at.astimezone(zone).date()
    found = dt.datetime.combine(today, time, zone).astimezone(dt.UTC)
    if found <= at:
        found = dt.datetime.combine(today + dt.timedelta(days=1), time, zone).astimezone(dt.UTC)
    return found


FIRST_HOUR, EVENING = dt.time(8), dt.time(18)


def reminder_at(meeting_at: dt.datetime, zone: dt.tzinfo, hours: int) -> dt.datetime:
    """When a client is reminded of a meeting: some hours before; what would be before 08:00 of his day goes at 18:00
    the evening before (domain spec, Decided 19)."""
    found = (meeting_at - dt.timedelta(hours=hours)).astimezone(zone)
    if found.time() < FIRST_HOUR:
        found = dt.datetime.combine(found.date() - dt.timedelta(days=1), EVENING, zone)
    return found.astimezone(dt.UTC)
