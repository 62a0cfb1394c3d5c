import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from takt.kernel.accounts.acts import demand
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.money.events import RateSet
from takt.kernel.money.models import ExchangeRate

SMALLEST, LARGEST = Decimal("0.0000000001"), Decimal(10) ** 10


@command
def set_rate(currency: str, on: Any, rate: Any, *, by: Actor, at: dt.datetime) -> ExchangeRate:
    """What one unit of `currency` is worth in the organisation's currency from day `on` on.

    Only an administrator; a second rate of the same day replaces the first.
    """
    demand(by, "administer")
    checks = Checks()
    code = checks.currency("currency", currency)
    if code == settings.TAKT_CURRENCY:
        checks.wrong(
            "currency", _("This is the organisation's own currency: its rate is always 1."), "own_currency"
        )
    day = checks.day("on", on)
    if day is None and not checks.problems:
        checks.wrong("on", _("Choose the day from which the rate holds."), "required")
    value = _rate(checks, rate)
    checks.finish()
    assert day is not None  # finish() has refused a missing one
    old = ExchangeRate.objects.filter(currency=code, on=day).values_list("rate", flat=True).first()
    row, _new = ExchangeRate.objects.update_or_create(currency=code, on=day, defaults={"rate": value})
    record(RateSet(currency=code, on=str(day), rate=value, old=old), about=("rate", row.pk), by=by, at=at)
    return row


def _rate(checks: Checks, text: Any) -> Decimal:
    try:
        rate = Decimal(str(text).strip().replace(",", "."))
    except InvalidOperation:
        rate = Decimal("NaN")
    if not rate.is_finite() or not SMALLEST <= rate < LARGEST:
        checks.wrong("rate", _("Enter the rate as a number above zero, such as 1.0842."))
        return Decimal(1)
    if rate != rate.quantize(SMALLEST):
        checks.wrong("rate", _("At most ten digits after the point."), "too_precise")
    return rate
