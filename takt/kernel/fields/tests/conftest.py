from collections.abc import Callable
from typing import Any

import pytest

from takt.kernel.fields import commands
from takt.kernel.lib.actor import Actor


@pytest.fixture(autouse=True)
def _euro(settings: Any) -> None:
    settings.TAKT_CURRENCY = "EUR"


@pytest.fixture
def a_field(dora: Any, at: Any) -> Callable[..., Any]:
    """`a_field("Region", "choice", options=["North"])` adds a field to deals."""

    def make(name: str, kind: str = "text", entity: str = "deal", **more: Any) -> Any:
        return commands.create_field(entity=entity, name=name, kind=kind, by=Actor(dora), at=at, **more)

    return make


@pytest.fixture
def a_deal(pipeline: Any, at: Any) -> Callable[..., Any]:
    """`a_deal(anna, "Racking", region="north")` is a deal with values of own fields."""
    from takt.sales.deals.commands import NewTask, create_deal

    def make(owner: Any, name: str = "Racking", **custom: Any) -> Any:
        task = NewTask("call", "Call Ilse", at)
        return create_deal(name=name, custom=custom or None, first_task=task, by=Actor(owner), at=at)

    return make
