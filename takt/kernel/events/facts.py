"""How a fact is declared: its permanent name, its typed payload and its sentence on the timeline."""

import dataclasses
import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar, dataclass_transform

from takt.kernel.lib.refusals import Text

registered: dict[str, type["Fact"]] = {}


def personal() -> Any:
    """A field whose value belongs to a person: it is stored encrypted under that person's key only."""
    return dataclasses.field(default=None, metadata={"personal": True})


class Fact:
    """Base of all event payloads; subclasses are declared with `@fact`."""

    kind: ClassVar[str]
    sentence: ClassVar[Text]

    @classmethod
    @cache
    def personal_fields(cls) -> frozenset[str]:
        return frozenset(f.name for f in dataclasses.fields(cls) if f.metadata.get("personal"))  # type: ignore[arg-type]

    def split(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The open and the personal part of the payload, as JSON values."""
        sealed = type(self).personal_fields()
        values = {name: plain(value) for name, value in vars(self).items()}
        if not sealed:
            return values, {}
        personal_part = {n: v for n, v in values.items() if n in sealed and v is not None}
        return {n: v for n, v in values.items() if n not in sealed}, personal_part


def plain(value: Any) -> Any:
    """A JSON value: decimals and dates as strings."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return value


@dataclass_transform(frozen_default=True)
def fact[T: Fact](kind: str, sentence: Text) -> Callable[[type[T]], type[T]]:
    """Register a fact under its name, which is for ever; `sentence` is a %-format over the payload."""

    def declare(cls: type[T]) -> type[T]:
        if taken := {"kind", "sentence"} & set(cls.__annotations__):
            raise RuntimeError(f"the event {kind} has a field {taken}, which names the event itself")
        made = dataclasses.dataclass(frozen=True)(cls)
        if kind in registered:
            raise RuntimeError(f"the event {kind} is declared twice")
        made.kind, made.sentence = kind, sentence
        registered[kind] = made
        return made

    return declare
