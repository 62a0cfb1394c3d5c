"""What the lists of tasks and notes can show, be filtered and ordered by."""

import datetime as dt
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, F, Q, QuerySet
from django.db.models.functions import Left
from django.utils.translation import gettext_lazy as _

from takt.kernel.access.reach import reach_of
from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import Text
from takt.kernel.lib.search import matching
from takt.kernel.lists.spec import Column, ListSpec, Sought
from takt.sales.activities.models import Note, Task, TaskType
from takt.sales.contacts.models import Company
from takt.sales.deals.models import Deal

STATUSES: list[tuple[str, Text]] = [("open", _("Open")), ("done", _("Done")), ("cancelled", _("Cancelled"))]


def type_choices(user: Any) -> list[tuple[str, Text]]:
    return list(TaskType.objects.order_by("position", "id").values_list("slug", "name"))


def status_choices(user: Any) -> list[tuple[str, Text]]:
    return STATUSES


COMMON = 5_000


def by_words(words: str, user: Any) -> Sought:
    """Every word stands in the title, or in the name of the deal or the company, where the reader may see these.

    Where few tasks have the words they are looked up first. Where many have, they are met soon on a walk through the
    list in its order, which a condition on each row leaves the database free to do.
    """
    given = words.split()[:8]
    everywhere = reduce(and_, (_anywhere(word, user) for word in given))
    found = [rows.filter(everywhere).values_list("pk", flat=True) for rows in _places(given, user)]
    keys = list(found[0].union(*found[1:], all=True)[: COMMON + 1])
    if len(keys) > COMMON:
        # Each may have been met in all three places.
        return Sought(everywhere, more_than=COMMON // 5)
    return Sought(Q(pk__in=set(keys)))


def _anywhere(word: str, user: Any) -> Q:
    """The same of one row; whose deal and company these are is read from the row, not looked up in the set of all
    that the reader sees."""
    in_deal, in_company = Q(deal__name__icontains=word), Q(company__name__icontains=word)
    deals, shared_deals = reach_of(user, "deal")
    if deals is not None:
        in_deal &= Q(deal_owner__in=sorted(deals)) | Q(deal__in=sorted(shared_deals))
    companies, shared = reach_of(user, "company")
    if companies is not None:
        own = Q(company__owner__in=sorted(companies)) | Q(company__in=sorted(shared))
        in_company &= own | Q(company__owner=None) if companies else own
    return (
        Q(title__icontains=word)
        | in_deal & Q(deal__deleted_at=None)
        | in_company & Q(company__deleted_at=None)
    )


def _places(words: list[str], user: Any) -> list[QuerySet[Task]]:
    """Where tasks with all the words may be: some stand in the title, or all with the deal, which is found by the
    name of its company too, or all with the company."""
    titled = reduce(or_, (Q(title__icontains=word) for word in words))
    deals = Deal.objects.visible_to(user).filter(*(matching(word) for word in words)).order_by()
    companies = Company.objects.visible_to(user).filter(*(matching(word) for word in words)).order_by()
    tasks: QuerySet[Task] = Task.objects.order_by()
    return [tasks.filter(titled), tasks.filter(deal__in=deals), tasks.filter(company__in=companies)]


def with_overdue[Q_: QuerySet[Any]](rows: Q_, at: dt.datetime) -> Q_:
    """Rows with `is_overdue`, which the filter `overdue` needs."""
    late = ExpressionWrapper(Q(status="open", due_at__lt=at), output_field=BooleanField())
    return rows.annotate(is_overdue=late)


TASKS = ListSpec(
    resource="tasks",
    entity="task",
    columns=(
        Column("title", _("Task"), sort="title"),
        Column("type", _("Type"), kind="choice", path="type__slug", choices=type_choices),
        Column("due_at", _("Due"), kind="datetime", sort="due_at"),
        Column("deal", _("Deal"), kind="ref", path="deal_id", nullable=True),
        Column("company", _("Company"), kind="ref", path="company_id", nullable=True),
        Column("contact", _("Contact"), kind="ref", path="contact_id", nullable=True, shown=False),
        Column("assignee", _("Assignee"), kind="ref", path="assignee_id", sort="assignee__sort_key"),
        Column("status", _("Status"), kind="choice", choices=status_choices),
        Column("overdue", _("Overdue"), kind="bool", path="is_overdue", shown=False),
        Column("result", _("Result"), shown=False),
        Column("outcome", _("Outcome"), shown=False),
        Column("minutes", _("Minutes"), kind="number", sort="minutes", shown=False, nullable=True),
        Column("done_at", _("Done at"), kind="datetime", sort="done_at", shown=False, nullable=True),
        Column("created_at", _("Created"), kind="datetime", sort="created_at", shown=False),
    ),
    default_sort="-due_at",
    search=by_words,
    views=(
        (_("My open"), "status=open&assignee=me&sort=due_at"),
        (_("Overdue"), "overdue=true&sort=due_at"),
        (_("Today"), "status=open&due_at=today&sort=due_at"),
        (_("Done this week"), "status=done&done_at=this_week&sort=-done_at"),
    ),
)

NOTES = ListSpec(
    resource="notes",
    entity="note",
    columns=(
        Column("body", _("Note")),
        Column("deal", _("Deal"), kind="ref", path="deal_id", nullable=True),
        Column("company", _("Company"), kind="ref", path="company_id", nullable=True),
        Column("contact", _("Contact"), kind="ref", path="contact_id", nullable=True),
        Column("author", _("Author"), kind="ref", path="author_id", nullable=True),
        Column("created_at", _("Written"), kind="datetime", sort="created_at"),
    ),
    default_sort="-created_at",
)


def _bin(resource: str, entity: str, name: Text) -> ListSpec:
    """What was removed of one kind; its name is its title or the beginning of its text."""
    return ListSpec(
        resource=resource,
        entity=entity,
        columns=(
            Column("name", name),
            Column("deleted_by", _("Deleted by"), kind="ref", nullable=True),
            Column("deleted_at", _("Deleted"), kind="datetime", sort="deleted_at"),
            Column("purged_at", _("Removed for good"), kind="datetime", path="deleted_at", filterable=False),
        ),
        default_sort="-deleted_at",
        views=((_("Deleted by me"), "deleted_by=me"),),
    )


BINNED_TASKS = _bin("bin_tasks", "task", _("Task"))
BINNED_NOTES = _bin("bin_notes", "note", _("Note"))


def binned_tasks(user: User | None) -> QuerySet[Task]:
    return Task.objects.restorable_by(user).annotate(name=F("title"))


def binned_notes(user: User | None) -> QuerySet[Note]:
    return Note.objects.restorable_by(user).annotate(name=Left("body", 120))
