"""Twelve months of a believable sales history, drawn from a fixed seed and ending now. No database here."""

import datetime as dt
import random
from dataclasses import dataclass, field

WORK_FROM, WORK_TO = 9, 18
# Chance to leave each of the seven stages forward, and days spent there (median).
FORWARD = [0.86, 0.86, 0.84, 0.84, 0.80, 0.86, 0.93]
DAYS = [7, 11, 14, 18, 16, 13, 12]
TYPE_MIX = [("call", 34), ("email", 26), ("messenger", 16), ("linkedin", 8), ("meeting", 10), ("task", 6)]


@dataclass
class Step:
    stage: int
    entered_at: dt.datetime
    left_at: dt.datetime | None = None
    exit: str = ""


@dataclass
class Action:
    kind: str
    created_at: dt.datetime
    due_at: dt.datetime
    done_at: dt.datetime | None


@dataclass
class Story:
    """One deal's life: its stages, its end and what was done for it."""

    owner: int
    created_at: dt.datetime
    steps: list[Step]
    status: str
    closed_at: dt.datetime | None
    actions: list[Action] = field(default_factory=list)


class Clock:
    """Working moments of one time zone up to now."""

    def __init__(self, now: dt.datetime, zone: dt.tzinfo, draw: random.Random) -> None:
        self.now, self.zone, self.draw = now, zone, draw

    def at_work(self, moment: dt.datetime) -> dt.datetime:
        """The moment moved into working hours of a working day, never beyond now."""
        local = moment.astimezone(self.zone)
        while local.weekday() >= 5:
            local += dt.timedelta(days=1)
        if not WORK_FROM <= local.hour < WORK_TO:
            local = local.replace(
                hour=self.draw.randrange(WORK_FROM, WORK_TO), minute=self.draw.randrange(0, 60, 5)
            )
        return min(local.replace(second=0, microsecond=0), self.now)

    def working_days_back(self, count: int) -> list[dt.date]:
        """Today, whatever its weekday, and the latest working days before it."""
        day = self.now.astimezone(self.zone).date()
        found = [day]
        day -= dt.timedelta(days=1)
        while len(found) < count:
            if day.weekday() < 5:
                found.append(day)
            day -= dt.timedelta(days=1)
        return found


def tell(owner: int, born: dt.datetime, clock: Clock, draw: random.Random, *, pace: float) -> Story:
    """Let a deal live from its birth until it is won, lost or meets the present."""
    steps: list[Step] = []
    moment = born
    for stage, (forward, days) in enumerate(zip(FORWARD, DAYS, strict=True)):
        step = Step(stage, moment)
        steps.append(step)
        stay = dt.timedelta(days=max(0.3, days * draw.lognormvariate(0, 0.6) * pace))
        leave = clock.at_work(moment + stay)
        if moment + stay >= clock.now or leave <= moment:
            return Story(owner, born, steps, "open", None)
        step.left_at = leave
        if draw.random() > forward:
            step.exit = "lost"
            return Story(owner, born, steps, "lost", leave)
        step.exit = "advanced"
        moment = leave
    steps[-1].exit = "won"
    return Story(owner, born, steps, "won", steps[-1].left_at)


def fill_past(story: Story, clock: Clock, draw: random.Random, *, every: float) -> None:
    """The sales actions of a deal's past, about one per `every` days, outside of the dense last days."""
    until = min(story.closed_at or clock.now, clock.now - dt.timedelta(days=11))
    moment = story.created_at + dt.timedelta(hours=draw.uniform(1, 20))
    while moment < until:
        done = clock.at_work(moment)
        if done >= until:
            break
        late = draw.random() < 0.12
        due = (
            done - dt.timedelta(hours=draw.uniform(4, 40))
            if late
            else done + dt.timedelta(hours=draw.uniform(0.2, 6))
        )
        planned = min(due, done) - dt.timedelta(days=draw.uniform(0.5, 4))
        story.actions.append(
            Action(kind_of(draw), max(planned, story.created_at), max(due, story.created_at), done)
        )
        moment = done + dt.timedelta(days=max(0.4, draw.expovariate(1 / every)))


def fill_dense(stories: list[Story], clock: Clock, draw: random.Random, *, per_day: int) -> None:
    """The last ten days of one rep: his live deals worked through, day by day, and today half done."""
    for day in clock.working_days_back(9):
        live = [
            s
            for s in stories
            if s.created_at.astimezone(clock.zone).date() <= day
            and (s.closed_at is None or s.closed_at.astimezone(clock.zone).date() >= day)
        ]
        if not live:
            continue
        for _ in range(per_day + draw.randrange(-4, 5)):
            story = draw.choice(live)
            moment = dt.datetime.combine(
                day, dt.time(draw.randrange(WORK_FROM, WORK_TO), draw.randrange(60)), clock.zone
            )
            if not story.created_at < moment < min(clock.now, story.closed_at or clock.now):
                continue
            due = moment + dt.timedelta(minutes=draw.randrange(-90, 120))
            planned = max(story.created_at, min(moment, due) - dt.timedelta(days=draw.uniform(0.2, 3)))
            story.actions.append(Action(kind_of(draw), planned, max(due, story.created_at), moment))


def next_step(story: Story, clock: Clock, draw: random.Random, *, today_share: float) -> Action | None:
    """The open task of an open deal: some are late, a share is due today; a few deals have none."""
    chance = draw.random()
    if chance < 0.02:
        return None
    today = clock.now.astimezone(clock.zone).date()
    if chance < 0.10:
        day, planned = today - dt.timedelta(days=draw.randrange(1, 5)), 8
    elif chance < 0.10 + today_share:
        day, planned = today, 3
    else:
        day, planned = today + dt.timedelta(days=draw.randrange(1, 12)), 2
    while day.weekday() >= 5 and day != today:
        day += dt.timedelta(days=1)
    due = dt.datetime.combine(
        day, dt.time(draw.randrange(WORK_FROM, WORK_TO), draw.choice([0, 15, 30, 45])), clock.zone
    )
    created = max(story.created_at, clock.now - dt.timedelta(days=planned, hours=draw.randrange(1, 9)))
    return Action(kind_of(draw), min(created, clock.now), due, None)


def kind_of(draw: random.Random) -> str:
    return draw.choices([k for k, _ in TYPE_MIX], [w for _, w in TYPE_MIX])[0]
