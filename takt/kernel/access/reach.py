"""The one road by which records are read and taken for change."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from takt.kernel.access import rules
from takt.kernel.access.models import Grant
from takt.kernel.access.rules import Level
from takt.kernel.access.stale import changed_since
from takt.kernel.accounts.acts import demand, may
from takt.kernel.accounts.models import Absence, Team, User
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, NotFound
from takt.kernel.lib.standing import standing


def teams_below(team: int | None) -> list[int]:
    """A team and every team under it."""
    if team is None:
        return []
    children: dict[int | None, list[int]] = {}
    for pk, parent in Team.objects.values_list("pk", "parent_id"):
        children.setdefault(parent, []).append(pk)
    found, queue = [], [team]
    while queue:
        found.append(current := queue.pop())
        queue += children.get(current, [])
    return found


def colleagues_of(user: User) -> frozenset[int]:
    """The user and everyone in his team and below; kept for the request on the user object."""
    known: frozenset[int] | None = getattr(user, "_colleagues", None)
    if known is None:
        ids = User.objects.filter(team_id__in=teams_below(user.team_id)).values_list("pk", flat=True)
        known = frozenset(ids) | {user.pk}
        user._colleagues = known  # type: ignore[attr-defined]
    return known


def stood_in_for(user: User) -> frozenset[int]:
    """The absent colleagues whose work the user does today; asked once for the request."""
    if user.stands_in_until is None:
        return frozenset()
    known: frozenset[int] | None = getattr(user, "_stood_in_for", None)
    if known is None:
        away = Absence.objects.filter(
            deputy=user.pk, cancelled_at=None, starts_at__lte=Now(), ends_at__gt=Now()
        )
        known = frozenset(away.values_list("user_id", flat=True))
        user._stood_in_for = known  # type: ignore[attr-defined]
    return known


def own_reach(user: User | None, entity: str, act: str = "view") -> frozenset[int] | None:
    """`owners_within` by the user's own role, without what he may only because he stands in for somebody."""
    if user is None:
        return None
    level = rules.rights_of(user.role, entity).level(act)
    if level == Level.ALL:
        return None
    if level == Level.TEAM:
        return colleagues_of(user)
    return frozenset({user.pk}) if level == Level.OWN else frozenset()


def owners_within(user: User | None, entity: str, act: str = "view") -> frozenset[int] | None:
    """Whose records of this kind the user may view, edit, delete or export; None means everybody's.

    A deputy sees and does the work of those he stands in for; he removes and exports nothing of theirs.
    """
    owners = own_reach(user, entity, act)
    if user is None or not owners or act not in {"view", "edit"}:
        return owners
    return owners | stood_in_for(user)


def demand_own(owners: Iterable[int | None], entity: str, *, by: Actor) -> None:
    """Forbidden where a deputy would hand on what he only looks after: who is responsible stays as it was."""
    if by.user is None or not (minded := stood_in_for(by.user)):
        return
    own = own_reach(by.user, entity, "edit")
    if own is not None and any(owner in minded and owner not in own for owner in owners):
        raise Forbidden(_("You stand in for an absent colleague; who is responsible stays as it is."))


def granted(user: User | None, entity: str, act: str = "view") -> frozenset[int]:
    """Keys of the single records of this kind that the person may view or edit beyond his role.

    Asked once for the request, and never of whoever has nothing shared with him. No grant outdoes a role that
    may not do the act at all, and none gives the right to delete or to export.
    """
    if user is None or not user.has_grants or act not in {"view", "edit"}:
        return frozenset()
    if rules.rights_of(user.role, entity).level(act) == Level.DENIED:
        return frozenset()
    known: dict[tuple[str, str], frozenset[int]] | None = getattr(user, "_granted", None)
    if known is None:
        found: dict[tuple[str, str], set[int]] = {}
        rows = Grant.objects.filter(Q(expires_at=None) | Q(expires_at__gt=Now()), user=user.pk)
        for kind, number, level in rows.values_list("kind", "object_id", "level"):
            for may in ("view", "edit") if level == Grant.Level.EDIT else ("view",):
                found.setdefault((kind, may), set()).add(number)
        known = {key: frozenset(ids) for key, ids in found.items()}
        user._granted = known  # type: ignore[attr-defined]
    return known.get((entity, act), frozenset())


def reach_of(
    user: User | None, entity: str, act: str = "view"
) -> tuple[frozenset[int] | None, frozenset[int]]:
    """Whose records of this kind, and which single ones beside them, the person reaches."""
    owners = owners_within(user, entity, act)
    return owners, frozenset() if owners is None else granted(user, entity, act)


def sight_of(user: User | None, *entities: str) -> list[Any]:
    """All that decides which records of these kinds a person sees, ready to be compared with what it was before."""
    found: list[Any] = [user.role if user else ""]
    for entity in entities:
        owners, single = reach_of(user, entity)
        found += [None if owners is None else sorted(owners), sorted(single)]
    return found


def who_may(
    entity: str, number: int, owner: int | None, act: str = "view", *, unowned_is_shared: bool = True
) -> frozenset[int]:
    """The active people who may view or edit one record: the same rule, asked from the record's side."""
    users = list(User.objects.filter(is_active=True).only("id", "role", "team_id"))
    levels = {u.pk: rules.rights_of(u.role, entity).level(act) for u in users}
    teams = dict(User.objects.values_list("pk", "team_id")) if owner is not None else {}
    parents = dict(Team.objects.values_list("pk", "parent_id"))
    above: set[int] = set()
    team = teams.get(owner) if owner is not None else None
    while team is not None and team not in above:
        above.add(team)
        team = parents.get(team)
    found = set()
    for user in users:
        level = levels[user.pk]
        if (
            level == Level.ALL
            or (level > Level.DENIED and owner == user.pk)
            or (level > Level.DENIED and owner is None and unowned_is_shared)
            or (level == Level.TEAM and user.team_id in above)
        ):
            found.add(user.pk)
    if owner is not None and act in {"view", "edit"}:
        away = Absence.objects.filter(user=owner, cancelled_at=None, starts_at__lte=Now(), ends_at__gt=Now())
        deputies = set(away.exclude(deputy=None).values_list("deputy_id", flat=True))
        found |= {pk for pk in deputies if levels.get(pk, Level.DENIED)}
    given = Grant.objects.filter(Q(expires_at=None) | Q(expires_at__gt=Now()), kind=entity, object_id=number)
    if act == "edit":
        given = given.filter(level=Grant.Level.EDIT)
    found |= {pk for pk in given.values_list("user_id", flat=True) if levels.get(pk, Level.DENIED)}
    return frozenset(found)


def may_add(user: User | None, entity: str) -> bool:
    return user is None or rules.rights_of(user.role, entity).add


def demand_add(by: Actor, entity: str) -> None:
    if not may_add(by.user, entity):
        raise Forbidden


__all__ = [
    "OwnedQuerySet",
    "demand",
    "demand_add",
    "demand_own",
    "granted",
    "may",
    "may_add",
    "own_reach",
    "owners_within",
    "reach_of",
    "stood_in_for",
    "teams_below",
    "touched",
    "who_may",
]


class OwnedQuerySet[M: models.Model](models.QuerySet):  # type: ignore[type-arg]
    """Rows that have an owner; the subclass names the kind and may widen what is seen."""

    entity = ""
    owner_path = "owner_id"
    unowned_is_shared = True

    def within(self, user: User | None, act: str) -> Q:
        """The condition under which `user` may do `act` with a row."""
        return self._of(*reach_of(user, self.entity, act), act)

    def _of(self, owners: frozenset[int] | None, shared: frozenset[int], act: str) -> Q:
        if owners is None:
            return Q()
        condition = Q(**{f"{self.owner_path}__in": sorted(owners)})
        if self.unowned_is_shared and owners and act in {"view", "edit"}:
            condition |= Q(**{f"{self.owner_path}__isnull": True})
        if shared:
            condition |= Q(pk__in=sorted(shared))
        return condition

    def within_reach(self, owners: frozenset[int] | None, shared: frozenset[int]) -> Self:
        """As `visible_to`, for a standing question: what is seen by whoever has this `reach_of`."""
        assert type(self).within is OwnedQuerySet.within, "this kind of record is seen by more than its owner"
        return self.alive().filter(self._of(owners, shared, "view"))

    def alive(self) -> Self:
        return self.filter(deleted_at=None)

    def binned(self) -> Self:
        """What lies in the recycle bin."""
        return self.exclude(deleted_at=None)

    def restorable_by(self, user: User | None) -> Self:
        """What lies in the recycle bin and the person may bring back (domain spec 5.3).

        An administrator everything, others what they deleted themselves, as long as they have the right to.
        """
        rows = self.binned()
        if may(user, "administer"):
            return rows
        return rows.filter(self.within(user, "delete"), deleted_by=user)

    def visible_to(self, user: User | None, act: str = "view") -> Self:
        """Rows that `user` may see (or edit, delete, export); without what lies in the recycle bin."""
        return self.alive().filter(self.within(user, act))

    def found(self, ref: Any, *, by: User | None) -> M:
        """The visible row, or NotFound: hidden and missing are the same answer."""
        row = self.visible_to(by).filter(pk=_pk(ref)).first()
        if row is None:
            raise NotFound
        return row

    def locked(self, ref: Any, *, by: Actor, may: str = "edit", version: int | None = None) -> M:
        """The row, locked for change: NotFound, Forbidden or Stale in one place."""
        number = _pk(ref)
        if self._is_plain():
            row = next(iter(_locked_row(self.model, number, *reach_of(by.user, self.entity))), None)
        else:
            rows = self.select_for_update(of=("self",))
            row = rows.visible_to(by.user).filter(pk=number).first()
        if row is None:
            raise NotFound
        # Whoever may do with a row all that he may see needs no second look.
        is_narrower = self.within(by.user, may) != self.within(by.user, "view")
        if is_narrower and not self.visible_to(by.user, may).filter(pk=row.pk).exists():
            raise Forbidden
        if version is not None and version != row.version:  # type: ignore[attr-defined]
            raise changed_since(row, version)
        return row

    def _is_plain(self) -> bool:
        """Whether these are simply all records of the kind, so that one of them is locked by a standing question."""
        query = self.query
        return not (
            query.where or query.select_related or query.annotations or query.deferred_loading[0]
        ) and type(self).within is OwnedQuerySet.within  # fmt: skip

    def locked_many(self, refs: Iterable[Any], *, by: Actor, may: str = "edit") -> list[M]:
        """The rows of `refs` that the person may change, locked in key order."""
        ids = sorted({_pk(r) for r in refs})
        return list(
            self.visible_to(by.user, may).filter(pk__in=ids).order_by("pk").select_for_update(of=("self",))
        )

    def locked_in_bin(self, refs: Iterable[Any], *, by: Actor) -> list[M]:
        """The rows of `refs` in the recycle bin, locked in key order; NotFound unless all may be restored.

        Whoever may delete nothing of this kind is told so, whatever he asks for.
        """
        owners = owners_within(by.user, self.entity, "delete")
        if owners is not None and not owners:
            raise Forbidden
        ids = sorted({_pk(r) for r in refs})
        rows = self.restorable_by(by.user).filter(pk__in=ids).order_by("pk").select_for_update(of=("self",))
        found = list(rows)
        if len(found) != len(ids):
            raise NotFound
        return found


@standing
def _locked_row(
    model: Any, number: int, owners: frozenset[int] | None, shared: frozenset[int]
) -> models.QuerySet[Any]:
    rows = model.objects.within_reach(owners, shared).filter(pk=number)
    return rows.select_for_update(of=("self",))  # type: ignore[no-any-return]


def _pk(ref: Any) -> int:
    value = ref.pk if isinstance(ref, models.Model) else ref
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise NotFound from None
    if not 0 < number < 2**63:
        raise NotFound
    return number


def touched(row: Any, at: dt.datetime) -> None:
    """A change of a record: its version goes up, so that a stale edit is refused."""
    row.version += 1
    row.updated_at = at
