import datetime as dt
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router
from pydantic import WithJsonSchema

from takt.kernel.access.edge import acting
from takt.kernel.access.problems import PROBLEMS, Currency, Input
from takt.kernel.lists.answers import api_list
from takt.kernel.money import commands
from takt.kernel.money.lists import RATES
from takt.kernel.money.models import ExchangeRate

router = Router(tags=["rates"])


class NewRate(Input):
    currency: Currency
    on: dt.date
    rate: Annotated[str, WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,9}(\.[0-9]{1,10})?$"})]


def as_json(row: ExchangeRate) -> dict[str, Any]:
    return {
        "id": row.pk,
        "currency": row.currency,
        "on": row.on.isoformat(),
        "rate": f"{row.rate.normalize():f}",
    }


@router.get("/rates", response={200: dict[str, Any], **PROBLEMS})
def list_rates(request: HttpRequest) -> dict[str, Any]:
    """What one unit of a currency is worth in the organisation's currency, from which day on."""
    return api_list(request, RATES, ExchangeRate.objects.all(), as_json)


@router.post("/rates", response={201: dict[str, Any], **PROBLEMS})
def set_rate(request: HttpRequest, payload: NewRate) -> Any:
    """Set a currency's rate from a day on; a second one of the same day replaces the first."""
    row = commands.set_rate(payload.currency, payload.on, payload.rate, **acting(request))
    return 201, as_json(row)
