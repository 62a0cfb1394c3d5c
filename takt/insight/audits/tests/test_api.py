import datetime as dt
from typing import Any

import pytest

from takt.insight.audits.commands import judge_all
from takt.kernel.lib.actor import Actor
from takt.sales.deals import commands

pytestmark = pytest.mark.django_db


def test_audits(anna: Any, boris: Any, carla: Any, pipeline: Any, api_of: Any, at: dt.datetime) -> None:
    """Scores, a walk and its verdicts; hidden 404, forbidden 403."""
    now = dt.datetime.now(dt.UTC)
    deal = commands.create_deal(name="Racks", is_quick=True, by=Actor(anna), at=now)
    other = commands.create_deal(name="Of Carla", is_quick=True, by=Actor(carla), at=now)
    judge_all(by=Actor(via="timer"), at=now)
    lead = api_of(boris)
    scores = lead.get("/audits/scores").json()
    assert [p["owner"] for p in scores["owners"]] == [anna.pk]
    assert scores["total"]["deals"] == 1
    quality = lead.get(f"/audits/deals/{deal.pk}").json()
    assert "A1" in quality["applicable"]
    assert {r["check"] for r in quality["reasons"]} == set(quality["failed"])
    assert lead.get(f"/audits/deals/{other.pk}").status_code == 404

    made = lead.post("/audits", {"person": anna.pk})
    assert made.status_code == 201, made.content
    place = made.headers["Location"]
    assert lead.post("/audits", {}).status_code == 422
    assert api_of(anna).post("/audits", {"person": anna.pk}).status_code == 403
    said = lead.post(
        f"{place}/deals/{deal.pk}", {"verdicts": {"A4": "fail"}, "comments": {"A4": "Nothing said"}}
    )
    assert said.status_code == 200, said.content
    assert said.json()["task"] is not None
    assert lead.post(f"{place}/deals/{other.pk}", {}).status_code == 404
    assert api_of(carla).get(place).status_code == 404
    assert api_of(anna).get(place).json()["items"][0]["verdicts"][3]["comment"] == "Nothing said"
    assert api_of(anna).post(f"{place}/finish", {}).status_code == 403
    done = lead.post(f"{place}/finish", {}).json()
    assert done["finished_at"] is not None
    assert [a["id"] for a in lead.get("/audits?limit=1").json()["items"]] == [done["id"]]
    assert api_of(carla).get("/audits").json() == {"items": [], "next_cursor": None}
