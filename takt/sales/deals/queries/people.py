"""The colleagues of a deal: who takes part, who watches, with whom it is shared."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from takt.kernel.access.models import Grant
from takt.kernel.access.reach import owners_within, who_may
from takt.kernel.accounts.models import Role, Team, User
from takt.sales.deals.models import Deal, Watcher


@dataclass(frozen=True)
class Around:
    """What the panel shows; `may_share` is the person's own right, so that nothing shared is passed on."""

    deal: Deal
    participants: list[Grant]
    shares: list[Grant]
    watchers: list[User]
    is_watching: bool
    may_share: bool
    may_edit: bool


def live_grants(deal: int, why: str) -> QuerySet[Grant]:
    rows = Grant.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=Now()), kind="deal", object_id=deal, why=why
    )
    return rows.select_related("user", "given_by").order_by("user__sort_key", "pk")


def around(deal: Deal, user: User) -> Around:
    viewers, editors = owners_within(user, "deal"), owners_within(user, "deal", "edit")
    watchers = [
        w.user
        for w in Watcher.objects.filter(deal=deal).select_related("user").order_by("user__sort_key", "pk")
    ]
    return Around(
        deal=deal,
        participants=list(live_grants(deal.pk, Grant.Why.PART)),
        shares=list(live_grants(deal.pk, Grant.Why.SHARE)),
        watchers=watchers,
        is_watching=any(w.pk == user.pk for w in watchers),
        may_share=viewers is None or deal.owner_id in viewers,
        may_edit=editors is None or deal.owner_id in editors,
    )


def part_of(user: User) -> dict[str, Any]:
    """Subqueries for the list's filters: deals that he takes part in, watches, or has shared with him."""
    mine = Grant.objects.filter(Q(expires_at=None) | Q(expires_at__gt=Now()), kind="deal", user=user)
    return {
        "takes_part": mine.filter(why=Grant.Why.PART).values("object_id"),
        "shared": mine.filter(why=Grant.Why.SHARE).values("object_id"),
        "watches": Watcher.objects.filter(user=user).values("deal_id"),
    }


SUPERVISORS = (Role.LEAD, Role.HEAD, Role.VP, Role.CEO)


def supervisors_of(deal: Deal, *, besides: User | None) -> list[User]:
    """Whom to ask for help with a deal: leads who see it, the nearest above its owner first."""
    above: dict[int, int] = {}
    parents = dict(Team.objects.values_list("pk", "parent_id"))
    team = deal.owner.team_id
    while team is not None and team not in above:
        above[team] = len(above)
        team = parents.get(team)
    seeing = who_may("deal", deal.pk, deal.owner_id, unowned_is_shared=False)
    people = User.objects.filter(pk__in=seeing, role__in=SUPERVISORS, is_active=True)
    if besides is not None:
        people = people.exclude(pk=besides.pk)
    far, order = len(above), list(SUPERVISORS)
    return sorted(
        people,
        key=lambda p: (
            above.get(p.team_id, far) if p.team_id else far,
            order.index(Role(p.role)),
            p.sort_key,
        ),
    )
