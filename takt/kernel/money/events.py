from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from takt.kernel.events.facts import Fact, fact


@fact("rate.set", _("set the rate of %(currency)s from %(on)s on to %(rate)s"))
class RateSet(Fact):
    currency: str
    on: str
    rate: Decimal
    old: Decimal | None
