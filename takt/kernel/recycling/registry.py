"""What the recycle bin holds; each room adds its kind of record in `participants.py`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from takt.kernel.access.reach import may, owners_within
from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import Text
from takt.kernel.lists.acts import Doings, doings
from takt.kernel.lists.spec import Column, ListSpec
from takt.kernel.recycling.acts import acts_of


@dataclass(frozen=True)
class Binned:
    """One kind of record: `rows` are those that the person may bring back, the commands take their keys."""

    kind: str
    label: Text
    spec: ListSpec
    rows: Callable[[User | None], QuerySet[Any]]
    restore: Callable[..., int]
    purge: Callable[..., int]
    position: int = 50

    @property
    def doings(self) -> Doings:
        """What is done in the background where it is many."""
        return doings[self.spec.resource]

    def __post_init__(self) -> None:
        Doings(
            spec=self.spec,
            rows=self.rows,
            path=f"/recycle-bin?kind={self.kind}",
            acts=acts_of(self.rows, self.restore, self.purge),
            may_act=lambda user, act: may(user, act) if act == "administer" else may_restore(user, self.kind),
            has_pages=False,
        )


bins: list[Binned] = []


def bins_of(user: User) -> list[Binned]:
    """The kinds of which the person may delete something."""
    return sorted((b for b in bins if may_restore(user, b.kind)), key=lambda b: b.position)


def may_restore(user: User, kind: str) -> bool:
    """Whether the person may delete, and so bring back, any record of a kind."""
    owners = owners_within(user, kind, "delete")
    return owners is None or bool(owners)


def bin_spec(resource: str, entity: str, name: Text) -> ListSpec:
    """The list of what was deleted of one kind: who deleted it, when, and until when it can come back."""
    return ListSpec(
        resource=f"bin_{resource}",
        entity=entity,
        columns=(
            Column("name", name, sort="sort_key"),
            Column("owner", _("Owner"), kind="ref", nullable=True),
            Column("deleted_by", _("Deleted by"), kind="ref", nullable=True),
            Column("deleted_at", _("Deleted"), kind="datetime", sort="deleted_at"),
            Column("purged_at", _("Removed for good"), kind="datetime", path="deleted_at", filterable=False),
        ),
        default_sort="-deleted_at",
        search=True,
        views=((_("Deleted by me"), "deleted_by=me"),),
    )
