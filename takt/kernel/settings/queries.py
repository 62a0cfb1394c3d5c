"""The rules' parameters as they hold now."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from takt.kernel.lib.standing import standing
from takt.kernel.settings.models import Setting
from takt.kernel.settings.rules import PARAMETERS, Parameter


def value_of(key: str) -> int:
    """The parameter as the administrator set it, or its default."""
    found = Setting.objects.filter(key=key).values_list("value", flat=True).first()
    return PARAMETERS[key].default if found is None else int(found)


@standing
def _set() -> QuerySet[Any]:
    return Setting.objects.values_list("key", "value")


def all_values() -> dict[str, int]:
    found = dict(_set())
    return {key: int(found.get(key, p.default)) for key, p in PARAMETERS.items()}


@dataclass(frozen=True)
class Held:
    """A parameter with the value that holds, and who set it when; nobody where it is the default untouched."""

    key: str
    parameter: Parameter
    value: int
    changed_by: str
    changed_at: dt.datetime | None

    @property
    def is_default(self) -> bool:
        return self.value == self.parameter.default


def held() -> list[Held]:
    rows = {row.key: row for row in Setting.objects.select_related("changed_by")}
    found = []
    for key, parameter in PARAMETERS.items():
        row = rows.get(key)
        found.append(
            Held(
                key,
                parameter,
                parameter.default if row is None else int(row.value),
                row.changed_by.name if row is not None and row.changed_by is not None else "",
                row.changed_at if row is not None else None,
            )
        )
    return found
