"""Which commands can take an act back; each room declares its own with `@inverse`."""

from collections.abc import Callable
from typing import Any

inverses: dict[str, Callable[..., Any]] = {}


def inverse[F: Callable[..., Any]](name: str) -> Callable[[F], F]:
    """Register a command under a name that is kept; it is called with the offered arguments, `by` and `at`."""

    def declare(command: F) -> F:
        if name in inverses and inverses[name] is not command:
            raise RuntimeError(f"the inverse {name} is declared twice")
        inverses[name] = command
        return command

    return declare
