"""Today: what is shown, counted and asked for, in the reader's own day."""

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from takt.kernel.lib.actor import Actor
from takt.sales.activities.models import Task
from takt.sales.deals import commands
from takt.sales.deals.commands import NewPerson, NewTask
from takt.sales.deals.models import Deal
from takt.sales.deals.queries.today import day_of
from takt.sales.deals.rules_day import Progress, beats, expected_by, preset_day, usual_next_day

pytestmark = pytest.mark.django_db


def in_hours(hours: float) -> dt.datetime:
    return dt.datetime.now(dt.UTC) + dt.timedelta(hours=hours)


def new_deal(owner: Any, at: dt.datetime, name: str = "Cold store racking", **more: Any) -> Deal:
    step = more.pop("step", None) or NewTask("call", "Call Ilse about hall temperatures", at)
    return commands.create_deal(
        name=name,
        amount="86000",
        currency="EUR",
        new_company=more.pop("company", "Frisia Frozen Foods"),
        new_person=NewPerson("Ilse van Rottum", phone="+31 10 555 0142"),
        first_task=step,
        by=Actor(owner),
        at=at,
        **more,
    )


def body(response: Any) -> str:
    return response.content.decode()


class TestRules:
    def test_pace_follows_the_working_hours(self) -> None:
        friday = dt.datetime(2026, 11, 13, 13, 40)
        assert expected_by(friday, 35) == 19
        assert expected_by(friday.replace(hour=8), 35) == 0
        assert expected_by(friday.replace(hour=20), 35) == 35
        assert expected_by(friday + dt.timedelta(days=1), 35) == 0

    def test_beats_show_done_and_missing(self) -> None:
        found = beats(Progress(done=17, plan=35, target=40, expected=19))
        assert [b.state for b in found].count("done") == 17
        assert [b.state for b in found].count("gap") == 2
        assert len(found) == 35
        assert len(beats(Progress(done=100, plan=200, target=200, expected=120))) == 60

    def test_presets(self) -> None:
        friday = dt.date(2026, 11, 13)
        assert preset_day("monday", friday) == dt.date(2026, 11, 16)
        assert preset_day("monday", dt.date(2026, 11, 16)) == dt.date(2026, 11, 23)
        assert usual_next_day(friday) == dt.date(2026, 11, 16)
        assert preset_day("never", friday) is None


class TestDay:
    def test_overdue_first_then_by_type(self, anna: Any, pipeline: Any, at: dt.datetime) -> None:
        deal = new_deal(anna, at, step=NewTask("email", "Send the price list", at - dt.timedelta(days=3)))
        for kind, hours in (("meeting", 2), ("call", 3), ("call", 1)):
            new = NewTask(kind, f"{kind} in {hours} hours", at + dt.timedelta(hours=hours))
            commands.create_task(new, deal=deal, by=Actor(anna), at=at)
        day = day_of(anna, at)
        assert [g.label for g in day.groups] == ["Overdue", "Call", "Meeting"]
        assert day.groups[0].rows[0].due == "3 d late"
        assert [r.due for r in day.groups[1].rows] == ["10:00", "12:00"]
        assert day.groups[1].rows[0].where == "Frisia Frozen Foods · Cold store racking"
        assert day.left == 4
        assert [m.title for m in day.meetings] == ["meeting in 2 hours"]

    def test_another_day_has_its_own_tasks_only(self, anna: Any, pipeline: Any, at: dt.datetime) -> None:
        new_deal(anna, at, step=NewTask("email", "Send the price list", at + dt.timedelta(days=1)))
        assert day_of(anna, at).left == 0
        tomorrow = day_of(anna, at, on=at.date() + dt.timedelta(days=1))
        assert tomorrow.left == 1
        assert not tomorrow.is_today

    def test_counts_done_actions_and_leaves_out_internal_work(
        self, anna: Any, pipeline: Any, at: dt.datetime
    ) -> None:
        deal = new_deal(anna, at)
        by = Actor(anna)
        later = NewTask("task", "Prepare the comparison of racks", at + dt.timedelta(hours=1))
        internal = commands.create_task(later, deal=deal, by=by, at=at)
        alone = commands.create_task(NewTask("call", "Call the dentist today", at), by=by, at=at)
        again = NewTask("call", "Call Ilse again about the halls", at + dt.timedelta(days=1))
        commands.complete_task(deal.next_task, next_task=again, by=by, at=at)
        commands.complete_task(internal, by=by, at=at)
        commands.complete_task(alone, by=by, at=at)
        day = day_of(anna, at)
        assert day.progress.done == 1
        assert day.done_total == 3
        assert {t.name: t.done for t in day.types if t.done} == {"Call": 2, "Task": 1}

    def test_day_begins_at_midnight_of_the_user(
        self, person: Any, client_of: Any, pipeline: Any, takt: Any
    ) -> None:
        """The same moment is today in Tokyo and yesterday in Honolulu."""
        tokyo = person("taro", time_zone="Asia/Tokyo")
        honolulu = person("keanu", time_zone="Pacific/Honolulu")
        now = dt.datetime.now(dt.UTC)
        for user, zone in ((tokyo, "Asia/Tokyo"), (honolulu, "Pacific/Honolulu")):
            with timezone.override(zone):
                midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
            before, after = midnight - dt.timedelta(minutes=1), midnight + dt.timedelta(minutes=1)
            for moment in (before, after):
                deal = new_deal(user, moment, step=NewTask("call", "Call about the survey date", moment))
                following = NewTask("call", "Call again next month", now + dt.timedelta(days=30))
                commands.complete_task(deal.next_task, next_task=following, by=Actor(user), at=moment)
            page = body(client_of(user).get("/today"))
            assert re.search(r'td-plan-num num">1<small>', page)

    def test_norm_is_the_persons_or_the_rooms(
        self, anna: Any, person: Any, pipeline: Any, at: dt.datetime
    ) -> None:
        assert day_of(anna, at).progress.plan == 30
        assert day_of(person("eva", daily_norm=35), at).progress.plan == 35

    def test_alerts_and_deals_without_a_step(self, anna: Any, pipeline: Any, at: dt.datetime) -> None:
        deal = new_deal(anna, at)
        Task.objects.filter(deal=deal).update(deleted_at=at)
        Deal.objects.filter(pk=deal.pk).update(
            next_task=None,
            next_due_at=None,
            stage_entered_at=at - dt.timedelta(days=60),
            expected_close_on=at.date() - dt.timedelta(days=1),
        )
        day = day_of(anna, at)
        assert (day.alerts.without_step, day.alerts.stuck, day.alerts.date_passed) == (1, 1, 1)
        assert [d.name for d in day.without_step] == ["Cold store racking"]
        assert day.is_short

    def test_a_snoozed_deal_is_not_stuck(self, anna: Any, pipeline: Any, at: dt.datetime) -> None:
        deal = new_deal(anna, at)
        long_ago, later = at - dt.timedelta(days=60), at.date() + dt.timedelta(days=20)
        Deal.objects.filter(pk=deal.pk).update(stage_entered_at=long_ago, snoozed_until=later)
        assert day_of(anna, at).alerts.stuck == 0

    def test_complete_when_nothing_is_left(self, anna: Any, client_of: Any, pipeline: Any) -> None:
        now = in_hours(-1)
        deal = new_deal(anna, now)
        following = NewTask("call", "Call again next month", now + dt.timedelta(days=30))
        commands.complete_task(deal.next_task, next_task=following, by=Actor(anna), at=in_hours(0))
        assert "The day is done" in body(client_of(anna).get("/today"))

    def test_sees_no_hidden_deal_behind_a_task_handed_over(
        self, anna: Any, carla: Any, pipeline: Any, at: dt.datetime
    ) -> None:
        deal = new_deal(anna, at, name="Secret project")
        commands.reassign_task(deal.next_task, carla, by=Actor(anna), at=at)
        (row,) = day_of(carla, at).groups[0].rows
        assert "Secret" not in row.where
        assert row.amount == ""


class TestPage:
    def test_strangers_and_neighbours(
        self, client: Any, anna: Any, carla: Any, client_of: Any, pipeline: Any
    ) -> None:
        new_deal(anna, in_hours(0))
        assert client.get("/today").status_code == 302
        assert "Cold store racking" not in body(client_of(carla).get("/today"))

    @pytest.mark.parametrize("group", ["type", "time", "company"])
    def test_groupings(self, group: str, anna: Any, client_of: Any, pipeline: Any) -> None:
        new_deal(anna, in_hours(0))
        page = client_of(anna).get(f"/today?group={group}")
        assert page.status_code == 200
        assert "Call Ilse about hall temperatures" in body(page)

    @pytest.mark.parametrize("query", ["group=x", "day=yesterday", "day=9999-99-99", "rows=-1", "rows=abc"])
    def test_what_cannot_be_read_is_refused(self, query: str, anna: Any, client_of: Any) -> None:
        assert client_of(anna).get(f"/today?{query}").status_code == 422

    def test_texts_of_people_are_escaped(self, anna: Any, client_of: Any, pipeline: Any) -> None:
        evil = '"><script>alert(1)</script>'
        step = NewTask("call", f"Call {evil}", in_hours(0))
        new_deal(anna, in_hours(0), name=f"Deal {evil}", company=f"Company {evil}", step=step)
        client = client_of(anna)
        pk = Task.objects.get().pk
        for url in ("/today", "/today?group=company", f"/tasks/{pk}", f"/tasks/{pk}/complete", "/tasks"):
            page = body(client.get(url))
            assert "<script>alert" not in page
            assert "&lt;script&gt;" in page

    def test_no_inline_style_or_script(self, anna: Any, client_of: Any, pipeline: Any) -> None:
        new_deal(anna, in_hours(0))
        page = body(client_of(anna).get("/today"))
        assert " style=" not in page
        assert "onclick" not in page

    def test_queries_do_not_grow_with_tasks(self, anna: Any, client_of: Any, pipeline: Any) -> None:
        now = in_hours(0)
        deal = new_deal(anna, now)
        client = client_of(anna)

        def asked() -> int:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert client.get("/today").status_code == 200
            return len(queries)

        plan = [NewTask("call", f"Call number {i} about racks", now) for i in range(200)]
        for new in plan[:4]:
            commands.create_task(new, deal=deal, by=Actor(anna), at=now)
        few = asked()
        for new in plan[4:]:
            commands.create_task(new, deal=deal, by=Actor(anna), at=now)
        assert asked() == few
        assert few <= 12

    def test_the_first_sixty_and_more_on_request(self, anna: Any, client_of: Any, pipeline: Any) -> None:
        now = in_hours(0)
        deal = new_deal(anna, now)
        for i in range(70):
            commands.create_task(
                NewTask("call", f"Call number {i} about racks", now), deal=deal, by=Actor(anna), at=now
            )
        client = client_of(anna)
        first = body(client.get("/today"))
        assert first.count('class="td-row"') == 60
        assert "/today?rows=120" in first
        more = client.get(
            "/today?rows=120", headers={"HX-Request": "true", "HX-Target": "section#today-list"}
        )
        assert body(more).count('class="td-row"') == 71
        assert "<html" not in body(more)
