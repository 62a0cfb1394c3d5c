"""Pipelines and stages for programs: order, merging, removal."""

from typing import Any

import pytest

from takt.kernel.lib.actor import Actor
from takt.sales.deals import commands
from takt.sales.deals.commands import NewTask
from takt.sales.deals.models import Deal, Stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stages(pipeline: Any) -> list[Stage]:
    return list(Stage.objects.filter(pipeline=pipeline).order_by("position"))


def test_stages_are_placed_and_removed(stages: Any, dora: Any, anna: Any, api_of: Any) -> None:
    api = api_of(dora)
    place = f"/stages/{stages[0].pk}/place"
    assert api_of(anna).post(place, {"place": 2}).status_code == 403
    assert api.post(place, {"place": -1}).status_code == 422
    assert api.post(place, {"place": 2}, If_Match='"7"').status_code == 412
    assert api.post(place, {"place": 2}).json()["position"] == 3
    assert api.delete(f"/stages/{stages[0].pk}").status_code == 204
    assert api.delete(f"/stages/{stages[0].pk}").status_code == 404


def test_a_stage_in_use_is_merged(stages: Any, dora: Any, anna: Any, at: Any, api_of: Any) -> None:
    deal = commands.create_deal(
        name="Racking", amount="1000", currency="EUR", stage=stages[1],
        first_task=NewTask("call", "Call Ilse", at), by=Actor(anna), at=at,
    )  # fmt: skip
    api = api_of(dora)
    refused = api.delete(f"/stages/{stages[1].pk}")
    assert (refused.status_code, refused.json()["code"]) == (409, "stage_in_use")
    wrong = api.post(f"/stages/{stages[1].pk}/merge", {"into": stages[1].pk})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "into")
    done = api.post(f"/stages/{stages[1].pk}/merge", {"into": stages[2].pk}).json()
    assert (done["moved"], done["stage"]["id"]) == (1, stages[2].pk)
    assert Deal.objects.get(pk=deal.pk).stage == stages[2]


def test_pipelines_are_placed(pipeline: Any, dora: Any, api_of: Any) -> None:
    api = api_of(dora)
    rental = api.post("/pipelines", {"name": "Rental", "stages": [{"name": "New"}]}).json()
    assert api.post(f"/pipelines/{rental['id']}/place", {"place": 0}).json()["position"] == 0
    assert [p["name"] for p in api.get("/pipelines").json()["items"]] == ["Rental", pipeline.name]
