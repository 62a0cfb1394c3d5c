"""Gates in the browser: the dialog, the checklist, the settings, the list of what was passed."""

from typing import Any

import pytest

from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Stale
from takt.kernel.undo.models import UndoEntry
from takt.ops.doctor.dump import canonical_lines
from takt.sales.deals import commands
from takt.sales.deals.commands import NewTask
from takt.sales.deals.models import CriterionTick, Deal, Pipeline, Stage, StageCriterion

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}


@pytest.fixture
def stages(pipeline: Any) -> list[Stage]:
    return list(Stage.objects.filter(pipeline=pipeline).order_by("position"))


@pytest.fixture
def deal(pipeline: Any, anna: Any, at: Any) -> Deal:
    task = NewTask("call", "Call Ilse", at)
    return commands.create_deal(name="Racking", new_company="Rhein", first_task=task, by=Actor(anna), at=at)


@pytest.fixture
def enforced(pipeline: Any, admin: Any, at: Any) -> Any:
    return commands.set_gate_mode(pipeline, "enforce", is_confirmed=True, by=Actor(admin), at=at)


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def test_the_board_is_told_which_dialog_asks(
    enforced: Any, stages: Any, deal: Any, anna: Any, client_of: Any
) -> None:
    sent = {"stage": stages[1].pk, "version": deal.version}
    answer = client_of(anna).post(f"/deals/{deal.pk}/move", sent, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (409, "stage_gate")
    assert answer.headers["X-Dialog"] == f"/deals/{deal.pk}/move?stage={stages[1].pk}"


def test_the_dialog_fills_in_and_moves_in_one_save(
    enforced: Any, stages: Any, deal: Any, anna: Any, client_of: Any, at: Any
) -> None:
    browser = client_of(anna)
    held = browser.post(f"/deals/{deal.pk}/move", {"stage": stages[1].pk, "version": deal.version})
    assert (held.status_code, held.headers["Location"]) == (303, f"/deals/{deal.pk}?move={stages[1].pk}")
    assert "data-dialog-now" in text_of(browser.get(held.headers["Location"]))
    dialog = text_of(browser.get(f"/deals/{deal.pk}/move?stage={stages[1].pk}", headers=HX))
    assert "Before the deal goes on, this is missing:" in dialog
    assert 'name="company.industry"' in dialog
    assert "Move it all the same" not in dialog
    tick = StageCriterion.objects.get(stage=stages[0], check_name="")
    person = commands.create_deal(
        name="Other",
        is_quick=True,
        new_person=commands.NewPerson("Ilse", "+49305550100"),
        by=Actor(anna),
        at=at,
    )
    filled = {
        "stage": stages[1].pk, "version": deal.version, "is_filled": "1", "tick": tick.pk,
        "company.industry": "Retail", "source": 1,
    }  # fmt: skip
    refused = browser.post(f"/deals/{deal.pk}/move", filled, headers=HX)
    assert refused.status_code in {409, 422}
    assert 'value="Retail"' in text_of(refused)
    assert not CriterionTick.objects.exists()
    from takt.sales.contacts.models import Source

    source = Source.objects.filter(is_active=True).first()
    assert source is not None
    whole = filled | {
        "source": source.pk,
        "company.region": "North",
        "contact": person.parts.get().contact_id,
    }
    done = browser.post(f"/deals/{deal.pk}/move", whole, headers=HX)
    assert done.status_code == 204, text_of(done)
    deal.refresh_from_db()
    assert deal.stage == stages[1]
    assert CriterionTick.objects.get().ticked_by == anna


def test_a_manager_moves_it_all_the_same_and_it_is_listed(
    enforced: Any, stages: Any, deal: Any, anna: Any, boris: Any, carla: Any, client_of: Any
) -> None:
    browser = client_of(boris)
    path = f"/deals/{deal.pk}/move"
    assert "Move it all the same" in text_of(browser.get(f"{path}?stage={stages[1].pk}", headers=HX))
    sent = {"stage": stages[1].pk, "version": deal.version, "is_filled": "1", "force": "1"}
    assert browser.post(path, sent, headers=HX).status_code == 422
    assert browser.post(path, sent | {"reason": "Signed on paper"}, headers=HX).status_code == 204
    for kind in ("forced", "all"):
        assert "Signed on paper" in text_of(browser.get(f"/deals/gates?kind={kind}"))
    assert "Signed on paper" not in text_of(browser.get("/deals/gates?kind=won"))
    assert "Signed on paper" not in text_of(client_of(carla).get("/deals/gates"))
    assert "Signed on paper" in text_of(browser.get(f"/deals/{deal.pk}"))


def test_the_way_back_asks_why(stages: Any, deal: Any, anna: Any, client_of: Any, at: Any) -> None:
    commands.move_deal(deal, stages[1], by=Actor(anna), at=at)
    browser = client_of(anna)
    assert "Why the deal goes back" in text_of(
        browser.get(f"/deals/{deal.pk}/move?stage={stages[0].pk}", headers=HX)
    )
    sent = {"stage": stages[0].pk, "is_filled": "1"}
    assert browser.post(f"/deals/{deal.pk}/move", sent, headers=HX).status_code == 409
    assert (
        browser.post(f"/deals/{deal.pk}/move", sent | {"reason": "Too early"}, headers=HX).status_code == 204
    )
    many = {"ids": deal.pk, "stage": stages[0].pk}
    commands.move_deal(deal, stages[1], by=Actor(anna), at=at)
    assert "Say why" in text_of(browser.post("/lists/deals/bulk/move", many, headers=HX))
    assert browser.post("/lists/deals/bulk/move", many | {"reason": "So"}, headers=HX).status_code == 204


def test_the_checklist_of_a_deal(
    stages: Any, deal: Any, anna: Any, carla: Any, client_of: Any, at: Any
) -> None:
    browser = client_of(anna)
    path = f"/deals/{deal.pk}/gate"
    shown = text_of(browser.get(path, headers=HX))
    assert "The company fits the profile of our best customers" in shown
    assert "Only a reminder" in shown
    assert client_of(carla).get(path).status_code == 404
    assert browser.get(path).status_code == 200
    tick = StageCriterion.objects.get(stage=stages[0], check_name="")
    ticked = browser.post(f"/deals/{deal.pk}/criteria/{tick.pk}", {"is_met": "on"}, headers=HX)
    assert anna.name in text_of(ticked)
    commands.move_deal(deal, stages[2], by=Actor(anna), at=at)
    assert "earlier stages ask for" in text_of(browser.get(path, headers=HX))


def test_the_settings_of_a_gate(
    stages: Any, deal: Any, anna: Any, dora: Any, admin: Any, client_of: Any
) -> None:
    path = f"/settings/stages/{stages[0].pk}/gate"
    browser = client_of(dora)
    assert "The company fits the profile" in text_of(browser.get(path, headers=HX))
    assert client_of(anna).get(path).status_code == 403
    sent = {
        "confirmed": "One\n\nTwo", "check": ["contacts"], "number_contacts": "3",
        "field": ["amount", "expected_close_date"], "not_past": ["expected_close_date"], "version": stages[0].version,
    }  # fmt: skip
    assert browser.post(path, sent | {"number_contacts": "0"}, headers=HX).status_code == 422
    assert browser.post(path, sent, headers=HX).status_code == 204
    assert browser.post(path, sent, headers=HX).status_code == 409  # read before
    criteria = StageCriterion.objects.filter(stage=stages[0])
    assert [(c.text, c.check_name, c.number) for c in criteria.order_by("position")] == [
        ("One", "", None), ("Two", "", None), ("", "contacts", 3),
    ]  # fmt: skip


def test_enforcing_is_confirmed_by_an_administrator_after_the_preview(
    stages: Any, deal: Any, dora: Any, admin: Any, client_of: Any
) -> None:
    path = f"/settings/pipelines/{stages[0].pipeline_id}"
    asked = client_of(admin).post(f"{path}/gate-mode", {"mode": "enforce"})
    assert asked.status_code == 200
    assert "the next move forward of 1 of 1 open deals would be refused" in text_of(asked)
    assert "Racking" in text_of(asked)
    assert Pipeline.objects.get(pk=stages[0].pipeline_id).gate_mode == "warn"
    assert "An administrator enforces" in text_of(client_of(dora).get(f"{path}/gates"))
    refused = client_of(dora).post(f"{path}/gate-mode", {"mode": "enforce", "confirmed": "1"})
    assert refused.status_code == 403
    done = client_of(admin).post(f"{path}/gate-mode", {"mode": "enforce", "confirmed": "1"})
    assert done.status_code == 303
    assert Pipeline.objects.get(pk=stages[0].pipeline_id).gate_mode == "enforce"
    off = client_of(dora).post(f"{path}/gate-mode", {"mode": "off"})
    assert off.status_code == 303


def test_a_cycle_ends_only_where_takt_records_it(stages: Any, dora: Any, client_of: Any) -> None:
    path = f"/settings/pipelines/{stages[0].pipeline_id}"
    page = text_of(client_of(dora).get(path))
    assert "not recorded by Takt yet" in page
    assert "loses interest in the customer" in page
    sent = {"name": "B2B sales", "cycle_start": "stage", "cycle_start_stage": "", "has_back": "1"}
    assert client_of(dora).post(path, sent).status_code == 422
    assert (
        client_of(dora).post(path, sent | {"cycle_start_stage": stages[1].pk, "cycle_end": "won"}).status_code
        == 303
    )
    row = Pipeline.objects.get(pk=stages[0].pipeline_id)
    assert (row.cycle_start, row.cycle_start_stage, row.allow_back_own) == ("stage", stages[1], False)
    refused = client_of(dora).post(path, sent | {"cycle_start_stage": stages[1].pk, "cycle_end": "shipped"})
    assert refused.status_code == 422


class TestUndoInSettings:
    """A slip in the settings of gates is taken back from the toast."""

    def undone(self, client: Any) -> Any:
        return client.post(f"/undo/{UndoEntry.objects.latest('id').token}")

    def test_a_criterion_taken_out_comes_back_with_what_was_confirmed(
        self, stages: Any, deal: Any, anna: Any, admin: Any, at: Any, client_of: Any
    ) -> None:
        tick = StageCriterion.objects.get(stage=stages[0], check_name="")
        commands.tick_criterion(deal, tick, by=Actor(anna), at=at)
        before, client = list(canonical_lines()), client_of(admin)
        page = client.post(
            f"/settings/stages/{stages[0].pk}/gate", {"version": stages[0].version}, follow=True
        )
        assert "/undo/" in text_of(page)
        assert not StageCriterion.objects.filter(stage=stages[0]).exists()
        assert not CriterionTick.objects.exists()
        assert self.undone(client).status_code == 302
        stamps = [line for line in canonical_lines() if not line.startswith('["pipeline"')]
        assert stamps == [line for line in before if not line.startswith('["pipeline"')]

    def test_exchanged_checks(self, stages: Any, admin: Any, at: Any) -> None:
        by, stage = Actor(admin), stages[2]
        first = [commands.NewCriterion(check="meeting_held"), commands.NewCriterion(check="decider")]
        commands.set_gate(stage, criteria=first, fields=[], by=by, at=at)
        before = list(StageCriterion.objects.filter(stage=stage).order_by("id").values())
        changed = commands.set_gate(
            stage,
            criteria=[commands.NewCriterion(text="Asked")],
            fields=[commands.NewField("amount")],
            by=by,
            at=at,
        )
        assert changed.way_back is not None
        commands.restore_gate(**changed.way_back, by=by, at=at)
        assert list(StageCriterion.objects.filter(stage=stage).order_by("id").values()) == before
        with pytest.raises(Stale):
            commands.restore_gate(**changed.way_back, by=by, at=at)

    def test_the_mode(self, enforced: Any, pipeline: Any, admin: Any, at: Any, client_of: Any) -> None:
        before, client = list(canonical_lines()), client_of(admin)
        path = f"/settings/pipelines/{pipeline.pk}/gate-mode"
        assert "/undo/" in text_of(client.post(path, {"mode": "off"}, follow=True))
        assert Pipeline.objects.get(pk=pipeline.pk).gate_mode == "off"
        assert self.undone(client).status_code == 302
        assert list(canonical_lines()) == before

    def test_fields_of_a_stage_and_of_a_pipeline(
        self, stages: Any, pipeline: Any, admin: Any, client_of: Any
    ) -> None:
        before, client = list(canonical_lines()), client_of(admin)
        typed = {
            "name": "Other",
            "color": "chart-2",
            "hint": "Ask",
            "probability": "7",
            "version": stages[0].version,
        }
        client.post(f"/settings/stages/{stages[0].pk}", typed)
        client.post(f"/settings/pipelines/{pipeline.pk}", {"name": "New name", "has_back": "1"})
        assert Pipeline.objects.get(pk=pipeline.pk).allow_back_own is False
        for entry in UndoEntry.objects.order_by("-id"):
            assert client.post(f"/undo/{entry.token}").status_code == 302
        assert list(canonical_lines()) == before
