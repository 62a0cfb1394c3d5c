"""The rules about customers as the organisation has set them."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from takt.kernel.settings.models import Setting
from takt.sales.customers.rules import RULES, Rule
from takt.sales.deals.rules_gates import effective


def setting_of(key: str) -> str:
    return f"customers.{key}"


@dataclass(frozen=True)
class Held:
    """A rule with the values that hold."""

    rule: Rule
    values: dict[str, Any]

    def number(self, name: str) -> int:
        return int(self.values[name])

    @property
    def starts_on(self) -> dt.date | None:
        text = self.values.get("from")
        return dt.date.fromisoformat(text) if text else None

    @property
    def basis(self) -> str:
        return str(self.values.get("by", ""))

    @property
    def mode(self) -> str:
        return str(self.values["mode"])

    def mode_on(self, day: dt.date) -> str:
        """The mode that holds on a day: before its start, enforcing only warns and warning is off."""
        return effective(self.mode, self.starts_on, day)


def held(key: str) -> Held:
    found = Setting.objects.filter(key=setting_of(key)).values_list("value", flat=True).first()
    return Held(RULES[key], RULES[key].defaults | (found or {}))


def all_held() -> list[Held]:
    rows = dict(Setting.objects.filter(key__in=[setting_of(k) for k in RULES]).values_list("key", "value"))
    return [Held(rule, rule.defaults | (rows.get(setting_of(key)) or {})) for key, rule in RULES.items()]
