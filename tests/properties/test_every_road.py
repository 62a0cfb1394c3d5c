"""The first rule on every other road: what changes people, customers, stages and the bin, in any order.

After every act, in its own transaction: an open deal has an open task, or it stands in the list of those without one.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from takt.gateways.intake import commands as intake
from takt.gateways.intake import rules as intake_rules
from takt.insight.pace import commands as pace
from takt.kernel.accounts.commands import deactivate_user, reactivate_user
from takt.kernel.accounts.models import Absence, User
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.checks import checks
from takt.kernel.lib.refusals import Refusal
from takt.kernel.recycling.commands import purge_old
from takt.kernel.undo.commands import offer, take_back
from takt.office.approvals import commands as approvals
from takt.office.approvals.models import Approval
from takt.sales.activities.commands import end_absence, record_absence
from takt.sales.activities.models import Task
from takt.sales.contacts import commands as contacts
from takt.sales.contacts.models import Company, Merge
from takt.sales.deals import commands
from takt.sales.deals.commands import Closing, NewTask, Snooze, special, stages
from takt.sales.deals.commands.unclosing import before_closing
from takt.sales.deals.models import Deal, SpecialKind, Stage

number = st.integers(0, 30)
who = st.sampled_from(["anna", "boris", "carla", "admin", "admin"])
TIMER = Actor(via="timer")
next_steps = next(check for check in checks if check.name == "deals.next_step")  # the doctor's own question


class EveryRoad(RuleBasedStateMachine):
    """`world` is the cast, a web form and some companies, in a transaction of the test's."""

    world: dict[str, Any]
    acts = 0
    carried_out: set[str] = set()

    @initialize()
    def begin(self) -> None:
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.now: dt.datetime = self.world["at"]

    def teardown(self) -> None:
        if not hasattr(self, "undone"):
            return
        try:
            connection.check_constraints()
            # What the worker keeps follows later; the rule of the next step does not wait for it.
            found = {
                c.name: c.find() for c in checks if c.name.startswith(("deals.", "pace.", "activities."))
            }
            assert {name: wrong for name, wrong in found.items() if wrong} == {}
        finally:
            transaction.set_rollback(True)
            self.undone.__exit__(None, None, None)

    def act(self, name: str, do: Callable[[], Any]) -> Any:
        """Carried out or refused, it leaves no open deal without a task outside of the list, nor a person forgotten."""
        type(self).acts += 1
        self.now += dt.timedelta(minutes=7)
        was = set(Deal.objects.alive().without_next_step().values_list("pk", flat=True))
        answer = None
        try:
            with transaction.atomic():
                answer = do()
            type(self).carried_out.add(name)
        except Refusal:
            now = set(Deal.objects.alive().without_next_step().values_list("pk", flat=True))
            assert now == was, f"{name} was refused and left something"
        assert next_steps.find() == [], name
        return answer

    def by(self, name: str) -> Actor:
        return Actor(User.objects.get(pk=self.world[name].pk))

    def one(self, rows: Any, index: int) -> Any:
        found = list(rows.order_by("pk").values_list("pk", flat=True))
        return found[index % len(found)] if found else 0

    def step(self) -> NewTask:
        return NewTask(type="call", title="Call them back", due_at=self.now + dt.timedelta(days=1))

    # ── deals and tasks, the way in and out ──

    @rule(name=who, company=number)
    def create(self, name: str, company: int) -> None:
        firm = self.one(Company.objects.filter(deleted_at=None), company)
        self.act(
            "create",
            lambda: commands.create_deal(
                name="Racks", amount="10", currency="EUR", company=firm or None, first_task=self.step(),
                by=self.by(name), at=self.now,
            ),
        )  # fmt: skip

    @rule(n=number, email=st.sampled_from(["ilse@frisia.example", "jan@frisia.example"]))
    def web_form(self, n: int, email: str) -> None:
        given = {"name": "Ilse Maas", "email": email, "message": "Racks"}
        form = self.world["form"].pk
        self.act(
            "web_form",
            lambda: intake.receive(form, given, nonce=f"n{n}", address="192.0.2.1", by=Actor(), at=self.now),
        )

    @rule(name=who, task=number, way=st.sampled_from(["next", "nothing", "snooze", "lost"]))
    def complete(self, name: str, task: int, way: str) -> None:
        more: dict[str, Any] = {
            "next": {"next_task": self.step()},
            "nothing": {},
            "snooze": {"snooze": Snooze((self.now + dt.timedelta(days=9)).date(), "Budget")},
            "lost": {"close_deal": Closing("lost", "price")},
        }[way]
        pk = self.one(Task.objects.alive().open(), task)
        self.act(
            "complete",
            lambda: commands.complete_task(pk, result="Said so", by=self.by(name), at=self.now, **more),
        )

    @rule(name=who, task=number)
    def delete_task(self, name: str, task: int) -> None:
        pk = self.one(Task.objects.alive().open(), task)
        self.act("delete_task", lambda: commands.delete_task(pk, by=self.by(name), at=self.now))

    @rule(task=number)
    def restore_task(self, task: int) -> None:
        pk = self.one(Task.objects.exclude(deleted_at=None), task)
        self.act("restore_task", lambda: commands.restore_tasks([pk], by=self.by("admin"), at=self.now))

    @rule(name=who, deal=number)
    def help_(self, name: str, deal: int) -> None:
        pk = self.one(Deal.objects.alive().open(), deal)
        self.act(
            "help",
            lambda: commands.ask_for_help(pk, "May I lower the price?", by=self.by(name), at=self.now),
        )

    @rule(deal=number)
    def bin_and_back(self, deal: int) -> None:
        pk = self.one(Deal.objects.alive(), deal)
        if self.act("delete", lambda: commands.delete_deal(pk, by=self.by("admin"), at=self.now)):
            self.act("restore", lambda: commands.restore_deals([pk], by=self.by("admin"), at=self.now))

    @rule(deal=number, days=st.sampled_from([1, 31]))
    def bin_for_good(self, deal: int, days: int) -> None:
        pk = self.one(Deal.objects.alive(), deal)
        self.act("delete", lambda: commands.delete_deal(pk, by=self.by("admin"), at=self.now))
        self.now += dt.timedelta(days=days)
        self.act("purge", lambda: purge_old(by=TIMER, at=self.now))

    @rule(name=who, deal=number, at_once=st.booleans())
    def lose_and_undo(self, name: str, deal: int, at_once: bool) -> None:
        pk = self.one(Deal.objects.alive().open(), deal)
        if not pk:
            return
        by = self.by(name)

        def go() -> Any:
            known = before_closing(Deal.objects.get(pk=pk))
            lost = commands.lose_deal(pk, "price", by=by, at=self.now)
            known["version"] = lost.version
            return offer(inverse="deals.unclose_deal", arguments=known, by=by, at=self.now)

        if (token := self.act("lose", go)) and at_once:
            self.act("undo", lambda: take_back(token, by=by, at=self.now))

    # ── people ──

    @rule(name=st.sampled_from(["anna", "boris", "carla"]), is_back=st.booleans())
    def leave(self, name: str, is_back: bool) -> None:
        self.act("leave", lambda: deactivate_user(self.world[name].pk, by=self.by("admin"), at=self.now))
        if is_back:
            self.act("back", lambda: reactivate_user(self.world[name].pk, by=self.by("admin"), at=self.now))

    @rule(
        name=st.sampled_from(["anna", "carla"]), deputy=st.sampled_from(["boris", "carla", ""]), days=number
    )
    def absence(self, name: str, deputy: str, days: int) -> None:
        first = self.now.date()
        self.act(
            "absence",
            lambda: record_absence(
                self.world[name].pk, first, first + dt.timedelta(days=days),
                self.world[deputy].pk if deputy else None, by=self.by("admin"), at=self.now,
            ),
        )  # fmt: skip

    @rule(index=number)
    def absence_ends(self, index: int) -> None:
        pk = self.one(Absence.objects, index)
        self.act("absence_ends", lambda: end_absence(pk, by=self.by("admin"), at=self.now))

    @rule(deals=st.lists(number, min_size=1, max_size=3), to=st.sampled_from(["anna", "boris", "carla"]))
    def hand_over(self, deals: list[int], to: str) -> None:
        pks = sorted({self.one(Deal.objects.alive().open(), n) for n in deals})
        self.act(
            "hand_over",
            lambda: commands.assign_deals(pks, self.world[to].pk, by=self.by("admin"), at=self.now),
        )

    # ── customers ──

    @rule(a=number, b=number)
    def merge(self, a: int, b: int) -> None:
        rows = Company.objects.filter(deleted_at=None)
        pair = self.one(rows, a), self.one(rows, b)
        self.act("merge", lambda: contacts.merge_companies(*pair, by=self.by("admin"), at=self.now))

    @rule(index=number)
    def unmerge(self, index: int) -> None:
        pk = self.one(Merge.objects, index)
        self.act("unmerge", lambda: contacts.unmerge_companies(pk, by=self.by("admin"), at=self.now))

    @rule(index=number, is_back=st.booleans())
    def bin_company(self, index: int, is_back: bool) -> None:
        pk = self.one(Company.objects.filter(deleted_at=None), index)
        self.act("bin_company", lambda: contacts.delete_company(pk, by=self.by("admin"), at=self.now))
        if is_back:
            self.act("company_back", lambda: contacts.restore_company(pk, by=self.by("admin"), at=self.now))

    # ── approvals, stages, alerts ──

    @rule(deal=number, says=st.sampled_from(["yes", "no", "withdrawn"]))
    def approval(self, deal: int, says: str) -> None:
        pk = self.one(Deal.objects.alive().open(), deal)
        kind, admin = SpecialKind.objects.order_by("pk").first(), self.by("admin")
        self.act("special", lambda: special.set_special(pk, [kind], by=admin, at=self.now))
        asked = self.act("ask", lambda: approvals.request_approval(pk, by=self.by("anna"), at=self.now))
        if asked is None:
            return
        row, boss = Approval.objects.get(pk=asked.pk), self.by("admin")
        acts = {
            "yes": lambda: approvals.approve(row, by=boss, at=self.now),
            "no": lambda: approvals.reject(row, comment="Too low", by=boss, at=self.now),
            "withdrawn": lambda: approvals.withdraw(row, by=self.by("anna"), at=self.now),
        }
        self.act(says, acts[says])

    @rule(a=number, b=number)
    def merge_stages(self, a: int, b: int) -> None:
        if Stage.objects.count() < 4:
            return
        pair = self.one(Stage.objects, a), self.one(Stage.objects, b)
        self.act(
            "merge_stages",
            lambda: stages.remove_stage(pair[0], into=pair[1], by=self.by("admin"), at=self.now),
        )

    @rule(name=who, deal=number, stage=number)
    def move(self, name: str, deal: int, stage: int) -> None:
        pk = self.one(Deal.objects.alive().open(), deal)
        to = self.one(Stage.objects, stage)
        by, why = self.by(name), "They asked"
        if self.act("move", lambda: commands.move_deal(pk, to, reason=why, force=True, by=by, at=self.now)):
            self.act("close_reviews", lambda: pace.close_reviews([pk], by=TIMER, at=self.now))

    @rule(days=st.sampled_from([0, 20, 60]))
    def alerts(self, days: int) -> None:
        self.now += dt.timedelta(days=days)
        self.act("alerts", lambda: pace.raise_alerts(by=TIMER, at=self.now))
        self.act("flags", lambda: pace.flag_deals(by=TIMER, at=self.now))


@pytest.fixture
def world(
    anna: Any, boris: Any, carla: Any, admin: Any, pipeline: Any, at: dt.datetime, monkeypatch: Any
) -> dict[str, Any]:
    from takt.sales.contacts.models import Source

    monkeypatch.setattr(intake_rules, "LEAST_SECONDS", -1)
    form = intake.create_web_form(
        name="Ask us", pipeline=pipeline, source=Source.objects.order_by("pk").first(), owners=[anna.pk, carla.pk],
        task_minutes=30, by=Actor(admin), at=at,
    )  # fmt: skip
    firms = [
        contacts.create_company(name=f"Frisia {n}", owner=anna, by=Actor(admin), at=at) for n in range(4)
    ]
    for n, owner in enumerate((anna, carla, boris)):
        commands.create_deal(
            name="Racks", amount="10", currency="EUR", company=firms[n], owner=owner,
            first_task=NewTask(type="call", title="Call", due_at=at), by=Actor(admin), at=at,
        )  # fmt: skip
    last = Stage.objects.filter(pipeline=pipeline).order_by("-position").first()
    special.set_approval_rule(pipeline, last, {"kind": "lead"}, by=Actor(admin), at=at)
    return {"anna": anna, "boris": boris, "carla": carla, "admin": admin, "form": form, "at": at}


@pytest.mark.django_db
def test_every_road(world: dict[str, Any]) -> None:
    """A few hundred acts as a rule, ten thousand and more where all is walked."""

    class Machine(EveryRoad):
        pass

    Machine.world, Machine.acts, Machine.carried_out = world, 0, set()
    examples = max(8, settings().max_examples * 2 // 3) if settings().max_examples > 100 else 8
    run_state_machine_as_test(Machine, settings=settings(settings(), max_examples=examples))
    wanted = {
        "create",
        "web_form",
        "complete",
        "leave",
        "hand_over",
        "merge",
        "alerts",
        "merge_stages",
        "restore",
    }
    assert wanted <= Machine.carried_out, wanted - Machine.carried_out
