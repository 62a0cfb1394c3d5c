"""Who acts, and by which road."""

from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Actor:
    """The author of a command: a user (None is Takt itself), the road taken and what caused it.

    `via` is `ui`, `api`, `timer`, `import:9`, `rule:12`, `demo` or `restore`.
    """

    user: Any = None
    via: str = "ui"
    cause: int | None = None
    depth: int = 0

    @property
    def user_id(self) -> int | None:
        return self.user.pk if self.user is not None else None

    @property
    def is_historic(self) -> bool:
        """Brings the past in: nobody is told, no rule fires."""
        return self.via.split(":")[0] in {"import", "demo", "restore"}

    def through(self, via: str) -> "Actor":
        return replace(self, via=via)
