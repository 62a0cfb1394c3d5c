"""What the list of deals can show, be filtered and ordered by."""

from collections.abc import Callable, Container
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, ExpressionWrapper, F, Func, IntegerField, OuterRef, Q, Value, When
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from takt.kernel.access.models import Grant
from takt.kernel.access.reach import owners_within
from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import Text
from takt.kernel.lists.spec import Column, ListSpec
from takt.kernel.recycling.registry import bin_spec
from takt.sales.contacts.models import Source
from takt.sales.deals.models import (
    Competitor,
    Deal,
    DealContact,
    DealQuerySet,
    DealType,
    LossReason,
    Pipeline,
    SpecialKind,
    Stage,
    Watcher,
)
from takt.sales.deals.queries.finding import holding

type Choice = list[tuple[Any, Text]]


def pipelines(user: User) -> Choice:
    return list(Pipeline.objects.order_by("position", "id").values_list("pk", "name"))


def stages(user: User) -> Choice:
    """Every stage, after its pipeline's name where there is more than one."""
    rows = list(
        Stage.objects.order_by("pipeline__position", "pipeline_id", "position").values_list(
            "pk", "name", "pipeline__name"
        )
    )
    if len({pipeline for _pk, _name, pipeline in rows}) < 2:
        return [(pk, name) for pk, name, _pipeline in rows]
    return [(pk, f"{pipeline}: {name}") for pk, name, pipeline in rows]


def types(user: User) -> Choice:
    return list(DealType.objects.order_by("position", "id").values_list("pk", "name"))


def sources(user: User) -> Choice:
    return list(Source.objects.order_by("position", "id").values_list("pk", "name"))


def reasons(user: User) -> Choice:
    return list(LossReason.objects.order_by("position", "id").values_list("pk", "name"))


def competitors(user: User) -> Choice:
    return list(Competitor.objects.order_by("sort_key", "id").values_list("pk", "name")[:500])


def statuses(user: User) -> Choice:
    return list(Deal.Status.choices)


def granted_to(why: str) -> Callable[[tuple[Any, ...] | None], Q]:
    """The deals in which any of these people takes part, or that are shared with any of them."""

    def where(people: tuple[Any, ...] | None) -> Q:
        rows = Grant.objects.filter(NOT_EXPIRED, kind="deal", why=why)
        rows = rows if people is None else rows.filter(user__in=people)
        return Q(pk__in=rows.values("object_id"))

    return where


def watched_by(people: tuple[Any, ...] | None) -> Q:
    rows = Watcher.objects.all() if people is None else Watcher.objects.filter(user__in=people)
    return Q(pk__in=rows.values("deal_id"))


def special_for(kinds: tuple[Any, ...] | None) -> Q:
    """Deals marked as special for any reason, or for one of these."""
    is_special = ~Q(special=[])
    return is_special if kinds is None else is_special & Q(special__overlap=list(kinds))


def flagged_for(flags: tuple[Any, ...] | None) -> Q:
    """Deals that need a look in spite of a next step, for any reason or for one of these."""
    found = Q()
    for flag in FLAGS if flags is None else flags:
        found |= Q(**{f"pace_flags__{flag}": True})
    return found


def flag_choices(user: Any) -> list[tuple[Any, Text]]:
    return list(FLAGS.items())


def special_reasons(user: Any) -> list[tuple[Any, Text]]:
    return list(SpecialKind.objects.order_by("position", "id").values_list("pk", "name"))


FLAGS: dict[str, Text] = {
    "too_far": _("Next contact too far away"),
    "stale": _("Stands still in spite of a task"),
}
NOT_EXPIRED = Q(expires_at=None) | Q(expires_at__gt=Now())


# Win chance first, the nearer expected close before the farther (feature DL32).
LIKELY = ExpressionWrapper(
    Coalesce(F("probability"), F("stage__probability")) * Value(100_000)
    + Func(
        F("expected_close_on"), template="(DATE '2200-01-01' - %(expressions)s)", output_field=IntegerField()
    ),
    output_field=IntegerField(),
)

DEALS = ListSpec(
    resource="deals",
    entity="deal",
    columns=(
        Column("name", _("Deal"), sort="sort_key"),
        Column("company", _("Company"), kind="ref", nullable=True),
        Column("amount", _("Amount"), kind="money", sort="amount", nullable=True),
        Column("stage", _("Stage"), kind="ref", choices=stages, sort="stage__position"),
        Column("status", _("State"), kind="choice", choices=statuses, shown=False),
        Column("owner", _("Owner"), kind="ref"),
        Column("next_task", _("Next step"), kind="ref", nullable=True),
        Column("next_due_at", _("Due"), kind="datetime", sort="next_due_at", nullable=True),
        Column(
            "expected_close_date",
            _("Closes"),
            kind="date",
            path="expected_close_on",
            sort="expected_close_on",
            nullable=True,
        ),
        Column("last_activity_at", _("Last activity"), kind="datetime", sort="last_activity_at"),
        Column("currency", _("Currency"), shown=False),
        Column("contractor_cost", _("Contractor cost"), kind="money", shown=False, nullable=True),
        Column("pipeline", _("Pipeline"), kind="ref", choices=pipelines, shown=False),
        Column("type", _("Type"), kind="ref", choices=types, shown=False, nullable=True),
        Column("source", _("Source"), kind="ref", choices=sources, shown=False, nullable=True),
        Column(
            "probability",
            _("Own probability, %"),
            kind="number",
            sort="probability",
            shown=False,
            nullable=True,
        ),
        Column(
            "stage_entered_at", _("In the stage since"), kind="datetime", sort="stage_entered_at", shown=False
        ),
        Column("closed_at", _("Closed"), kind="datetime", sort="closed_at", shown=False, nullable=True),
        Column("loss_reason", _("Reason of loss"), kind="ref", choices=reasons, shown=False, nullable=True),
        Column("tags", _("Tags"), kind="tags", shown=False, nullable=True),
        Column(
            "special",
            _("Special opportunity"),
            kind="ref",
            choices=special_reasons,
            where=special_for,
            shown=False,
            nullable=True,
        ),
        Column(
            "flags",
            _("Flags"),
            kind="choice",
            choices=flag_choices,
            where=flagged_for,
            shown=False,
            nullable=True,
        ),
        Column(
            "participant",
            _("Takes part"),
            kind="ref",
            where=granted_to("part"),
            shown=False,
            nullable=True,
        ),
        Column(
            "watcher",
            _("Watches"),
            kind="ref",
            where=watched_by,
            shown=False,
            nullable=True,
        ),
        Column(
            "shared_with",
            _("Shared with"),
            kind="ref",
            where=granted_to("share"),
            shown=False,
            nullable=True,
        ),
        Column("contacts", _("Contacts"), kind="ref", path="parts__contact", shown=False, nullable=True),
        Column(
            "bant",
            _("BANT, of 8"),
            kind="number",
            path="qualification__bant",
            sort="qualification__bant",
            shown=False,
            nullable=True,
        ),
        Column(
            "meddic",
            _("MEDDIC, of 12"),
            kind="number",
            path="qualification__meddic",
            sort="qualification__meddic",
            shown=False,
            nullable=True,
        ),
        Column(
            "competitors",
            _("Competitors"),
            kind="ref",
            path="rivals__competitor",
            choices=competitors,
            shown=False,
            nullable=True,
        ),
        Column(
            "likely",
            _("Likely first"),
            kind="number",
            sort="likely",
            filterable=False,
            shown=False,
            nullable=True,
            expression=LIKELY,
        ),
        Column("created_at", _("Added"), kind="datetime", sort="created_at", shown=False),
        Column("updated_at", _("Changed"), kind="datetime", sort="updated_at", shown=False),
    ),
    default_sort="-last_activity_at",
    search=holding,
    has_fields=True,
    views=(
        (_("Open"), "status=open"),
        (_("Finished"), "status=won,lost"),
        (_("Won"), "status=won"),
        (_("Lost"), "status=lost"),
        (_("Mine"), "status=open&owner=me"),
        (_("No next step"), "status=open&next_task__empty=true"),
        (_("Closing this month"), "status=open&expected_close_date=this_month"),
        (_("Likely this month"), "status=open&expected_close_date=this_month&sort=-likely"),
        (_("I take part"), "participant=me"),
        (_("I watch"), "watcher=me"),
        (_("Shared with me"), "shared_with=me"),
    ),
)


def deal_rows(user: User, names: Container[str] | None = None) -> DealQuerySet:
    """The deals a user may see; their customers only where he may see those as well.

    `names`: what will be asked of them, where that is known; what isn't costs nothing then.
    """
    rows: DealQuerySet = Deal.objects.visible_to(user)
    added: dict[str, Any] = {}
    if names is None or "seen_company" in names or "seen_company_id" in names:
        seen = _seen("company", user)
        added["seen_company"] = Case(When(seen, then=F("company__name")), default=Value(""))
        added["seen_company_id"] = Case(When(seen, then=F("company_id")), default=None)
    if names is None or "seen_parent_id" in names:
        added["seen_parent_id"] = Case(When(_seen_parent(user), then=F("parent_id")), default=None)
    if names is None or "contact_list" in names:
        people = DealContact.objects.filter(_seen("contact", user), deal=OuterRef("pk"))
        added["contact_list"] = ArraySubquery(people.order_by("position", "id").values("contact_id"))
    return rows.annotate(**added)  # type: ignore[return-value]


def _seen_parent(user: User) -> Q:
    owners = owners_within(user, "deal")
    mine = Q() if owners is None else Q(parent__owner__in=sorted(owners))
    return Q(parent__isnull=False, parent__deleted_at=None) & mine


def _seen(path: str, user: User) -> Q:
    """Where the customer at `path` stands and is one that the user may see; a join, so that few rows stay few."""
    stands = Q(**{f"{path}__isnull": False, f"{path}__deleted_at": None})
    owners = owners_within(user, path)
    if owners is None:
        return stands
    mine = Q(**{f"{path}__owner__in": sorted(owners)})
    return stands & (mine | Q(**{f"{path}__owner": None}) if owners else mine)


BINNED_DEALS = bin_spec("deals", "deal", _("Deal"))


def binned_deals(user: User | None) -> DealQuerySet:
    return Deal.objects.restorable_by(user)  # type: ignore[no-any-return]
