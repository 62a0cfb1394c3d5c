"""A machine that does to deals and tasks whatever people do, in any order, and says beforehand what will happen.

Every rule knows, from a picture of the rows alone, whether the act is refused, with which code, and which events it
leaves. What is true at every moment stands in `picture.py`.
"""

import datetime as dt
import os
import uuid
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from takt.kernel.lib.actor import Actor
from takt.kernel.lib.checks import checks
from takt.kernel.lib.refusals import Refusal
from takt.kernel.undo.commands import offer, take_back
from takt.ops.doctor.dump import canonical_lines
from takt.sales.deals import commands
from takt.sales.deals.commands import (
    Closing,
    NewLine,
    NewTask,
    Snooze,
    import_undone,
    importing,
    many_tasks,
    undoing,
    updating,
)
from takt.sales.deals.models import Deal
from tests.properties.picture import Picture, events_after, last_event, replayed, violations

PEOPLE = ("anna", "boris", "carla", "dora", "cleo", "admin")
SELLERS = ("anna", "boris", "carla", "dora")
# Whose records each may see, change and delete (domain spec 5.2, written down here once more).
SEES = {"anna": {"anna"}, "boris": {"anna", "boris"}, "carla": {"carla"}}
EDITS = {**SEES, "cleo": set()}
DELETES_DEALS = {"admin"}
REOPENS_WON = {"boris", "dora", "admin"}
# Whoever else moves a deal back says why (domain spec P9).
MANAGERS = {"boris", "dora", "admin"}
MOST_CONTACTS = 5

who = st.sampled_from((*PEOPLE, "dora", "admin"))
seldom = st.sampled_from([False, False, False, True])
why = st.sampled_from(["", "They asked for it"])
number = st.integers(0, 40)
amounts = st.none() | st.sampled_from(["0", "0.01", "10", "999.99", "86000", "123456789.5"])
currencies = st.sampled_from(["EUR", "USD", "CNY"])
percents = st.none() | st.sampled_from([0, 33, 50, 100])
hours = st.sampled_from([-100, -1, 2, 30, 500])
days_off = st.sampled_from([-1, 0, 1, 30, 180, 181])
reasons = st.sampled_from(["price", "competitor", "other", "not_recorded", "", "nonsense"])
ways = st.sampled_from(["nothing", "task", "task", "snooze", "won", "lost", "two"])


class DealsAndTasks(RuleBasedStateMachine):
    """`world` is set by the test: the cast, two pipelines, contacts and a product, in a transaction of the test's."""

    world: dict[str, Any]
    acts = 0

    # ── the ground ────────────────────────────────────────────────────────────────────────────────────────────────

    @initialize()
    def begin(self) -> None:
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.now: dt.datetime = self.world["at"] + dt.timedelta(seconds=5)
        self.latest = self.now
        self.seen = Picture()
        self.offers: list[SimpleNamespace] = []
        self.bare_in_bin: set[int] = set()
        self.is_in_act = False

    def teardown(self) -> None:
        if not hasattr(self, "undone"):
            return
        try:
            if self.is_in_act:  # it broke: its own message says why
                return
            connection.check_constraints()
            assert {c.name: found for c in checks if (found := c.find())} == {}
            assert replayed() == []
        finally:
            transaction.set_rollback(True)
            self.undone.__exit__(None, None, None)

    def by(self, name: str, via: str = "ui") -> Actor:
        return Actor(self.world[name], via=via)

    def name_of(self, user: int) -> str:
        return str(self.world["names"][user])

    def deal(self, index: int) -> SimpleNamespace:
        """One of the deals; mostly one that isn't in the bin."""
        every = list(self.seen.deals.values())
        alive = [d for d in every if d.deleted_at is None]
        rows = alive if alive and index % 5 else every
        return rows[index % len(rows)]

    def task(self, index: int) -> SimpleNamespace:
        """One of the tasks; mostly one that is still to be done."""
        every = list(self.seen.tasks.values())
        planned = [t for t in every if t.status == "open" and t.deleted_at is None]
        rows = planned if planned and index % 5 else every
        return rows[index % len(rows)]

    def stage(self, index: int, pipeline: int | None = None) -> Any:
        stages = self.world["stages"]
        if pipeline is not None:  # one time in eight it is another pipeline's
            own = [s for s in stages if s.pipeline_id == pipeline]
            stages = own if index % 8 else stages
        return stages[index % len(stages)]

    def sees(self, name: str, deal: SimpleNamespace) -> bool:
        return deal.deleted_at is None and (name not in SEES or self.name_of(deal.owner_id) in SEES[name])

    def edits(self, name: str, deal: SimpleNamespace) -> bool:
        return self.sees(name, deal) and (name not in EDITS or self.name_of(deal.owner_id) in EDITS[name])

    def _reaches(self, scope: dict[str, set[str]], name: str, task: SimpleNamespace) -> bool:
        if task.deleted_at is not None:
            return False
        owners = {self.name_of(task.assignee_id)}
        if task.deal_id is not None:
            owners.add(self.name_of(self.seen.deals[task.deal_id].owner_id))
        return name not in scope or bool(owners & scope[name])

    def closed_to(self, name: str, deal: SimpleNamespace, *, stale: bool = False) -> str | None:
        """Why `name` can't lay a hand on the deal at all."""
        if not self.sees(name, deal):
            return "not_found"
        if not self.edits(name, deal):
            return "forbidden"
        return "stale" if stale else None

    def task_closed_to(self, name: str, task: SimpleNamespace) -> str | None:
        if not self._reaches(SEES, name, task):
            return "not_found"
        return None if self._reaches(EDITS, name, task) else "forbidden"

    def may_own(self, name: str, owner: str) -> bool:
        return name not in EDITS or owner in EDITS[name]

    def version(self, row: SimpleNamespace, stale: bool) -> int:
        return row.version - 1 if stale else row.version

    def snoozing(self, days: int) -> Snooze:
        return Snooze(timezone.localdate(self.now) + dt.timedelta(days=days), "The budget comes later")

    def step(self, after: int) -> NewTask:
        return NewTask(type="email", title="Write again", due_at=self.now + dt.timedelta(hours=after))

    # ── one step ──────────────────────────────────────────────────────────────────────────────────────────────────

    def act(
        self,
        do: Callable[[], Any],
        refused: str | None,
        events: Iterable[str] = (),
        *,
        leaves_bare: bool = False,
    ) -> Any:
        """Carry out one act: it is refused as foretold and leaves nothing, or leaves these events and no others."""
        last, self.is_in_act = last_event(), True
        type(self).acts += 1
        answer, code = None, None
        try:
            answer = do()
        except Refusal as refusal:
            code = refusal.code
        assert code == refused, f"expected {refused or 'it to work'}, got {code or 'that it worked'}"
        left = events_after(last)
        before, self.seen = self.seen, Picture()
        if code is not None:
            assert self.seen.sums == before.sums, "a refused act wrote something"
        assert left == sorted([] if code else events)
        if not left:
            kept = {t: s for t, s in self.seen.sums.items() if t != "undo_entry"}
            assert kept == {t: s for t, s in before.sums.items() if t != "undo_entry"}, (
                "a change without an event"
            )
        assert self.seen.unversioned(before) == []
        assert violations() == []
        self._no_new_bare_deal(before, leaves_bare)
        self.now = self.latest = max(self.now, self.latest) + dt.timedelta(seconds=1)
        self.is_in_act = False
        return answer if code is None else None

    def _no_new_bare_deal(self, before: Picture, leaves_bare: bool) -> None:
        """Decided 4: an open deal without a next step comes from an import, and then it stands in that list."""
        bare, was = self.seen.bare(), before.bare()
        for pk in was:
            if self.seen.deals[pk].deleted_at is not None if pk in self.seen.deals else False:
                self.bare_in_bin.add(pk)
        new = bare - was - self.bare_in_bin
        assert leaves_bare or not new, f"open deals {new} were left without a next step"
        self.bare_in_bin -= bare
        listed = Deal.objects.alive().filter(status="open", next_task=None).values_list("pk", flat=True)
        assert set(listed) == bare

    def undoable(
        self,
        inverse: str,
        arguments_of: Callable[[], dict[str, Any]],
        do: Callable[[], Any],
        refused: str | None,
        events: list[str],
        *,
        by: Actor,
        at_once: bool,
        is_offered: bool = True,
    ) -> None:
        """Do it with the page's offer to take it back; `at_once` does so, and nothing of it may be left."""
        before = self.dumped() if at_once else []
        arguments = arguments_of()
        self.act(do, refused, events)
        if refused is not None or not events or not is_offered:
            return
        token = offer(inverse=inverse, arguments=arguments, by=by, at=self.now)
        assert token is not None
        made = SimpleNamespace(
            token=token, name=self.name_of(by.user_id or 0), at=self.now, used=False, inverse=inverse,
            arguments=arguments,
        )  # fmt: skip
        self.offers.append(made)
        self.seen = Picture()
        # Who gives a deal out of his own reach can't take it back: it isn't his any more.
        if at_once and self._taking_back(made, made.name)[0] is None:
            self._take_back(made, made.name)
            assert self.dumped() == before, f"{inverse} left something"

    def dumped(self) -> list[str]:
        """The canonical dump without tasks in the bin: an undone act may leave its next step there."""
        return [x for x in canonical_lines() if not x.startswith('["task"') or '"deleted_at": null' in x]

    # ── time ──────────────────────────────────────────────────────────────────────────────────────────────────────

    @rule(minutes=st.sampled_from([3, 11, 240, 1440, 60_000]))
    def time_passes(self, minutes: int) -> None:
        self.now = self.latest = self.latest + dt.timedelta(minutes=minutes)

    @precondition(lambda self: self.now == self.latest)
    @rule()
    def a_request_waits(self) -> None:
        """It came before the last act, stood behind its lock, and carries the earlier time."""
        self.now -= dt.timedelta(milliseconds=1500)

    # ── deals ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @rule(
        name=who,
        owner=st.none() | st.sampled_from(SELLERS),
        stage=number,
        amount=amounts,
        person=st.booleans(),
    )
    def create_quickly(
        self, name: str, owner: str | None, stage: int, amount: str | None, person: bool
    ) -> None:
        refused = None if name != "cleo" and (owner is None or self.may_own(name, owner)) else "forbidden"
        events = ["deal.created", "task.created", *(["deal.contact_attached"] if person else [])]
        self.act(
            lambda: commands.create_deal(
                name="Racking", stage=self.stage(stage), owner=owner and self.world[owner], amount=amount,
                contacts=self.world["contacts"][:1] if person else (), is_quick=True, by=self.by(name), at=self.now,
            ),
            refused, events,
        )  # fmt: skip

    @rule(
        name=who, owner=st.none() | st.sampled_from(SELLERS), stage=number, amount=amounts, currency=currencies,
        probability=percents, first=st.sampled_from(["task", "task", "snooze", "nothing"]), after=hours, off=days_off,
        person=st.booleans(), lines=st.sampled_from([0, 0, 2]),
    )  # fmt: skip
    def create(
        self, name: str, owner: str | None, stage: int, amount: str | None, currency: str, probability: int | None,
        first: str, after: int, off: int, person: bool, lines: int,
    ) -> None:  # fmt: skip
        refused = None
        if name == "cleo" or owner is not None and not self.may_own(name, owner):
            refused = "forbidden"
        elif first == "nothing":
            refused = "next_task_required"
        elif first == "snooze" and not 0 < off <= 180:
            refused = "invalid"
        events = ["deal.created", "task.created", *(["deal.contact_attached"] if person else [])]
        events += ["deal.snoozed"] if first == "snooze" else []
        events += ["deal.lines_set"] if lines else []
        self.act(
            lambda: commands.create_deal(
                name="Racking", stage=self.stage(stage), owner=owner and self.world[owner], amount=amount,
                currency=currency, probability=probability,
                contacts=[c.pk for c in self.world["contacts"][:1]] if person else (),
                lines=[NewLine(self.world["product"], 2, "10")] * lines,
                first_task=self.step(after) if first == "task" else None,
                snooze=self.snoozing(off) if first == "snooze" else None, by=self.by(name, "api"), at=self.now,
            ),
            refused, events,
        )  # fmt: skip

    @precondition(lambda self: self.seen.deals)
    @rule(name=who, deal=number, stage=number, stale=seldom, at_once=seldom, why=why)
    def move(self, name: str, deal: int, stage: int, stale: bool, at_once: bool, why: str) -> None:
        d, target = self.deal(deal), self.stage(stage, self.deal(deal).pipeline_id)
        refused = self.closed_to(name, d, stale=stale)
        if refused is None and d.status != "open":
            refused = "already_closed"
        elif refused is None and target.pipeline_id != d.pipeline_id:
            refused = "invalid"
        elif refused is None and self.lacks_reason(name, d, target, why):
            refused = "reason_required"
        by = self.by(name)
        self.undoable(
            "deals.unmove_deals",
            lambda: undoing.before_move(Deal.objects.filter(pk=d.id)),
            lambda: commands.move_deal(
                d.id, target.pk, version=self.version(d, stale), reason=why, by=by, at=self.now
            ),
            refused,
            [] if target.pk == d.stage_id else ["deal.moved", *self.explained(d, target, why)],
            by=by,
            at_once=at_once,
        )

    def is_back(self, d: SimpleNamespace, target: Any) -> bool:
        places = {s.pk: s.position for s in self.world["stages"]}
        return bool(target.pipeline_id == d.pipeline_id and target.position < places[d.stage_id])

    def lacks_reason(self, name: str, d: SimpleNamespace, target: Any, why: str) -> bool:
        return name not in MANAGERS and not why and self.is_back(d, target)

    def explained(self, d: SimpleNamespace, target: Any, why: str) -> list[str]:
        return ["deal.back_explained"] if why and self.is_back(d, target) else []

    @precondition(lambda self: self.seen.deals)
    @rule(name=who, deal=number, stage=number, why=why)
    def change_pipeline(self, name: str, deal: int, stage: int, why: str) -> None:
        d, target = self.deal(deal), self.stage(stage)
        refused = self.closed_to(name, d)
        if refused is None and d.status != "open":
            refused = "already_closed"
        elif refused is None and self.lacks_reason(name, d, target, why):
            refused = "reason_required"
        events = ["deal.pipeline_changed"]
        if target.pipeline_id == d.pipeline_id:
            events = ["deal.moved", *self.explained(d, target, why)] if target.pk != d.stage_id else []
        self.act(
            lambda: commands.change_pipeline(
                d.id, target.pipeline_id, stage=target.pk, reason=why, by=self.by(name), at=self.now
            ),
            refused,
            events,
        )

    def _win(self, name: str, d: SimpleNamespace, amount: Decimal | None) -> str | None:
        if refused := self.closed_to(name, d):
            return refused
        if d.status != "open":
            return "already_closed"
        return None if amount and d.people else "stage_gate"

    def _lose(self, name: str, d: SimpleNamespace, reason: str, comment: str) -> str | None:
        if refused := self.closed_to(name, d):
            return refused
        if d.status != "open":
            return "already_closed"
        if reason in {"", "nonsense", "not_recorded"} or reason == "other" and not comment:
            return "invalid"
        return None

    @precondition(lambda self: self.seen.deals)
    @rule(name=who, deal=number, amount=amounts)
    def win(self, name: str, deal: int, amount: str | None) -> None:
        d = self.deal(deal)
        worth = d.amount if amount is None else Decimal(amount)
        events = ["deal.won", *["task.cancelled" for _ in self.seen.open_tasks(d.id)]]
        events += ["deal.edited"] if worth != d.amount else []
        refused = self._win(name, d, worth)
        self.act(
            lambda: commands.win_deal(d.id, amount=amount, by=self.by(name), at=self.now), refused, events
        )

    @precondition(lambda self: self.seen.deals)
    @rule(name=who, deal=number, reason=reasons, comment=st.sampled_from(["", "They closed the plant"]))
    def lose(self, name: str, deal: int, reason: str, comment: str) -> None:
        d = self.deal(deal)
        events = ["deal.lost", *["task.cancelled" for _ in self.seen.open_tasks(d.id)]]
        self.act(
            lambda: commands.lose_deal(d.id, reason, comment=comment, by=self.by(name), at=self.now),
            self._lose(name, d, reason, comment),
            events,
        )

    @precondition(lambda self: any(d.status != "open" for d in self.seen.deals.values()))
    @rule(
        name=who, deal=number, any_state=seldom, stage=st.none() | number,
        way=st.sampled_from(["task", "task", "snooze", "nothing"]), after=hours, off=days_off, why=why,
    )  # fmt: skip
    def reopen(
        self,
        name: str,
        deal: int,
        any_state: bool,
        stage: int | None,
        way: str,
        after: int,
        off: int,
        why: str,
    ) -> None:
        closed = [d for d in self.seen.deals.values() if any_state or d.status != "open"]
        d = closed[deal % len(closed)]
        target = None if stage is None else self.stage(stage, d.pipeline_id)
        refused = self.closed_to(name, d)
        if refused is None:
            if d.status == "open":
                refused = "not_closed"
            elif d.status == "won" and name not in REOPENS_WON:
                refused = "forbidden"
            elif way == "nothing":
                refused = "next_task_required"
            elif target is not None and target.pipeline_id != d.pipeline_id:
                refused = "invalid"
            elif target is not None and self.lacks_reason(name, d, target, why):
                refused = "reason_required"
            elif way == "snooze" and not 0 < off <= 180:
                refused = "invalid"
        back = self.explained(d, target, why) if target is not None else []
        self.act(
            lambda: commands.reopen_deal(
                d.id, stage=target, reason=why, next_task=self.step(after) if way == "task" else None,
                snooze=self.snoozing(off) if way == "snooze" else None, by=self.by(name), at=self.now,
            ),
            refused, ["deal.reopened", "task.created", *back, *(["deal.snoozed"] if way == "snooze" else [])],
        )  # fmt: skip

    @precondition(lambda self: self.seen.deals)
    @rule(name=who, deal=number, owner=st.sampled_from(SELLERS), stale=seldom, at_once=seldom)
    def assign(self, name: str, deal: int, owner: str, stale: bool, at_once: bool) -> None:
        d, by = self.deal(deal), self.by(name)
        refused = self.closed_to(name, d, stale=stale)
        if refused is None and not self.may_own(name, owner):
            refused = "forbidden"
        self.undoable(
            "deals.unassign_deals",
            lambda: undoing.before_assigning(Deal.objects.filter(pk=d.id)),
            lambda: commands.assign_deal(
                d.id, self.world[owner].email, version=self.version(d, stale), by=by, at=self.now
            ),
            refused,
            [] if self.name_of(d.owner_id) == owner else ["deal.owner_changed"],
            by=by,
            at_once=at_once,
        )

    @precondition(lambda self: self.seen.deals)
    @rule(
        name=who, deal=number, stale=seldom,
        changes=st.fixed_dictionaries(
            {},
            optional={
                "amount": amounts | st.just("-1"), "currency": currencies, "probability": percents | st.just(101),
                "name": st.sampled_from(["Racking", "Cold store"]),
            },
        ),
    )  # fmt: skip
    def edit(self, name: str, deal: int, stale: bool, changes: dict[str, Any]) -> None:
        d = self.deal(deal)
        wanted = dict(changes)
        if changes.get("amount") is not None:
            wanted["amount"] = Decimal(changes["amount"])
        new = {f: v for f, v in wanted.items() if getattr(d, f) != v}
        refused = self.closed_to(name, d, stale=stale)
        if refused is None:
            if changes.get("amount") == "-1" or changes.get("probability") == 101:
                refused = "invalid"
            elif d.status != "open" and new.keys() & {"amount", "currency"}:
                refused = "already_closed"
        self.act(
            lambda: commands.edit_deal(
                d.id, changes, version=self.version(d, stale), by=self.by(name, "api"), at=self.now
            ),
            refused,
            ["deal.edited"] if new else [],
        )

    @precondition(lambda self: self.seen.deals)
    @rule(
        name=who, deal=number, quantity=st.sampled_from(["1", "2.5"]), price=st.sampled_from(["0", "19.99"])
    )
    def set_lines(self, name: str, deal: int, quantity: str, price: str) -> None:
        d = self.deal(deal)
        lines = [NewLine(self.world["product"], quantity, price)]
        self.act(
            lambda: commands.set_lines(d.id, lines, by=self.by(name), at=self.now),
            self.closed_to(name, d),
            ["deal.lines_set"],
        )

    @precondition(lambda self: self.seen.deals)
    @rule(name=who, deal=number, contact=number)
    def attach(self, name: str, deal: int, contact: int) -> None:
        d = self.deal(deal)
        people = self.world["contacts"]
        person = people[contact % len(people)]
        linked = d.id in set(person.parts.values_list("deal_id", flat=True))
        refused = self.closed_to(name, d)
        if refused is None and not linked and d.people >= MOST_CONTACTS:
            refused = "limit_reached"
        assume(not linked)
        self.act(
            lambda: commands.attach_contact(d.id, person.pk, by=self.by(name), at=self.now),
            refused,
            ["deal.contact_attached"],
        )

    @precondition(lambda self: self.seen.deals)
    @rule(name=who, deal=number, off=days_off)
    def snooze(self, name: str, deal: int, off: int) -> None:
        d = self.deal(deal)
        refused = self.closed_to(name, d)
        if refused is None:
            refused = "already_closed" if d.status != "open" else None if 0 < off <= 180 else "invalid"
        self.act(
            lambda: commands.snooze_deal(d.id, self.snoozing(off), by=self.by(name), at=self.now),
            refused,
            ["deal.snoozed", "task.created"],
        )

    @precondition(lambda self: self.seen.deals)
    @rule(
        name=st.sampled_from(["admin", "admin", "dora", "anna"]),
        deals=st.lists(number, min_size=1, max_size=3),
        at_once=seldom,
    )
    def delete(self, name: str, deals: list[int], at_once: bool) -> None:
        rows = {d.id: d for d in map(self.deal, deals)}
        by = self.by(name)
        single = len(rows) == 1
        if single:
            d = next(iter(rows.values()))
            refused = self.closed_to(name, d) or (None if name in DELETES_DEALS else "forbidden")
        else:
            fine = name in DELETES_DEALS and all(d.deleted_at is None for d in rows.values())
            refused = None if fine else "forbidden"

        def go() -> Any:
            if single:
                return commands.delete_deal(next(iter(rows)), by=by, at=self.now)
            return commands.delete_deals(list(rows), by=by, at=self.now)

        self.undoable(
            "deals.restore_deals", lambda: {"deals": list(rows)}, go, refused, ["deal.deleted"] * len(rows), by=by,
            at_once=at_once,
        )  # fmt: skip

    @precondition(lambda self: any(d.deleted_at for d in self.seen.deals.values()))
    @rule(name=st.sampled_from(["admin", "dora", "anna"]), deal=number)
    def restore(self, name: str, deal: int) -> None:
        gone = [d for d in self.seen.deals.values() if d.deleted_at is not None]
        d = gone[deal % len(gone)]
        self.act(
            lambda: commands.restore_deal(d.id, by=self.by(name), at=self.now),
            None if name == "admin" else "forbidden",
            ["deal.restored"],
        )

    # ── many deals ────────────────────────────────────────────────────────────────────────────────────────────────

    @precondition(lambda self: self.seen.deals)
    @rule(name=who, deals=st.lists(number, min_size=1, max_size=4), stage=number, at_once=seldom, why=why)
    def move_many(self, name: str, deals: list[int], stage: int, at_once: bool, why: str) -> None:
        rows = {d.id: d for d in map(self.deal, deals)}
        target = self.stage(stage, self.deal(deals[0]).pipeline_id)
        moving = [d for d in rows.values() if d.stage_id != target.pk]
        refused = None
        if not all(self.edits(name, d) for d in rows.values()):
            refused = "forbidden"
        elif any(d.status != "open" for d in moving):
            refused = "already_closed"
        elif any(d.pipeline_id != target.pipeline_id for d in moving):
            refused = "other_pipeline"
        elif any(self.lacks_reason(name, d, target, why) for d in moving):
            refused = "reason_required"
        by = self.by(name)

        self.undoable(
            "deals.unmove_deals",
            lambda: undoing.before_move(Deal.objects.filter(pk__in=[d.id for d in moving])),
            lambda: commands.move_deals(rows, target, reason=why, by=by, at=self.now),
            refused,
            ["deal.moved"] * len(moving) + [e for d in moving for e in self.explained(d, target, why)],
            by=by,
            at_once=at_once,
        )

    @precondition(lambda self: self.seen.deals)
    @rule(
        name=who,
        deals=st.lists(number, min_size=1, max_size=4),
        owner=st.sampled_from(SELLERS),
        at_once=seldom,
    )
    def assign_many(self, name: str, deals: list[int], owner: str, at_once: bool) -> None:
        rows = {d.id: d for d in map(self.deal, deals)}
        going = [d for d in rows.values() if self.name_of(d.owner_id) != owner]
        fine = self.may_own(name, owner) and all(self.edits(name, d) for d in rows.values())
        by = self.by(name)
        self.undoable(
            "deals.unassign_deals",
            lambda: undoing.before_assigning(Deal.objects.filter(pk__in=[d.id for d in going])),
            lambda: commands.assign_deals(rows, self.world[owner], by=by, at=self.now),
            None if fine else "forbidden",
            ["deal.owner_changed"] * len(going),
            by=by,
            at_once=at_once,
        )

    # ── tasks ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @precondition(lambda self: self.seen.deals)
    @rule(name=who, deal=st.none() | number, after=hours)
    def create_task(self, name: str, deal: int | None, after: int) -> None:
        d = None if deal is None else self.deal(deal)
        refused = "forbidden" if name == "cleo" else None
        if refused is None and d is not None:
            refused = self.closed_to(name, d) or ("already_closed" if d.status != "open" else None)
        self.act(
            lambda: commands.create_task(self.step(after), deal=d and d.id, by=self.by(name), at=self.now),
            refused,
            ["task.created"],
        )

    def _ending(
        self, name: str, t: SimpleNamespace, way: str, reason: str, off: int
    ) -> tuple[str | None, list[str]]:
        """What follows a task's end: why it is refused, else its further events."""
        d = None if t.deal_id is None else self.seen.deals[t.deal_id]
        if way == "two":
            return "invalid", []
        if d is None:
            if way in {"won", "lost", "snooze"}:
                return "invalid", []
            return None, ["task.created"] if way == "task" else []
        others = [x for x in self.seen.open_tasks(d.id) if x.id != t.id]
        cancelled = ["task.cancelled" for _ in others]
        if way == "won":
            return self._win(name, d, d.amount), ["deal.won", *cancelled]
        if way == "lost":
            return self._lose(name, d, reason, ""), ["deal.lost", *cancelled]
        if way == "snooze":
            refused = None if 0 < off <= 180 else "invalid"
            return ("forbidden" if not self.edits(name, d) else refused), ["deal.snoozed", "task.created"]
        if way == "task":
            return None, ["task.created"]
        return (None if others else "next_task_required"), []

    def _following(self, way: str, reason: str, after: int, off: int) -> dict[str, Any]:
        return {
            "next_task": self.step(after) if way in {"task", "two"} else None,
            "snooze": self.snoozing(off) if way in {"snooze", "two"} else None,
            "close_deal": Closing(way, reason) if way in {"won", "lost"} else None,
        }

    @precondition(lambda self: self.seen.tasks)
    @rule(
        name=who, task=number, way=ways, reason=reasons, after=hours, off=days_off,
        stale=seldom, at_once=seldom,
        minutes=st.sampled_from([None, 15]),
    )  # fmt: skip
    def complete(
        self, name: str, task: int, way: str, reason: str, after: int, off: int, stale: bool, at_once: bool,
        minutes: int | None,
    ) -> None:  # fmt: skip
        t, by = self.task(task), self.by(name)
        refused, events = self.task_closed_to(name, t), ["task.completed"]
        if refused is None:
            refused = "stale" if stale else "already_closed" if t.status != "open" else None
        if refused is None:
            refused, more = self._ending(name, t, way, reason, off)
            events += more
        self.undoable(
            "deals.take_back_completion",
            lambda: undoing.before_completing(t.id),
            lambda: commands.complete_task(
                t.id, result="They want an offer", minutes=minutes, version=self.version(t, stale), by=by, at=self.now,
                **self._following(way, reason, after, off),
            ),
            refused, events, by=by, at_once=at_once, is_offered=way in {"task", "nothing"},
        )  # fmt: skip

    @precondition(lambda self: self.seen.tasks)
    @rule(name=who, task=number, way=ways, reason=reasons, after=hours, off=days_off)
    def cancel(self, name: str, task: int, way: str, reason: str, after: int, off: int) -> None:
        t = self.task(task)
        refused, events = self.task_closed_to(name, t), ["task.cancelled"]
        if refused is None and t.status != "open":
            refused = "already_closed"
        if refused is None:
            refused, more = self._ending(name, t, way, reason, off)
            events += more
        following = self._following(way, reason, after, off)
        self.act(
            lambda: commands.cancel_task(t.id, reason="No need", by=self.by(name), at=self.now, **following),
            refused,
            events,
        )

    @precondition(lambda self: self.seen.tasks)
    @rule(name=who, task=number, after=hours, stale=seldom)
    def reschedule(self, name: str, task: int, after: int, stale: bool) -> None:
        t, due = self.task(task), self.now + dt.timedelta(hours=after)
        refused = self.task_closed_to(name, t)
        if refused is None:
            refused = "stale" if stale else "already_closed" if t.status != "open" else None
        self.act(
            lambda: commands.reschedule_task(
                t.id, due, version=self.version(t, stale), by=self.by(name), at=self.now
            ),
            refused,
            ["task.rescheduled"] if due != t.due_at else [],
        )

    @precondition(lambda self: self.seen.tasks)
    @rule(name=who, task=number, to=st.sampled_from(SELLERS))
    def reassign(self, name: str, task: int, to: str) -> None:
        t = self.task(task)
        refused = self.task_closed_to(name, t)
        if refused is None and t.status != "open":
            refused = "already_closed"
        self.act(
            lambda: commands.reassign_task(t.id, self.world[to], by=self.by(name), at=self.now),
            refused,
            ["task.reassigned"] if self.name_of(t.assignee_id) != to else [],
        )

    @precondition(lambda self: self.seen.tasks)
    @rule(name=who, task=number)
    def delete_task(self, name: str, task: int) -> None:
        t = self.task(task)
        refused = self.task_closed_to(name, t)
        # A task on somebody else's deal is removed by whoever does it, and his manager.
        if refused is None and name in EDITS and self.name_of(t.assignee_id) not in EDITS[name]:
            refused = "forbidden"
        d = None if t.deal_id is None else self.seen.deals[t.deal_id]
        if refused is None and d is not None and d.status == "open" and t.status == "open":
            others = [x for x in self.seen.open_tasks(d.id) if x.id != t.id]
            refused = None if others else "next_task_required"
        self.act(lambda: commands.delete_task(t.id, by=self.by(name), at=self.now), refused, ["task.deleted"])

    @precondition(lambda self: self.seen.tasks)
    @rule(
        name=who, tasks=st.lists(number, min_size=1, max_size=4), on=st.none() | st.integers(0, 3),
        to=st.sampled_from(SELLERS),
    )  # fmt: skip
    def change_many_tasks(self, name: str, tasks: list[int], on: int | None, to: str) -> None:
        rows = {t.id: t for t in map(self.task, tasks)}
        allowed = [t for t in rows.values() if not self.task_closed_to(name, t) and t.status == "open"]
        batch = uuid.uuid4()
        if on is None:
            going = [t for t in allowed if self.name_of(t.assignee_id) != to]
            given: dict[str, Any] = {"assignee": self.world[to]}
            act, kind = many_tasks.reassign_many, "task.reassigned"
        else:
            day = (self.now + dt.timedelta(days=on)).date()
            going = [t for t in allowed if t.due_at.date() != day]
            given, act, kind = {"due_on": day}, many_tasks.reschedule_many, "task.rescheduled"
        self.act(
            lambda: act(list(rows), given, by=self.by(name), at=self.now, batch=batch),
            None,
            [kind] * len(going),
        )

    # ── taking back ───────────────────────────────────────────────────────────────────────────────────────────────

    @precondition(lambda self: self.offers)
    @rule(which=number, stranger=seldom)
    def take_back(self, which: int, stranger: bool) -> None:
        """What was offered some time ago."""
        made = self.offers[-1 - which % len(self.offers)]
        name = made.name if not stranger else "dora" if made.name != "dora" else "admin"
        self._take_back(made, name)

    def _take_back(self, made: SimpleNamespace, name: str) -> None:
        refused, events = self._taking_back(made, name)
        self.act(
            lambda: take_back(made.token, by=self.by(name), at=self.now), refused, [*events, "undo.done"]
        )
        made.used = made.used or refused is None

    def _taking_back(self, made: SimpleNamespace, name: str) -> tuple[str | None, list[str]]:
        if name != made.name:
            return "not_found", []
        if made.used:
            return "already_undone", []
        if self.now - made.at > dt.timedelta(minutes=10):
            return "undo_expired", []
        given = made.arguments
        if made.inverse == "deals.restore_deals":
            gone = [self.seen.deals[pk].deleted_at is not None for pk in given["deals"]]
            return (None if all(gone) else "not_found"), ["deal.restored"] * len(gone)
        if made.inverse == "deals.take_back_completion":
            t = self.seen.tasks[given["task"]]
            refused = self.task_closed_to(name, t)
            if refused is None:
                closed = t.deal_id is not None and self.seen.deals[t.deal_id].status != "open"
                refused = "not_closed" if t.status == "open" else "already_closed" if closed else None
            following = self.seen.tasks.get(t.next_task_id)
            goes = following is not None and following.status == "open" and following.deleted_at is None
            return refused, ["task.reopened", *(["task.deleted"] if goes else [])]
        kind = "deal.moved" if made.inverse == "deals.unmove_deals" else "deal.owner_changed"
        wanted = given["deals"]
        rows = [(self.seen.deals[w["deal"]], w["version"]) for w in wanted]
        fine = all(self.edits(name, d) and d.version == version for d, version in rows)
        return (None if fine else "stale"), [kind] * len(rows)

    # ── imports ───────────────────────────────────────────────────────────────────────────────────────────────────

    @rule(
        rows=st.lists(
            st.tuples(st.sampled_from(["open", "open", "won", "lost"]), number, st.sampled_from(SELLERS), amounts,
                      percents, st.booleans(), st.booleans()),
            min_size=1, max_size=3,
        ),
        taken_back=st.booleans(),
    )  # fmt: skip
    def import_rows(self, rows: list[tuple[Any, ...]], taken_back: bool) -> None:
        """A file of deals, some with a task and a past; an import never refuses for lack of a next step."""
        began = self.now - dt.timedelta(days=100)
        deals, events = [], []
        for place, (status, stage, owner, amount, probability, has_past, _has_task) in enumerate(rows):
            target = self.stage(stage)
            stays = []
            end = None if status == "open" else self.now - dt.timedelta(days=1)
            if has_past:
                first = next(s for s in self.world["stages"] if s.pipeline_id == target.pipeline_id)
                turn = began + dt.timedelta(days=10)
                stays = [
                    importing.Stay(first.pk, began, turn, "advanced"),
                    importing.Stay(target.pk, turn, end, "" if end is None else status),
                ]
            worth = Decimal(amount) if amount else Decimal(5) if status == "won" else None
            if status == "won" and not worth:
                worth = Decimal(5)
            deals.append(
                importing.DealRow(
                    name="Imported", pipeline=target.pipeline_id, stage=target.pk, owner=self.world[owner].pk,
                    currency="EUR", created_at=began, status=status, closed_at=end, amount=worth,
                    probability=probability, stays=stays, import_key=f"{self.now.isoformat()} {place}",
                    loss_reason=self.world["not_recorded"].pk if status == "lost" else None,
                )
            )  # fmt: skip
            events += [
                "deal.created",
                *(["deal.moved"] if has_past else []),
                *([f"deal.{status}"] if end else []),
            ]
        by = self.by("dora", "import:1")
        before = self.dumped() if taken_back else []

        def go() -> list[int]:
            ids = importing.import_deals(deals, by=by, at=self.now)
            tasks = [
                importing.TaskRow(
                    type=self.world["call"].pk, type_slug="call", title="Call", due_at=self.now, created_at=began,
                    assignee=deal.owner, deal=pk,
                )
                for pk, deal, row in zip(ids, deals, rows, strict=True)
                if row[6] and deal.status == "open"
            ]  # fmt: skip
            importing.import_tasks(tasks, by=by, at=self.now)
            return ids

        events += ["task.created" for row in rows if row[6] and row[0] == "open"]
        ids = self.act(go, None, events, leaves_bare=True)
        if taken_back:
            self.act(
                lambda: import_undone.remove_imported_deals(ids, by=by, at=self.now),
                None,
                ["deal.import_undone"] * len(ids),
            )
            assert self.dumped() == before, "an import taken back left something"

    @precondition(
        lambda self: any(self.edits("dora", d) and d.status == "open" for d in self.seen.deals.values())
    )
    @rule(
        deal=number, stage=st.none() | number, owner=st.none() | st.sampled_from(SELLERS), amount=amounts,
        end=st.sampled_from(["", "", "won", "lost"]), ago=st.sampled_from([0, 5, 100_000]), taken_back=st.booleans(),
    )  # fmt: skip
    def change_by_import(
        self,
        deal: int,
        stage: int | None,
        owner: str | None,
        amount: str | None,
        end: str,
        ago: int,
        taken_back: bool,
    ) -> None:
        """A later file changes a deal; taken back, it leaves nothing behind."""
        known = [d for d in self.seen.deals.values() if d.deleted_at is None and d.status == "open"]
        d = known[deal % len(known)]
        own = [s for s in self.world["stages"] if s.pipeline_id == d.pipeline_id]
        values: dict[str, Any] = {}
        events = []
        if stage is not None and own[stage % len(own)].pk != d.stage_id:
            values["stage"] = own[stage % len(own)].pk
            events.append("deal.moved")
        if owner is not None and self.world[owner].pk != d.owner_id:
            values["owner"] = self.world[owner].pk
            events.append("deal.owner_changed")
        worth = Decimal(amount) if amount else Decimal(7)
        if worth == d.amount or worth == 0:
            worth = Decimal(11) if d.amount != Decimal(11) else Decimal(12)
        values["amount"] = worth
        events.append("deal.edited")
        if end:
            values |= {"status": end, "closed_at": self.now - dt.timedelta(minutes=ago)}
            values |= {"loss_reason": self.world["not_recorded"].pk} if end == "lost" else {}
            events += [f"deal.{end}", *["task.cancelled" for _ in self.seen.open_tasks(d.id)]]
        by = self.by("dora", "import:2")
        before = self.dumped() if taken_back else []
        planned = len(self.seen.open_tasks(d.id)) if end else 0
        kept = self.act(
            lambda: updating.update_deals([updating.DealChange(d.id, values)], by=by, at=self.now),
            None,
            events,
        )
        if taken_back:
            self.act(lambda: import_undone.put_deals_back(kept, by=by, at=self.now), None, ["deal.import_undone", *(["task.reopened"] * planned)],
                     leaves_bare=True)  # fmt: skip
            assert self.dumped() == before, "a change by import taken back left something"


@pytest.fixture
def world(
    anna: Any,
    boris: Any,
    carla: Any,
    dora: Any,
    admin: Any,
    person: Any,
    pipeline: Any,
    takt: Any,
    at: dt.datetime,
) -> dict[str, Any]:
    from takt.sales.activities.models import TaskType
    from takt.sales.catalog.commands import create_product
    from takt.sales.contacts.commands import create_contact
    from takt.sales.deals.models import LossReason, Stage

    cleo = person("cleo", role="ceo", team="sales")
    people = {"anna": anna, "boris": boris, "carla": carla, "dora": dora, "cleo": cleo, "admin": admin}
    other = commands.install_template("simple", "en", by=takt, at=at)
    assert other.pk != pipeline.pk
    stages = list(Stage.objects.order_by("pipeline_id", "position"))
    contacts = [create_contact(name=f"Ilse {n}", owner=None, by=takt, at=at) for n in range(6)]
    tomorrow = NewTask(title="Call", due_at=at + dt.timedelta(days=1))
    for owner, stage, amount in ((anna, 0, "10"), (anna, 3, None), (boris, 7, "86000"), (carla, 1, "5")):
        commands.create_deal(
            name="Racking", stage=stages[stage], owner=owner, amount=amount, currency="EUR",
            contacts=contacts[:1] if amount else (), first_task=tomorrow if amount else None,
            snooze=None if amount else Snooze(at.date() + dt.timedelta(days=9), "Later"), by=Actor(dora), at=at,
        )  # fmt: skip
    return {
        **people,
        "at": at,
        "names": {user.pk: name for name, user in people.items()},
        "stages": stages,
        "contacts": contacts,
        "product": create_product(name="Rack", price="10", currency="EUR", by=Actor(dora), at=at),
        "not_recorded": LossReason.objects.get(slug="not_recorded"),
        "call": TaskType.objects.get(slug="call"),
    }


@pytest.mark.django_db
def test_deals_and_tasks(world: dict[str, Any]) -> None:
    class Machine(DealsAndTasks):
        pass

    Machine.world = world
    Machine.acts = 0
    run_state_machine_as_test(Machine, settings=settings())
    if told := os.environ.get("PROPERTY_STEPS_FILE"):
        Path(told).write_text(str(Machine.acts))
