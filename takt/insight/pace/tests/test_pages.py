"""Who sees what of discipline, and the lists behind the numbers."""

import datetime as dt
from typing import Any

import pytest

from takt.insight.pace import commands as pace
from takt.insight.pace.participants import wrong_limits
from takt.kernel.lib.actor import Actor
from takt.sales.deals import commands
from takt.sales.deals.commands import NewTask
from takt.sales.deals.models import Deal, Stage

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def deal(anna: Any, pipeline: Any) -> Deal:
    """Long ago, so that it is overdue and stands still whenever the pages are looked at."""
    at = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
    Stage.objects.update(norm_days=5, max_gap_days=10)
    step = NewTask(type="call", title="Ask for the drawings", due_at=at + 30 * DAY)
    deal = commands.create_deal(
        name="Crane", amount="100", currency="EUR", first_task=step, by=Actor(anna), at=at
    )
    pace.keep_pace(by=Actor(via="timer"), at=at + 40 * DAY)
    pace.raise_alerts(by=Actor(via="timer"), at=at + 40 * DAY)
    pace.flag_deals(by=Actor(via="timer"), at=at + 40 * DAY)
    return deal


def test_page(deal: Deal, anna: Any, boris: Any, admin: Any, person: Any, client_of: Any) -> None:
    """The owner and who leads see it, a colleague of another team doesn't."""
    page = client_of(anna).get("/audit/discipline").content.decode()
    assert "Crane" in page
    assert f"/tasks?overdue=true&amp;assignee={anna.pk}" in page
    assert "40 days; 5 are usual" in page
    assert "Crane" in client_of(admin).get("/audit/discipline?flag=stale").content.decode()
    other = person("eva", team="south")
    page = client_of(other).get("/audit/discipline").content.decode()
    assert "Crane" not in page
    assert "Nothing is overdue" in page


def test_panels(deal: Deal, anna: Any, client_of: Any) -> None:
    client = client_of(anna)
    assert "40 days; 5 are usual" in client.get(f"/audit/deals/{deal.pk}").content.decode()
    assert "needs a look" in client.get("/audit/mine").content.decode()


def test_list_filter(deal: Deal, anna: Any, at: dt.datetime, client_of: Any) -> None:
    commands.create_deal(name="Lift", is_quick=True, by=Actor(anna), at=at)
    client = client_of(anna)
    for asked in ("flags=stale", "flags=too_far,stale", "flags__empty=false"):
        page = client.get(f"/deals?{asked}").content.decode()
        assert "Crane" in page, asked
        assert "Lift" not in page, asked


def test_export(deal: Deal, admin: Any, client_of: Any) -> None:
    answer = client_of(admin).get("/audit/discipline?export=csv")
    assert b"Crane" in b"".join(answer.streaming_content)


def test_doctor(deal: Deal) -> None:
    assert wrong_limits() == []
    Stage.objects.filter(pk=deal.stage_id).update(usual_days=3)
    assert wrong_limits() == [f"stage={deal.stage_id}, kept=3"]
