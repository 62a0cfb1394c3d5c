"""What follows a fact: subscribers run after commit, on the worker, once per event."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from takt.kernel.events.models import Event

type Effect = Callable[[Event], None]


@dataclass(frozen=True)
class Subscription:
    name: str
    kinds: tuple[str, ...]
    effect: Effect
    historic: bool


subscriptions: dict[str, Subscription] = {}


def subscriber(*kinds: str, historic: bool = False) -> Callable[[Effect], Effect]:
    """Call the function for each of these facts, at least once; its effect is committed exactly once.

    `historic` ones are told also of what an import, the demo or a restore brings in.
    """

    def subscribe(effect: Effect) -> Effect:
        name = f"{effect.__module__}.{effect.__name__}"
        subscriptions[name] = Subscription(name, kinds, effect, historic)
        wanted_kinds.cache_clear()
        return effect

    return subscribe


@cache
def wanted_kinds(*, historic: bool) -> frozenset[str]:
    return frozenset(k for s in subscriptions.values() if s.historic or not historic for k in s.kinds)
