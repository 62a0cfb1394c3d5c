"""Deals and tasks by words, for the one search box."""

from django.utils import timezone

from takt.kernel.accounts.models import User
from takt.kernel.lib.names import fold
from takt.kernel.lib.search import matching
from takt.kernel.ui import formats
from takt.sales.activities.models import Task
from takt.sales.deals.models import Deal


def find_deals(user: User, q: str, limit: int) -> list[tuple[str, str, str]]:
    """Open deals first, the latest at work before older ones."""
    rows = (
        Deal.objects.visible_to(user)
        .filter(matching(q))
        .values_list("id", "name", "amount", "currency", "status")
    )
    found = rows.order_by("-last_activity_at", "-id")[: limit * 3]
    ranked = sorted(found, key=lambda r: r[4] != "open")[:limit]
    return [
        (name, formats.money(amount, currency), f"/deals/{pk}")
        for pk, name, amount, currency, _status in ranked
    ]


def find_tasks(user: User, q: str, limit: int) -> list[tuple[str, str, str]]:
    """Open tasks whose title has the words, the next due first; among the person's own."""
    rows = Task.objects.visible_to(user).open().filter(assignee=user)
    for word in fold(q).split()[:8]:
        rows = rows.filter(title__icontains=word)
    found = rows.order_by("due_at").values_list("id", "title", "due_at")[:limit]
    now = timezone.now()
    return [(title, formats.due(due_at, now), f"/tasks/{pk}") for pk, title, due_at in found]
