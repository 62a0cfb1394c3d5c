"""Telling people of violations that have become certain."""

import datetime as dt

from takt.insight.bonus.events import BonusViolationFound
from takt.insight.bonus.queries import ledgers, people_of
from takt.insight.bonus.rules import COUNTS, first_of, last_month
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.office.notifications.commands import notify
from takt.office.notifications.models import Notification
from takt.sales.deals.queries.gates import today_of

LOOK_BACK = dt.timedelta(days=14)
KIND = "bonus.violation"


@command
def note_violations(*, by: Actor, at: dt.datetime) -> int:
    """Record each violation that counts once, and tell the person while he can object (domain spec N-25)."""
    today = today_of(at)
    this = first_of(today)
    told = set(Notification.objects.filter(kind=KIND, at__gt=at - 2 * LOOK_BACK).values_list("user", "key"))
    count = 0
    for month in (last_month(this), this):
        for ledger in ledgers(people_of(None, month), month, today):
            for line in ledger.lines:
                person, audit = ledger.person, line.finding.audit
                key = f"bonus-violation:{audit}:{line.check}"
                is_old = line.finding.known_on < today - LOOK_BACK
                if line.state != COUNTS or is_old or not person.is_active or (person.pk, key) in told:
                    continue
                record(BonusViolationFound(audit=audit), about=("audit", audit), by=by, at=at)
                notify(
                    person.pk,
                    kind=KIND,
                    key=key,
                    params={},
                    url=f"/bonus/{person.pk}?month={month:%Y-%m}",
                    by=by,
                    at=at,
                )
                count += 1
    return count
