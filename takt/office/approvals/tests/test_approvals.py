"""Special opportunities pass an approval, whatever the road (features DL38)."""

import datetime as dt
from typing import Any

import pytest

from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.checks import checks
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refused
from takt.kernel.lists.commands import start_bulk
from takt.kernel.undo.models import UndoEntry
from takt.office.approvals import commands as approvals
from takt.office.approvals.models import Approval
from takt.office.notifications.models import Notification
from takt.office.notifications.subscribers import tell_of_approval
from takt.ops.doctor.dump import canonical_lines
from takt.sales.deals import commands
from takt.sales.deals.commands import Closing, Filled, GateClosed, NewTask, special
from takt.sales.deals.commands import stages as stage_commands
from takt.sales.deals.models import Deal, Pipeline, SpecialKind, Stage, StagePassage

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}
ANYBODY = {"kind": "lead"}


@pytest.fixture
def stages(pipeline: Any, admin: Any, at: Any) -> list[Stage]:
    """Gates are off: the approval has a setting of its own. It is needed from the third stage on."""
    found = list(Stage.objects.filter(pipeline=pipeline).order_by("position"))
    commands.set_gate_mode(pipeline, "off", by=Actor(admin), at=at)
    special.set_approval_rule(pipeline, found[2], ANYBODY, by=Actor(admin), at=at)
    return found


@pytest.fixture
def deal(stages: Any, anna: Any, at: Any) -> Deal:
    deal = commands.create_deal(
        name="Racking",
        amount="900",
        currency="EUR",
        new_company="Rhein",
        new_person=commands.NewPerson("Ilse", phone="+4930111"),
        first_task=NewTask("call", "Call", at),
        by=Actor(anna),
        at=at,
    )
    return special.set_special(deal, [SpecialKind.objects.get(name="Key account")], by=Actor(anna), at=at)


def sound() -> bool:
    assert not [(c.name, found) for c in checks if (found := c.find())]
    return True


class TestEveryRoad:
    @pytest.mark.parametrize(
        "road",
        ["move", "further", "advance", "bulk", "list", "task", "board", "page", "api", "win", "win by task"],
    )
    @pytest.mark.parametrize("is_quick", [False, True])
    def test_refused_without_and_open_with_it(
        self,
        road: str,
        is_quick: bool,
        deal: Deal,
        stages: Any,
        anna: Any,
        boris: Any,
        at: Any,
        client_of: Any,
    ) -> None:
        Deal.objects.update(is_quick=is_quick)
        target, by, client = stages[4 if road == "further" else 2], Actor(anna), client_of(anna)

        def go() -> Any:
            task = Deal.objects.get().next_task_id
            match road:
                case "bulk":
                    commands.move_deals([deal.pk], target, by=by, at=at)
                case "list":
                    start_bulk("deals", "move", {"stage": target.pk}, ids=[deal.pk], by=by, at=at)
                case "advance":
                    commands.advance_deal(deal, target, Filled(), by=by, at=at)
                case "task":
                    next_task = NewTask("call", "Next", at)
                    commands.complete_task(task, next_task=next_task, move_to=target, by=by, at=at)
                case "board":
                    client.post(
                        f"/deals/{deal.pk}/move", {"stage": target.pk}, headers={"Accept": "application/json"}
                    )
                case "page":
                    client.post(f"/deals/{deal.pk}/move", {"stage": target.pk, "is_filled": "1"}, headers=HX)
                case "api":
                    body = {"stage": target.pk}
                    path = f"/api/v1/deals/{deal.pk}/move"
                    return client.post(path, body, content_type="application/json")
                case "win":
                    commands.win_deal(deal, by=by, at=at)
                case "win by task":
                    commands.complete_task(task, close_deal=Closing("won"), by=by, at=at)
                case _:
                    commands.move_deal(deal, target, by=by, at=at)
            return None

        try:
            go()
        except GateClosed as refusal:
            assert refusal.code == "approval_required"
            assert [e.code for e in refusal.errors] == ["approval_required"]
        found = Deal.objects.get()
        assert (found.stage_id, found.status) == (stages[0].pk, "open")
        asked = approvals.request_approval(deal, by=by, at=at)
        approvals.approve(asked, by=Actor(boris), at=at)
        go()
        found = Deal.objects.get()
        assert found.status == "won" if "win" in road else found.stage_id == target.pk
        assert sound()

    def test_before_its_stage_and_for_ordinary_deals_nothing_is_asked(
        self, deal: Deal, stages: Any, anna: Any, at: Any
    ) -> None:
        commands.move_deal(deal, stages[1], by=Actor(anna), at=at)
        special.set_special(deal, [], by=Actor(anna), at=at)
        commands.move_deal(deal, stages[3], by=Actor(anna), at=at)

    def test_another_pipeline_has_its_own_rule(
        self, deal: Deal, stages: Any, admin: Any, anna: Any, boris: Any, at: Any
    ) -> None:
        rows = [{"name": "One"}, {"name": "Two"}]
        other = commands.create_pipeline(name="Other", stages=rows, by=Actor(admin), at=at)
        last = other.stages.last()
        special.set_approval_rule(other, last, ANYBODY, by=Actor(admin), at=at)
        with pytest.raises(GateClosed):
            commands.change_pipeline(deal, other.pk, stage=last, by=Actor(anna), at=at)
        approvals.approve(approvals.request_approval(deal, by=Actor(anna), at=at), by=Actor(boris), at=at)
        commands.change_pipeline(deal, other.pk, stage=last, by=Actor(anna), at=at)

    def test_returned_to_work_into_a_later_stage(self, deal: Deal, stages: Any, anna: Any, at: Any) -> None:
        commands.lose_deal(deal, "price", by=Actor(anna), at=at)
        step = NewTask("call", "Again", at)
        with pytest.raises(GateClosed):
            commands.reopen_deal(deal, stage=stages[2], next_task=step, by=Actor(anna), at=at)

    def test_a_manager_forces_it_with_a_reason(
        self, deal: Deal, stages: Any, boris: Any, anna: Any, at: Any
    ) -> None:
        with pytest.raises(Invalid):
            commands.move_deal(deal, stages[2], force=True, by=Actor(boris), at=at)
        with pytest.raises(Forbidden):
            commands.move_deal(deal, stages[2], force=True, reason="Now", by=Actor(anna), at=at)
        commands.move_deal(deal, stages[2], force=True, reason="The customer waits", by=Actor(boris), at=at)
        left = StagePassage.objects.get(stage=stages[0])
        assert left.forced_reason == "The customer waits"
        assert left.checklist_snapshot[0]["code"] == "approval_required"

    def test_a_manager_wins_it_and_that_is_kept(self, deal: Deal, stages: Any, boris: Any, at: Any) -> None:
        won = commands.win_deal(deal, by=Actor(boris), at=at)
        assert [m.code for m in won.missing] == ["approval_required"]

    def test_of_many_only_those_without_stay(self, deal: Deal, stages: Any, anna: Any, at: Any) -> None:
        other = commands.create_deal(name="Plain", is_quick=True, by=Actor(anna), at=at)
        run = start_bulk(
            "deals", "move", {"stage": stages[2].pk}, ids=[deal.pk, other.pk], by=Actor(anna), at=at
        )
        assert (run.changed, run.skipped) == (1, 1)
        assert "It needs an approval: Key account." in run.items.get(record=deal.pk).reason


class TestRequest:
    def test_only_who_was_asked_decides_and_only_once(
        self, deal: Deal, anna: Any, boris: Any, carla: Any, dora: Any, at: Any
    ) -> None:
        asked = approvals.request_approval(deal, comment="Big one", by=Actor(anna), at=at)
        assert [a.user for a in asked.approvers.all()] == [boris]
        with pytest.raises(Refused):
            approvals.request_approval(deal, by=Actor(anna), at=at)
        with pytest.raises(Forbidden):
            approvals.approve(asked, by=Actor(anna), at=at)
        for stranger in (carla, dora):
            with pytest.raises(NotFound):
                approvals.approve(asked, by=Actor(stranger), at=at)
        with pytest.raises(Invalid):
            approvals.reject(asked, comment="", by=Actor(boris), at=at)
        approvals.reject(asked, comment="Too cheap", by=Actor(boris), at=at)
        with pytest.raises(Refused):
            approvals.approve(asked, by=Actor(boris), at=at)
        with pytest.raises(GateClosed) as refused:
            commands.move_deal(
                deal, Stage.objects.get(pk=deal.pipeline.approval_stage_id), by=Actor(anna), at=at
            )
        assert refused.value.errors[0].message == "Its approval was refused: Too cheap"
        again = approvals.request_approval(deal, by=Actor(anna), at=at)
        approvals.approve(again, by=Actor(boris), at=at)
        kinds = list(
            Event.objects.filter(kind__startswith="approval.").order_by("id").values_list("kind", flat=True)
        )
        assert kinds == ["approval.requested", "approval.rejected", "approval.requested", "approval.approved"]

    def test_a_reason_that_comes_later_asks_again(
        self, deal: Deal, stages: Any, anna: Any, boris: Any, at: Any
    ) -> None:
        approvals.approve(approvals.request_approval(deal, by=Actor(anna), at=at), by=Actor(boris), at=at)
        more = [*deal.special, SpecialKind.objects.get(name="Cross-region").pk]
        special.set_special(deal, more, by=Actor(anna), at=at)
        with pytest.raises(GateClosed):
            commands.move_deal(deal, stages[2], by=Actor(anna), at=at)
        approvals.approve(approvals.request_approval(deal, by=Actor(anna), at=at), by=Actor(boris), at=at)
        commands.move_deal(deal, stages[2], by=Actor(anna), at=at)

    def test_nobody_takes_the_mark_off_to_get_round_it(
        self, deal: Deal, anna: Any, boris: Any, at: Any
    ) -> None:
        asked = approvals.request_approval(deal, by=Actor(anna), at=at)
        with pytest.raises(Forbidden):
            special.set_special(deal, [], by=Actor(anna), at=at)
        approvals.withdraw(asked, by=Actor(anna), at=at)
        special.set_special(deal, [], by=Actor(anna), at=at)
        with pytest.raises(Refused):
            approvals.request_approval(deal, by=Actor(anna), at=at)
        special.set_special(deal, [SpecialKind.objects.first()], by=Actor(boris), at=at)

    def test_who_is_asked(
        self, deal: Deal, pipeline: Any, anna: Any, boris: Any, carla: Any, dora: Any, admin: Any, at: Any
    ) -> None:
        def asked(rule: dict[str, Any], by: Any) -> list[Any]:
            row = Pipeline.objects.get(pk=pipeline.pk)
            special.set_approval_rule(row, row.approval_stage_id, rule, by=Actor(admin), at=at)
            made = approvals.request_approval(deal, by=Actor(by), at=at)
            people = [a.user for a in made.approvers.order_by("user__sort_key")]
            approvals.withdraw(made, by=Actor(by), at=at)
            return people

        assert asked({"kind": "people", "people": [carla.pk, anna.pk]}, anna) == [carla]
        assert asked({"kind": "role", "role": "head"}, anna) == [dora]
        # Nobody approves his own request: the administrators are asked.
        assert asked({"kind": "people", "people": [anna.pk]}, anna) == [admin]
        assert boris not in asked(ANYBODY, boris)

    def test_an_approver_who_may_not_see_the_deal_sees_the_request_only(
        self,
        deal: Deal,
        pipeline: Any,
        stages: Any,
        anna: Any,
        carla: Any,
        admin: Any,
        at: Any,
        client_of: Any,
    ) -> None:
        rule = {"kind": "people", "people": [carla.pk]}
        special.set_approval_rule(pipeline.pk, stages[2], rule, by=Actor(admin), at=at)
        asked = approvals.request_approval(deal, comment="Please", by=Actor(anna), at=at)
        client = client_of(carla)
        page = client.get("/approvals").content.decode()
        assert "Racking" in page and "Please" in page and f'href="/deals/{deal.pk}"' not in page
        assert client.get(f"/deals/{deal.pk}").status_code == 404
        assert "1 request waits" in client.get("/approvals/waiting").content.decode()
        assert client.post(f"/approvals/{asked.pk}/decide", {"answer": "reject"}).status_code == 422
        assert client.post(f"/approvals/{asked.pk}/decide", {"answer": "approve"}).status_code == 302
        assert "request" not in client.get("/approvals/waiting").content.decode()
        commands.move_deal(deal, stages[2], by=Actor(anna), at=at)

    def test_both_sides_are_told(self, deal: Deal, anna: Any, boris: Any, at: Any) -> None:
        asked = approvals.request_approval(deal, by=Actor(anna), at=at)
        approvals.approve(asked, comment="Good", by=Actor(boris), at=at)
        for event in Event.objects.filter(kind__startswith="approval.").order_by("id"):
            tell_of_approval(event)
        told = [(n.user_id, n.sentence, n.url) for n in Notification.objects.order_by("id")]
        assert told == [
            (boris.pk, f"{anna.name} asks you to approve the deal “Racking”", "/approvals"),
            (anna.pk, f"{boris.name} approved the deal “Racking”", "/approvals?show=mine"),
        ]

    def test_what_is_purged_takes_its_requests_along(
        self, deal: Deal, anna: Any, admin: Any, at: Any
    ) -> None:
        approvals.request_approval(deal, by=Actor(anna), at=at)
        commands.delete_deal(deal, by=Actor(admin), at=at)
        commands.purge_deals([deal], by=Actor(admin), at=at)
        assert not Approval.objects.exists()


class TestPages:
    def test_from_the_refused_move_to_the_approval(
        self, deal: Deal, stages: Any, anna: Any, boris: Any, client_of: Any
    ) -> None:
        client = client_of(anna)
        dialog = client.get(f"/deals/{deal.pk}/move?stage={stages[2].pk}", headers=HX).content.decode()
        assert "It needs an approval: Key account." in dialog
        assert f"/deals/{deal.pk}/approval" in dialog and "Save and move" not in dialog
        assert boris.name in client.get(f"/deals/{deal.pk}/approval", headers=HX).content.decode()
        page = client.get(f"/deals/{deal.pk}").content.decode()
        assert "Special" in page and f"/deals/{deal.pk}/approval/panel" in page
        assert "Request approval" in client.get(f"/deals/{deal.pk}/approval/panel").content.decode()
        answer = client.post(f"/deals/{deal.pk}/approval", {"comment": "Big"}, headers=HX)
        assert answer.headers["HX-Redirect"] == f"/deals/{deal.pk}"
        assert boris.name in client.get(f"/deals/{deal.pk}/approval/panel").content.decode()
        assert "asked" in client.get(f"/deals/{deal.pk}").content.decode()
        assert client.post(f"/deals/{deal.pk}/approval", headers=HX).status_code == 409
        pk = Approval.objects.get().pk
        assert client.post(f"/approvals/{pk}/decide", {"answer": "approve"}).status_code == 403
        assert client_of(boris).post(f"/approvals/{pk}/decide", {"answer": "approve"}).status_code == 302
        for show in ("waiting", "mine", "all"):
            assert client.get(f"/approvals?show={show}").status_code == 200
        assert client.get("/approvals?show=none").status_code == 404

    def test_the_mark_and_its_undo(
        self, deal: Deal, stages: Any, anna: Any, carla: Any, client_of: Any
    ) -> None:
        client, before = client_of(anna), [x for x in canonical_lines() if "last_activity" not in x]
        other = SpecialKind.objects.get(name="Several bidders").pk
        assert "Several bidders" in client.get(f"/deals/{deal.pk}/special", headers=HX).content.decode()
        assert client.post(f"/deals/{deal.pk}/special", {"special": [other]}, headers=HX).status_code == 204
        assert Deal.objects.get().special == [other]
        client.post(f"/undo/{UndoEntry.objects.get().token}")
        assert Deal.objects.get().special == deal.special
        assert [x for x in canonical_lines() if "last_activity" not in x] == before
        assert client.post(f"/deals/{deal.pk}/special", {"special": "999"}, headers=HX).status_code == 422
        for path in ("special", "approval", "approval/panel"):
            assert client_of(carla).get(f"/deals/{deal.pk}/{path}").status_code == 404

    def test_the_list_finds_special_deals(self, deal: Deal, anna: Any, at: Any, client_of: Any) -> None:
        commands.create_deal(name="Plain", is_quick=True, by=Actor(anna), at=at)
        other = SpecialKind.objects.exclude(pk__in=deal.special).first()
        assert other is not None
        client = client_of(anna)
        for query, names in (
            (f"special={deal.special[0]}", {"Racking"}),
            (f"special={other.pk}", set()),
            ("special__empty=false", {"Racking"}),
            ("special__empty=true", {"Plain"}),
        ):
            found = client.get(f"/api/v1/deals?{query}").json()["items"]
            assert {d["name"] for d in found} == names, query
        assert "Special opportunity" in client.get(f"/deals?special={deal.special[0]}").content.decode()

    def test_settings(self, stages: Any, pipeline: Any, admin: Any, anna: Any, client_of: Any) -> None:
        client, path = client_of(admin), f"/settings/pipelines/{pipeline.pk}"
        assert "Approval from this stage on" in client.get(path).content.decode()
        form = {"stage": stages[3].pk, "by": "people", "people": [anna.pk]}
        assert client.post(f"{path}/approval", form).status_code == 303
        row = Pipeline.objects.get(pk=pipeline.pk)
        assert (row.approval_stage, row.approval_by) == (stages[3], {"kind": "people", "people": [anna.pk]})
        client.post(f"/undo/{UndoEntry.objects.get().token}")
        row = Pipeline.objects.get(pk=pipeline.pk)
        assert (row.approval_stage, row.approval_by) == (stages[2], ANYBODY)
        assert client_of(anna).post(f"{path}/approval", form).status_code == 403
        assert client.post("/settings/special-kinds", {"name": "Tender"}).status_code == 303
        kind = SpecialKind.objects.get(name="Tender")
        assert client.post(f"/settings/special-kinds/{kind.pk}", {"name": "Public tender"}).status_code == 303
        assert client.post(f"/settings/special-kinds/{kind.pk}/place", {"place": "0"}).status_code == 303
        assert client.post(f"/settings/special-kinds/{kind.pk}/activity").status_code == 303
        assert SpecialKind.objects.order_by("position")[0].name == "Public tender"
        assert not SpecialKind.objects.get(pk=kind.pk).is_active

    def test_a_stage_that_goes_hands_the_rule_on(
        self, stages: Any, pipeline: Any, admin: Any, at: Any
    ) -> None:
        stage_commands.remove_stage(stages[2], by=Actor(admin), at=at)
        assert Pipeline.objects.get(pk=pipeline.pk).approval_stage == stages[3]


def test_for_programs(
    deal: Deal, stages: Any, pipeline: Any, anna: Any, boris: Any, admin: Any, client_of: Any
) -> None:
    client, boss = client_of(anna), client_of(boris)
    kind = {"content_type": "application/json"}
    refused = client.post(f"/api/v1/deals/{deal.pk}/move", {"stage": stages[2].pk}, **kind)
    assert (refused.status_code, refused.json()["code"]) == (409, "approval_required")
    made = client.post(f"/api/v1/deals/{deal.pk}/approval", {"comment": "x"}, **kind)
    assert (made.status_code, made.json()["approvers"], made.json()["may_decide"]) == (201, [boris.pk], False)
    pk = made.json()["id"]
    assert [a["id"] for a in boss.get("/api/v1/approvals").json()["items"]] == [pk]
    assert client.get("/api/v1/approvals").json()["items"] == []
    assert client.post(f"/api/v1/approvals/{pk}/approve", {}, **kind).status_code == 403
    assert boss.post(f"/api/v1/approvals/{pk}/reject", {}, **kind).status_code == 422
    assert boss.post(f"/api/v1/approvals/{pk}/approve", {}, **kind).json()["state"] == "approved"
    assert client.get(f"/api/v1/deals/{deal.pk}/special").json()["reasons"] == deal.special
    assert (
        client.put(f"/api/v1/deals/{deal.pk}/special", {"reasons": deal.special}, **kind).status_code == 200
    )
    assert len(client.get("/api/v1/special-kinds").json()["items"]) == 3
    rule = {"stage": stages[1].pk, "by": "role", "role": "head"}
    assert client.put(f"/api/v1/pipelines/{pipeline.pk}/approval", rule, **kind).status_code == 403
    told = client_of(admin).put(f"/api/v1/pipelines/{pipeline.pk}/approval", rule, **kind).json()
    assert told["approvers"] == {"kind": "role", "role": "head"}
    assert client.get(f"/api/v1/pipelines/{pipeline.pk}/approval").json()["stage"] == stages[1].pk


def test_one_question_more_for_special_deals_only(
    deal: Deal, stages: Any, anna: Any, at: dt.datetime, django_assert_num_queries: Any
) -> None:
    """An ordinary deal's move asks nothing about approvals."""
    from takt.sales.deals.queries.special import unapproved

    special.set_special(deal, [], by=Actor(anna), at=at)
    plain = Deal.objects.select_related("pipeline").get()
    with django_assert_num_queries(0):
        assert unapproved(plain.pipeline, stages, [plain], 9) == {}
