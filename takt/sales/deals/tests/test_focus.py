"""Focus: one task after another, result and next step in one save and one undo, the place kept."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Invalid, NotFound
from takt.kernel.undo.models import UndoEntry
from takt.sales.activities.commands import focus as block
from takt.sales.activities.models import FocusBlock, FocusItem, Task
from takt.sales.deals import commands
from takt.sales.deals.commands import NewPerson, NewTask
from takt.sales.deals.queries.focus import queue_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@pytest.fixture
def tasks(anna: Any, pipeline: Any) -> list[Task]:
    made = [
        commands.create_deal(
            name=f"Racking {i}",
            amount="86000",
            currency="EUR",
            new_company=f"Frisia {i}",
            new_person=NewPerson(f"Ilse {i}", phone=f"+31 10 555 014{i}"),
            first_task=NewTask("call", f"Call Ilse about hall {i}", now() - dt.timedelta(hours=3 - i)),
            by=Actor(anna),
            at=now(),
        ).next_task_id
        for i in range(3)
    ]
    return list(Task.objects.filter(pk__in=made).order_by("due_at"))


def completion(task: Task, **more: Any) -> dict[str, Any]:
    due = (now() + dt.timedelta(days=1)).strftime("%Y-%m-%dT09:30")
    return {
        "_key": uuid.uuid4().hex,
        "version": task.version,
        "from": "focus",
        "result": "She confirms -24 °C in both halls.",
        "outcome": "reached",
        f"next-{task.pk}": "task",
        "next_type": "email",
        "next_title": "Send Ilse the drawing of both halls",
        "next_due": due,
        **more,
    }


def begin(user: Any, tasks: list[Task], at: dt.datetime | None = None) -> FocusBlock:
    return block.start_focus([t.pk for t in tasks], name="Calls", by=Actor(user), at=at or now())


def body(response: Any) -> str:
    return response.content.decode()


class TestQueue:
    def test_a_block_is_made_of_one_type_of_today(self, client: Any, anna: Any, tasks: list[Task]) -> None:
        client.force_login(anna)
        assert "Call" in body(client.get("/focus"))
        client.post("/focus/start", {"only": "call"})
        page = body(client.get("/focus"))
        assert tasks[0].title in page and "1 of 3" in page and "tel:" in page

    def test_chosen_and_filtered_tasks_can_be_worked_through(
        self, client: Any, anna: Any, tasks: list[Task]
    ) -> None:
        client.force_login(anna)
        assert "Start with 1 task" in body(client.get("/focus", {"ids": [tasks[2].pk]}))
        assert "Start with 3 tasks" in body(client.get("/focus", {"query": "type=call"}))
        assert "None of these" in body(client.get("/focus", {"query": "type=meeting"}))
        client.post("/focus/start", {"ids": [tasks[2].pk]})
        assert tasks[2].title in body(client.get("/focus"))

    def test_a_closed_task_makes_no_block(self, anna: Any, tasks: list[Task]) -> None:
        Task.objects.update(status="cancelled")
        with pytest.raises(Invalid):
            begin(anna, tasks)

    def test_skipped_comes_last_and_the_place_is_kept(
        self, client: Any, anna: Any, tasks: list[Task]
    ) -> None:
        begin(anna, tasks)
        client.force_login(anna)
        client.post(f"/focus/{tasks[0].pk}/skip")
        queue = queue_of(anna, now() + dt.timedelta(days=1))
        assert queue and [i.task_id for i in queue.waiting] == [tasks[1].pk, tasks[2].pk, tasks[0].pk]

    def test_what_was_done_elsewhere_is_not_served_and_said(
        self, client: Any, anna: Any, tasks: list[Task]
    ) -> None:
        begin(anna, tasks)
        commands.cancel_task(
            tasks[0].pk, next_task=NewTask("call", "Call her later on", now()), by=Actor(anna), at=now()
        )
        client.force_login(anna)
        page = body(client.get("/focus"))
        assert "1 task was finished elsewhere" in page and "1 of 2" in page

    def test_a_second_block_ends_the_first(self, anna: Any, tasks: list[Task]) -> None:
        first = begin(anna, tasks)
        begin(anna, tasks[:1])
        first.refresh_from_db()
        assert first.ended_at is not None

    def test_queries_do_not_grow_with_the_queue(self, client: Any, anna: Any, tasks: list[Task]) -> None:
        client.force_login(anna)
        counts = []
        for some in (tasks[:1], tasks):
            begin(anna, some)
            client.get("/focus")
            with CaptureQueriesContext(
                connection,
            ) as seen:
                client.get("/focus")
            counts.append(len(seen))
        assert counts[0] == counts[1]


class TestActs:
    def test_result_and_next_step_in_one_save_and_one_undo(
        self, client: Any, anna: Any, tasks: list[Task]
    ) -> None:
        began = now() - dt.timedelta(minutes=7, seconds=30)
        begin(anna, tasks, began)
        client.force_login(anna)
        task = tasks[0]
        answer = client.post(f"/tasks/{task.pk}/complete", completion(task), headers=HTMX)
        assert answer.headers["HX-Redirect"] == "/focus"
        task.refresh_from_db()
        assert task.status == "done" and task.minutes == 8 and task.next_task is not None
        client.post(f"/undo/{UndoEntry.objects.get().token}")
        queue = queue_of(anna, now())
        assert queue and queue.current and queue.current.task_id == task.pk

    def test_a_refused_save_changes_nothing_and_keeps_what_was_typed(
        self, client: Any, anna: Any, tasks: list[Task]
    ) -> None:
        begin(anna, tasks)
        client.force_login(anna)
        typed = completion(tasks[0], next_title="")
        answer = client.post(f"/tasks/{tasks[0].pk}/complete", typed, headers=HTMX)
        assert answer.status_code == 422 and "both halls" in body(answer)
        assert not FocusItem.objects.exclude(left="").exists()

    def test_moved_to_another_time(self, client: Any, anna: Any, tasks: list[Task]) -> None:
        begin(anna, tasks)
        client.force_login(anna)
        due = (now() + dt.timedelta(days=7)).strftime("%Y-%m-%dT09:00")
        client.post(f"/focus/{tasks[0].pk}/move", {"due_at": due, "version": tasks[0].version})
        queue = queue_of(anna, now())
        assert queue and len(queue.moved) == 1 and len(queue.waiting) == 2

    def test_the_clock_stands_while_paused_and_forgets_the_night(self, anna: Any, tasks: list[Task]) -> None:
        start, by = now(), Actor(anna)
        begin(anna, tasks, start)
        later = start + dt.timedelta(minutes=5)
        block.run_focus_clock(tasks[0].pk, False, by=by, at=later)
        assert block.focused_minutes(tasks[0].pk, by=by, at=later + dt.timedelta(hours=2)) == 5
        block.run_focus_clock(None, True, by=by, at=later)
        assert block.focused_minutes(tasks[0].pk, by=by, at=later + dt.timedelta(hours=14)) == 65

    def test_the_end_says_what_was_done(self, client: Any, anna: Any, tasks: list[Task]) -> None:
        begin(anna, tasks[:1])
        client.force_login(anna)
        client.post(f"/tasks/{tasks[0].pk}/complete", completion(tasks[0]), headers=HTMX)
        assert "1 task done" in body(client.get("/focus"))
        client.post("/focus/end")
        with pytest.raises(NotFound):
            block.end_focus(by=Actor(anna), at=now())
