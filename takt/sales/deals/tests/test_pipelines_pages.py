"""The settings of pipelines in the browser: who may, what is refused, what stays typed."""

from typing import Any

import pytest

from takt.kernel.lib.actor import Actor
from takt.sales.deals import commands
from takt.sales.deals.commands import NewTask
from takt.sales.deals.models import Deal, DealType, LossReason, Pipeline, Stage

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}


@pytest.fixture
def stages(pipeline: Any) -> list[Stage]:
    return list(Stage.objects.filter(pipeline=pipeline).order_by("position"))


@pytest.fixture
def editor(dora: Any, client_of: Any) -> Any:
    return client_of(dora)


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def test_pages_are_for_those_who_edit_pipelines(
    stages: Any, anna: Any, boris: Any, editor: Any, client_of: Any
) -> None:
    reason = LossReason.objects.filter(is_system=False).first()
    kind = DealType.objects.first()
    assert reason is not None
    assert kind is not None
    addresses = [
        "/settings/pipelines",
        "/settings/pipelines/new",
        f"/settings/pipelines/{stages[0].pipeline_id}",
        f"/settings/pipelines/{stages[0].pipeline_id}/stages",
        f"/settings/stages/{stages[0].pk}",
        f"/settings/stages/{stages[0].pk}/remove",
        "/settings/deal-types",
        f"/settings/deal-types/{kind.pk}",
        "/settings/loss-reasons",
        f"/settings/loss-reasons/{reason.pk}",
    ]
    for address in addresses:
        assert editor.get(address).status_code == 200, address
        assert editor.get(address, headers=HX).status_code == 200, address
        for other in (anna, boris):
            assert client_of(other).get(address).status_code == 403, address
            refused = client_of(other).post(address, {"name": "X"}).status_code
            assert refused == (405 if address == addresses[0] else 403), address
    assert editor.get("/settings/stages/999999").status_code == 404
    assert editor.get(f"/settings/pipelines/{2**70}").status_code == 404


def test_they_stand_in_the_settings(editor: Any, anna: Any, pipeline: Any, client_of: Any) -> None:
    assert "/settings/pipelines" in text_of(editor.get("/settings"))
    assert "/settings/pipelines" not in text_of(client_of(anna).get("/settings"))


def test_a_pipeline_starts_with_the_stages_of_another(editor: Any, stages: Any) -> None:
    form = {"name": "Rental", "stages": str(stages[0].pipeline_id)}
    answer = editor.post("/settings/pipelines/new", form)
    made = Pipeline.objects.get(name="Rental")
    assert answer.headers["Location"] == f"/settings/pipelines/{made.pk}"
    assert list(made.stages.order_by("position").values_list("name", "norm_days")) == [
        (s.name, s.norm_days) for s in stages
    ]


def test_a_refused_pipeline_keeps_what_was_typed(editor: Any, pipeline: Any) -> None:
    answer = editor.post("/settings/pipelines/new", {"name": pipeline.name, "stages": "b2b"}, headers=HX)
    assert answer.status_code == 422
    assert "This name is taken." in text_of(answer)
    assert f'value="{pipeline.name}"' in text_of(answer)
    assert 'value="b2b" selected' in text_of(answer)


def test_a_pipeline_is_renamed_and_a_stale_change_refused(editor: Any, pipeline: Any) -> None:
    address = f"/settings/pipelines/{pipeline.pk}"
    form = {"name": "Turnkey", "cycle_start": "first_activity", "default_owner": "", "version": 1}
    assert editor.post(address, form).status_code == 303
    pipeline.refresh_from_db()
    assert (pipeline.name, pipeline.cycle_start) == ("Turnkey", "first_activity")
    stale = editor.post(address, form | {"name": "Turnkey and rental"})
    assert stale.status_code == 409
    assert "Turnkey and rental" in text_of(stale)
    assert "Someone else changed this record" in text_of(stale)
    pipeline.refresh_from_db()
    assert pipeline.name == "Turnkey"


def test_retiring_can_be_undone(editor: Any, pipeline: Any, dora: Any, at: Any) -> None:
    address = f"/settings/pipelines/{pipeline.pk}/activity"
    assert editor.post(address, {"version": 1}).status_code == 409
    commands.create_pipeline(name="Rental", stages=[{"name": "New"}], by=Actor(dora), at=at)
    editor.post(address, {"version": 1})
    pipeline.refresh_from_db()
    assert not pipeline.is_active
    page = text_of(editor.get("/settings/pipelines"))
    assert "not in use" in page
    editor.post(f"/undo/{page.split('/undo/')[1][:36]}")
    pipeline.refresh_from_db()
    assert pipeline.is_active


def test_a_stage_is_added_and_edited(editor: Any, stages: Any) -> None:
    pipeline = stages[0].pipeline_id
    wrong = {"name": "", "probability": "130", "norm_days": "-1", "hint": "Signed by both"}
    answer = editor.post(f"/settings/pipelines/{pipeline}/stages", wrong, headers=HX)
    assert answer.status_code == 422
    assert text_of(answer).count("cp-err") == 3
    assert "Signed by both" in text_of(answer)
    right = {"name": "Отложено", "probability": "95", "norm_days": "3", "max_gap_days": "", "hint": ""}
    answer = editor.post(f"/settings/pipelines/{pipeline}/stages", right, headers=HX)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, f"/settings/pipelines/{pipeline}")
    page = text_of(editor.get(f"/settings/pipelines/{pipeline}"))
    assert "is a gap in the pipeline" in page
    added = Stage.objects.get(name="Отложено")
    changes = {"name": "Signed", "probability": "96", "norm_days": "", "version": added.version}
    assert editor.post(f"/settings/stages/{added.pk}", changes).status_code == 303
    added.refresh_from_db()
    assert (added.name, added.probability, added.norm_days) == ("Signed", 96, None)
    stale = editor.post(f"/settings/stages/{added.pk}", changes | {"name": "Late"}, headers=HX)
    assert stale.status_code == 409
    assert 'value="Late"' in text_of(stale)


def test_stages_move_by_buttons(editor: Any, stages: Any) -> None:
    one = stages[2]
    address = f"/settings/stages/{one.pk}/place"
    answer = editor.post(address, {"place": 1, "version": one.version}, headers=HX)
    assert answer.status_code == 200
    order = list(
        Stage.objects.filter(pipeline=one.pipeline).order_by("position").values_list("pk", flat=True)
    )
    assert order[:3] == [stages[0].pk, one.pk, stages[1].pk]
    assert f'id="up-{one.pk}"' in text_of(answer)
    assert "number 2 of 7" in answer.headers["HX-Trigger"]
    assert editor.post(address, {"place": 0, "version": one.version}, headers=HX).status_code == 409
    assert editor.post(address, {"place": "x"}).status_code == 404
    assert editor.post(address, {"place": 0}).status_code == 303


def test_merging_names_what_happens(editor: Any, stages: Any, anna: Any, at: Any) -> None:
    deal = commands.create_deal(
        name="Racking", amount="1000", currency="EUR", stage=stages[1],
        first_task=NewTask("call", "Call Ilse", at), by=Actor(anna), at=at,
    )  # fmt: skip
    address = f"/settings/stages/{stages[1].pk}/remove"
    dialog = text_of(editor.get(address, headers=HX))
    assert "1 open deal is in it" in dialog
    assert "This can't be taken back." in dialog
    refused = editor.post(address, {"version": 1, "into": ""}, headers=HX)
    assert refused.status_code == 409
    assert "Choose the stage that takes them" in text_of(refused)
    done = editor.post(address, {"version": 1, "into": stages[2].pk})
    assert done.status_code == 303
    assert Deal.objects.get(pk=deal.pk).stage == stages[2]
    assert "1 deal moved" in text_of(editor.get("/settings/pipelines"))
    for page in (f"/deals/{deal.pk}", "/deals/board", "/reports/funnel"):
        assert editor.get(page).status_code == 200, page


def test_types_and_reasons_are_kept_in_place(editor: Any, pipeline: Any) -> None:
    for base, model in (("/settings/deal-types", DealType), ("/settings/loss-reasons", LossReason)):
        refused = editor.post(base, {"name": " "})
        assert refused.status_code == 422
        assert "This can&#39;t be empty." in text_of(refused)
        assert editor.post(base, {"name": "Spare parts"}).status_code == 303
        row = model.objects.get(name="Spare parts")
        assert editor.post(f"{base}/{row.pk}", {"name": "Parts"}).status_code == 303
        assert editor.post(f"{base}/{row.pk}/activity", {}).status_code == 303
        row.refresh_from_db()
        assert (row.name, row.is_active) == ("Parts", False)
        page = text_of(editor.get(base))
        editor.post(f"/undo/{page.split('/undo/')[1][:36]}")
        row.refresh_from_db()
        assert row.is_active
        moved = editor.post(f"{base}/{row.pk}/place", {"place": 0}, headers=HX)
        assert moved.status_code == 200
        row.refresh_from_db()
        assert row.position == 0


def test_takts_own_reason_has_no_buttons(editor: Any, pipeline: Any) -> None:
    own = LossReason.objects.get(is_system=True)
    assert f"/settings/loss-reasons/{own.pk}" not in text_of(editor.get("/settings/loss-reasons"))
    assert editor.post(f"/settings/loss-reasons/{own.pk}", {"name": "X"}).status_code == 403


def test_a_stale_change_of_a_type_or_reason_is_refused(editor: Any, pipeline: Any) -> None:
    for base, model in (("/settings/deal-types", DealType), ("/settings/loss-reasons", LossReason)):
        editor.post(base, {"name": "Spare parts"})
        row = model.objects.get(name="Spare parts")
        address = f"{base}/{row.pk}"
        assert f'name="version" value="{row.version}"' in text_of(editor.get(address))
        assert editor.post(address, {"name": "Parts", "version": row.version}).status_code == 303
        stale = editor.post(address, {"name": "Mine", "version": row.version})
        assert stale.status_code == 409
        assert "This record was changed in the meantime" in text_of(stale)
        row.refresh_from_db()
        assert row.name == "Parts"
        editor.post(f"{address}/place", {"place": 0})
        assert editor.post(address, {"name": "Late", "version": row.version}).status_code == 409


def test_a_pipeline_with_open_deals_names_their_number(
    pipeline: Any, admin: Any, anna: Any, at: Any, client_of: Any
) -> None:
    for name in ("A", "B"):
        commands.create_deal(name=name, is_quick=True, by=Actor(anna), at=at)
    page = client_of(admin).get(f"/settings/pipelines/{pipeline.pk}").content.decode()
    assert "2 open deals are in it." in page
