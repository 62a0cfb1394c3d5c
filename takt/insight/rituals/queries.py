"""What a team's stand-up shows, gathered from what happened; a fixed number of questions for any team."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import RowNumber

from takt.insight.audits.judging import start_of
from takt.insight.rituals.models import Practice, StandUp, StandUpWords
from takt.insight.rituals.rules import looked_back_on, round_on
from takt.kernel.access.reach import owners_within, teams_below
from takt.kernel.accounts.models import Team, User
from takt.sales.activities.models import Task
from takt.sales.contacts.models import Company
from takt.sales.deals.models import Deal, StagePassage

DAY = dt.timedelta(days=1)
MOST_DONE, MOST_MOVES, MOST_PLAN = 30, 20, 10


def teams_of(user: User) -> list[tuple[int, str]]:
    """Whose stand-ups the person may open: all teams where he reads everybody's deals, else his own and those below."""
    reach = owners_within(user, "deal")
    teams = Team.objects.order_by("name", "pk").values_list("pk", "name")
    if reach is None:
        return list(teams)
    if not reach or user.team_id is None:
        return []
    below = [user.team_id] if reach == {user.pk} else teams_below(user.team_id)
    return list(teams.filter(pk__in=below))


def people_in(team: int) -> list[User]:
    """Those who sell in a team, in the order of their names; a leader without a team of his own speaks too."""
    sellers = User.objects.filter(team=team, is_active=True, role__in=("rep", "lead"))
    return list(sellers.order_by("sort_key", "pk"))


@dataclass(frozen=True)
class Act:
    """Something done, or to be done: `deal` and `client` only as far as the reader may see them."""

    id: int
    icon: str
    title: str
    result: str
    deal: int | None
    deal_name: str
    client: str
    at: dt.datetime
    is_late: bool = False


@dataclass(frozen=True)
class Move:
    """A deal that went on, back or into a pipeline, or was closed."""

    deal: int
    name: str
    client: str
    way: str  # new, up, down, won, lost
    from_stage: str
    to_stage: str
    amount: Any
    currency: str
    why: str


@dataclass
class Turn:
    """What the stand-up shows of one person; `is_seen` is false where only his turn may be shown."""

    person: User
    is_seen: bool
    done: list[Act] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    plan: list[Act] = field(default_factory=list)
    done_count: int = 0
    moved_count: int = 0  # without those that were closed, which are shown all
    planned: int = 0
    late: int = 0
    words: StandUpWords | None = None

    def of_client(self) -> list[tuple[str, list[Act]]]:
        """What was done, customer by customer."""
        found: dict[str, list[Act]] = {}
        for act in self.done:
            found.setdefault(act.client or act.deal_name, []).append(act)
        return list(found.items())


@dataclass(frozen=True)
class Round:
    """A team's stand-up of a day."""

    day: dt.date
    since: dt.date
    meeting: StandUp | None
    turns: list[Turn]


def round_of(user: User, team: int, day: dt.date, today: dt.date) -> Round:
    """The stand-up of a team within the person's reach (`teams_of`)."""
    people = people_in(team)
    meeting = StandUp.objects.filter(team=team, day=day).select_related("led_by").first()
    keys = [p.pk for p in people]
    order = [pk for pk in (meeting.round_of if meeting else round_on(day, keys)) if pk in keys]
    order += [pk for pk in keys if pk not in order]
    reach = owners_within(user, "deal")
    turns = {p.pk: Turn(p, reach is None or p.pk in reach or p.pk == user.pk) for p in people}
    seen = [pk for pk, turn in turns.items() if turn.is_seen]
    since = looked_back_on(day)
    begin, end = start_of(since), start_of(day)
    done = _done(user, seen, begin, end)
    plan = _plan(user, seen, day, day == today)
    moves = _moves(user, seen, begin, end)
    closed = _closed(user, seen, begin, end)
    names = _Names(user, [*done, *plan], [*moves, *closed])
    for row in done:
        turns[row["done_by"]].done_count = row["of_person"]
        turns[row["done_by"]].done.append(names.act(row, "done_at"))
    for row in plan:
        turn = turns[row["assignee"]]
        turn.planned, turn.late = row["of_person"], row["late"]
        turn.plan.append(names.act(row, "due_at", late_before=end))
    for row in moves:
        turns[row["deal__owner"]].moved_count = row["of_person"]
        turns[row["deal__owner"]].moves.append(names.move(row))
    for row in closed:
        turns[row["owner"]].moves.append(names.closing(row))
    for words in StandUpWords.objects.filter(person__in=seen, day=day):
        turns[words.person_id].words = words
    return Round(day, since, meeting, [turns[pk] for pk in order])


ABOUT = ("id", "title", "type__icon", "result", "deal", "company", "contact__company", "deal__company")


def _done(user: User, people: Collection[int], begin: dt.datetime, end: dt.datetime) -> list[Any]:
    """What each did, whoever it was planned for: a deputy is credited for his work."""
    by_person: dict[str, Any] = {"partition_by": F("done_by")}
    rows = Task.objects.visible_to(user).filter(
        status=Task.Status.DONE, done_at__gte=begin, done_at__lt=end, done_by__in=people
    )
    rows = rows.annotate(
        of_person=Window(Count("*"), **by_person),
        nth=Window(RowNumber(), order_by=["-done_at", "-id"], **by_person),
    ).filter(nth__lte=MOST_DONE)
    return list(rows.order_by("done_at", "id").values(*ABOUT, "done_by", "done_at", "of_person"))


def _plan(user: User, people: Collection[int], day: dt.date, is_today: bool) -> list[Any]:
    """Today: what is open and due by tonight. Of a past day: what was due on it, whatever became of it."""
    begin, end = start_of(day), start_of(day + DAY)
    rows = Task.objects.visible_to(user).filter(assignee__in=people, due_at__lt=end)
    rows = rows.open() if is_today else rows.filter(due_at__gte=begin).exclude(status=Task.Status.CANCELLED)
    by_person: dict[str, Any] = {"partition_by": F("assignee")}
    rows = rows.annotate(
        of_person=Window(Count("*"), **by_person),
        late=Window(Count("id", filter=Q(due_at__lt=begin)), **by_person),
        # The latest come first: what is long overdue is counted, and linked to.
        nth=Window(RowNumber(), order_by=["-due_at", "-id"], **by_person),
    ).filter(nth__lte=MOST_PLAN)
    return list(rows.order_by("due_at", "id").values(*ABOUT, "assignee", "due_at", "of_person", "late"))


def _moves(user: User, people: Collection[int], begin: dt.datetime, end: dt.datetime) -> list[Any]:
    """Deals begun and deals moved; a stage only passed through within the same moment is no move."""
    before = StagePassage.objects.filter(deal=OuterRef("deal"), id__lt=OuterRef("id")).order_by("-id")
    rows: QuerySet[Any] = StagePassage.objects.filter(
        deal__in=Deal.objects.visible_to(user).filter(owner__in=people, last_activity_at__gte=begin),
        entered_at__gte=begin,
        entered_at__lt=end,
    )
    rows = rows.annotate(
        from_stage=Subquery(before.values("stage__name")[:1]),
        from_position=Subquery(before.values("stage__position")[:1]),
        of_person=Window(Count("*"), partition_by=F("deal__owner")),
        nth=Window(RowNumber(), order_by=["-entered_at", "-id"], partition_by=F("deal__owner")),
    ).filter(nth__lte=MOST_MOVES)
    return list(
        rows.order_by("entered_at", "id").values(
            "deal", "deal__name", "deal__company", "deal__owner", "deal__amount", "deal__currency",
            "stage__name", "stage__position", "from_stage", "from_position",
            "of_person",
        )
    )  # fmt: skip


def _closed(user: User, people: Collection[int], begin: dt.datetime, end: dt.datetime) -> list[Any]:
    rows = Deal.objects.visible_to(user).exclude(status=Deal.Status.OPEN)
    rows = rows.filter(owner__in=people, last_activity_at__gte=begin, closed_at__gte=begin, closed_at__lt=end)
    fields = ("id", "name", "company", "owner", "amount", "currency", "status", "stage__name")
    return list(rows.order_by("closed_at", "id").values(*fields, "loss_reason__name", "loss_comment"))


class _Names:
    """Names of the deals and customers that occur, as far as the reader may see them."""

    def __init__(self, user: User, acts: list[Any], moves: list[Any]) -> None:
        deals = {row["deal"] for row in acts if row["deal"]}
        clients = {self._client(row) for row in acts}
        clients |= {row.get("company") or row.get("deal__company") for row in moves}
        seen = Deal.objects.visible_to(user).filter(pk__in=deals)
        self.deals = dict(seen.values_list("pk", "name"))
        shown = Company.objects.visible_to(user).filter(pk__in=[pk for pk in clients if pk])
        self.clients = dict(shown.values_list("pk", "name"))

    @staticmethod
    def _client(row: Any) -> int | None:
        found: int | None = row["deal__company"] or row["company"] or row["contact__company"]
        return found

    def act(self, row: Any, when: str, late_before: dt.datetime | None = None) -> Act:
        deal = row["deal"] if row["deal"] in self.deals else None
        return Act(
            row["id"], row["type__icon"], row["title"], row["result"], deal,
            self.deals.get(row["deal"], ""), self.clients.get(self._client(row) or 0, ""), row[when],
            late_before is not None and row[when] < late_before,
        )  # fmt: skip

    def move(self, row: Any) -> Move:
        came = row["from_position"]
        way = "new" if came is None else "up" if came < row["stage__position"] else "down"
        return Move(
            row["deal"], row["deal__name"], self.clients.get(row["deal__company"], ""), way,
            row["from_stage"] or "", row["stage__name"], row["deal__amount"], row["deal__currency"], "",
        )  # fmt: skip

    def closing(self, row: Any) -> Move:
        why = " · ".join(part for part in (row["loss_reason__name"], row["loss_comment"]) if part)
        return Move(
            row["id"], row["name"], self.clients.get(row["company"], ""), row["status"],
            row["stage__name"], "", row["amount"], row["currency"], why,
        )  # fmt: skip


def practices(*, words: str = "", stage: int | None = None, author: int | None = None) -> QuerySet[Practice]:
    """What worked, the latest first; all the words are in it."""
    rows = Practice.objects.alive().select_related("author", "stage__pipeline").order_by("-day", "-pk")
    for word in words.split()[:8]:
        rows = rows.filter(text__icontains=word)
    if stage is not None:
        rows = rows.filter(stage=stage)
    return rows if author is None else rows.filter(author=author)


def large_teams(most: int) -> list[tuple[int, str, int]]:
    """Teams with more people than one can lead well (domain spec 3.6), and how many they have."""
    people = Count("members", filter=Q(members__is_active=True, members__role="rep"))
    rows = Team.objects.annotate(people=people).filter(people__gt=most)
    return list(rows.order_by("-people", "name").values_list("pk", "name", "people"))
