"""The people of the firm as the one search box finds them: by a part of the name, by e-mail or by team."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from takt.kernel.access.reach import owners_within
from takt.kernel.accounts.models import User
from takt.kernel.lib.search import Wanted
from takt.kernel.lists.palette import nearness_of

MOST_PEOPLE = 5000


def find_colleagues(user: User, looked_for: Wanted, limit: int) -> Iterator[tuple[str, ...]]:
    """Those whose deals the reader may see, himself among them; each leads to his open deals.

    Who works here comes before who has left, and says so.
    """
    people = User.objects.order_by("-is_active", "sort_key", "pk")
    owners = owners_within(user, "deal", "view")
    if owners is not None:
        people = people.filter(pk__in={*owners, user.pk})
    rows = people.values_list("pk", "name", "email", "team__name", "is_active")[:MOST_PEOPLE]
    found = []
    for pk, name, email, team, is_active in rows:
        near = nearness_of(looked_for, name, email, team or "")
        if near is not None:
            found.append((not is_active, near, pk, name, email, team))
    found.sort(key=lambda row: row[:2])
    for is_gone, _near, pk, name, email, team in found[:limit]:
        about = f"{email} · {team}" if team else email
        yield (
            name,
            about,
            f"/deals?owner={pk}&status=open",
            "",
            _("no longer here") if is_gone else "",
            "none",
        )
