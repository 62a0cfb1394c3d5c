"""Acts on many deals and tasks from their lists: what is done, what is left out and told, and the way back."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from takt.kernel.events.models import Event
from takt.kernel.fields.commands import create_field
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, Refused
from takt.kernel.lists import commands as lists
from takt.kernel.lists.acts import doings
from takt.kernel.lists.jobs import run_bulk
from takt.kernel.lists.models import BulkItem, BulkRun
from takt.kernel.lists.queries import chosen_by
from takt.kernel.undo.commands import take_back
from takt.ops.doctor.dump import canonical_lines
from takt.sales.activities.models import Task
from takt.sales.catalog.commands import create_product
from takt.sales.contacts import commands as customers
from takt.sales.deals import commands
from takt.sales.deals.commands import NewPerson, NewTask
from takt.sales.deals.models import Deal, LossReason, Stage

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}
LATER = dt.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _euro(settings: Any) -> None:
    settings.TAKT_CURRENCY = "EUR"


@pytest.fixture
def stages(pipeline: Any) -> list[Stage]:
    return list(Stage.objects.filter(pipeline=pipeline).order_by("position"))


def made(user: Any, at: dt.datetime, name: str, **more: Any) -> Deal:
    new = {"amount": "1000", "currency": "EUR", "first_task": NewTask("call", "Call Ilse", at)} | more
    return commands.create_deal(name=name, by=Actor(user), at=at, **new)


def reason(*, needs_comment: bool = False) -> LossReason:
    found = LossReason.objects.filter(is_active=True, is_system=False, needs_comment=needs_comment).first()
    assert found is not None
    return found


def do(
    user: Any, at: dt.datetime, act: str, arguments: dict[str, Any], resource: str = "deals", **what: Any
) -> BulkRun:
    return lists.start_bulk(resource, act, arguments, by=Actor(user), at=at, **what)


def reasons_of(run: BulkRun) -> dict[int, str]:
    return dict(BulkItem.objects.filter(run=run, state="skipped").values_list("record", "reason"))


@pytest.mark.parametrize("act", ["move", "assign", "edit", "company", "own", "tag", "lose", "delete"])
def test_every_act_is_taken_back_exactly(
    act: str, stages: Any, admin: Any, boris: Any, at: dt.datetime
) -> None:
    """bulk∘undo leaves the canonical dump as it was; and one fact per record shares one batch."""
    company = customers.create_company(name="Frisia", by=Actor(admin), at=at)
    field = create_field(entity="deal", name="Halls", kind="number", by=Actor(admin), at=at)
    deals = [
        made(
            admin,
            at,
            f"Deal {i}",
            stage=stages[i].pk,
            amount=f"123456789012.{i}1",
            custom={field.slug: str(i)},
        )
        for i in range(3)
    ]
    made(admin, at, "Another")
    before = list(canonical_lines())
    asked: dict[str, tuple[str, dict[str, Any]]] = {
        "move": ("move", {"stage": stages[4].pk}),
        "assign": ("assign", {"owner": boris.pk}),
        "edit": ("edit", {"changes": {"amount": "5.50"}}),
        "company": ("edit", {"changes": {"company": company.pk}}),
        "own": ("edit", {"changes": {"custom": {field.slug: "17"}}}),
        "tag": ("tag", {"add": ["hot", "east"], "remove": []}),
        "lose": ("lose", {"reason": reason().slug}),
        "delete": ("delete", {}),
    }
    last = Event.objects.latest("id").pk
    run = do(admin, at + LATER, *asked[act], ids=[d.pk for d in deals])
    assert (run.state, run.changed, run.skipped) == ("done", 3, 0)
    assert list(canonical_lines()) != before
    told = Event.objects.filter(pk__gt=last, batch=run.batch, kind__startswith="deal.")
    assert {s.object_id for e in told for s in e.subjects.filter(kind="deal")} == {d.pk for d in deals}
    assert run.undo is not None
    take_back(run.undo, by=Actor(admin), at=at + 2 * LATER)
    assert list(canonical_lines()) == before
    run.refresh_from_db()
    assert (run.state, run.returned, run.kept) == ("undone", 3, 0)


def test_what_may_not_be_changed_is_left_out_and_told(
    stages: Any, anna: Any, carla: Any, dora: Any, at: dt.datetime
) -> None:
    open_one, closed = made(anna, at, "Open"), made(anna, at, "Closed")
    commands.lose_deal(closed, reason().slug, by=Actor(anna), at=at)
    hidden = made(carla, at, "Hidden")
    run = do(anna, at, "move", {"stage": stages[2].pk}, ids=[open_one.pk, closed.pk, hidden.pk, 10**12])
    assert (run.changed, run.skipped) == (1, 3)
    told = reasons_of(run)
    assert told[closed.pk] == "The deal is closed."
    # Hidden and missing are the same answer.
    assert told[hidden.pk] == told[10**12]
    hidden.refresh_from_db()
    assert hidden.stage == stages[0]
    with pytest.raises(Forbidden):
        do(dora, at, "delete", {}, ids=[open_one.pk])


def test_the_rules_of_single_acts_hold(stages: Any, anna: Any, admin: Any, at: dt.datetime) -> None:
    first, second = customers_sources()
    kept = made(anna, at, "Kept", source=first.pk)
    free = made(anna, at, "Free")
    won = made(anna, at, "Won", new_person=NewPerson("Ilse"))
    commands.win_deal(won, by=Actor(anna), at=at)
    run = do(anna, at, "edit", {"changes": {"source": second.pk}}, ids=[kept.pk, free.pk])
    assert (run.changed, list(reasons_of(run))) == (1, [kept.pk])
    run = do(anna, at, "edit", {"changes": {"amount": "1"}}, ids=[won.pk, free.pk])
    assert (run.changed, list(reasons_of(run))) == (1, [won.pk])
    for arguments in ({}, {"reason": ""}, {"reason": "no_such"}):
        with pytest.raises(Invalid):
            do(anna, at, "lose", arguments, ids=[free.pk])
    for changes in ({}, {"amount": "much"}, {"owner": 1}, {"custom": {"no_such": "1"}}):
        with pytest.raises(Invalid):
            do(anna, at, "edit", {"changes": changes}, ids=[free.pk])
    with pytest.raises(Invalid):
        do(anna, at, "tag", {"add": [], "remove": []}, ids=[free.pk])
    with pytest.raises(Invalid):
        do(anna, at, "no_such", {}, ids=[free.pk])


def customers_sources() -> list[Any]:
    from takt.sales.contacts.models import Source

    found = list(Source.objects.all()[:2])
    return found if len(found) == 2 else [Source.objects.create(name=n) for n in ("Fair", "Site")]


def test_a_record_that_was_changed_since_is_kept_and_listed(stages: Any, anna: Any, at: dt.datetime) -> None:
    one, two = made(anna, at, "One"), made(anna, at, "Two")
    run = do(anna, at, "move", {"stage": stages[3].pk}, ids=[one.pk, two.pk])
    commands.edit_deal(two, {"amount": "7"}, by=Actor(anna), at=at + LATER)
    said = take_back(run.undo, by=Actor(anna), at=at + 2 * LATER)  # type: ignore[arg-type]
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.stage, two.stage) == (stages[0], stages[3])
    assert "1 record that was changed since" in said
    run.refresh_from_db()
    assert (run.returned, run.kept) == (1, 1)


def test_a_comment_made_since_stays_the_last_activity(stages: Any, anna: Any, at: dt.datetime) -> None:
    one = made(anna, at, "One")
    run = do(anna, at + LATER, "tag", {"add": ["x"], "remove": []}, ids=[one.pk])
    commands.add_note(body="He called back", deal=one, by=Actor(anna), at=at + 2 * LATER)
    take_back(run.undo, by=Actor(anna), at=at + 3 * LATER)  # type: ignore[arg-type]
    one.refresh_from_db()
    if one.tags == []:
        assert one.last_activity_at == at + 2 * LATER


def test_all_of_a_filter_is_fixed_at_the_start(stages: Any, anna: Any, carla: Any, at: dt.datetime) -> None:
    deals = [made(anna, at, f"Deal {i}", stage=stages[i % 2].pk) for i in range(4)]
    made(carla, at, "Hers", stage=stages[0].pk)
    query = f"stage={stages[0].pk}&sort=-amount&columns=name"
    rows = chosen_by(doings["deals"], query, anna)
    with pytest.raises(Refused):
        do(anna, at, "tag", {"add": ["x"], "remove": []}, rows=rows, expected=3)
    assert not BulkRun.objects.exists()
    run = do(anna, at, "tag", {"add": ["x"], "remove": []}, rows=rows, expected=2)
    assert (run.total, run.changed) == (2, 2)
    assert set(Deal.objects.filter(tags=["x"])) == {deals[0], deals[2]}


def test_in_the_background_a_killed_worker_does_nothing_twice(
    stages: Any, anna: Any, at: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pieces of two, the worker dies after the first; whoever takes over goes on with the second."""
    from takt.kernel.lists.commands import bulk

    monkeypatch.setattr(bulk, "PIECE", 2)
    monkeypatch.setattr(bulk, "AT_ONCE", 3)
    deals = [made(anna, at, f"Deal {i}") for i in range(5)]
    before = list(canonical_lines())
    run = do(anna, at, "tag", {"add": ["x"], "remove": []}, ids=[d.pk for d in deals])
    assert (run.state, run.done) == ("running", 0)

    def dies(name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(bulk, "failpoint", dies)
    from django.db import transaction

    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        lists.carry_on(run.pk, by=Actor(anna), at=at)
    monkeypatch.setattr(bulk, "failpoint", lambda name: None)
    assert not Deal.objects.exclude(tags=[]).exists()  # the piece was one transaction
    assert lists.carry_on(run.pk, by=Actor(anna), at=at)
    run_bulk(run.pk)
    run.refresh_from_db()
    assert (run.state, run.done, run.changed) == ("done", 5, 5)
    assert Event.objects.filter(batch=run.batch, kind="deal.edited").count() == 5
    take_back(run.undo, by=Actor(anna), at=run.finished_at)  # type: ignore[arg-type]
    run_bulk(run.pk)
    run.refresh_from_db()
    assert (run.state, run.returned) == ("undone", 5)
    assert list(canonical_lines()) == before


def test_it_can_be_stopped_and_what_was_done_taken_back(
    stages: Any, anna: Any, boris: Any, at: dt.datetime, client_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from takt.kernel.lists.commands import bulk
    from takt.kernel.lists.views import bulk as pages

    monkeypatch.setattr(bulk, "PIECE", 2)
    monkeypatch.setattr(bulk, "AT_ONCE", 3)
    monkeypatch.setattr(pages, "AT_ONCE", 3)
    for i in range(5):
        made(anna, at, f"Deal {i}")
    browser = client_of(anna)
    form = {"all": "1", "query": "status=open", "_to": "/deals?status=open", "add": "x"}
    asked = browser.get("/lists/deals/bulk/tag", form, headers=HX).content.decode()
    assert 'name="count" value="5"' in asked
    assert "background" in asked
    answer = browser.post("/lists/deals/bulk/tag", form | {"count": "5"}, headers=HX)
    run = BulkRun.objects.get()
    assert f'"run": {run.pk}' in answer.headers["HX-Trigger"]
    assert "0 of 5" in answer.content.decode()
    lists.carry_on(run.pk, seconds=1, by=Actor(anna), at=at)
    assert "about 2 s left" in browser.get(f"/lists/bulk/{run.pk}", headers=HX).content.decode()
    assert client_of(boris).get(f"/lists/bulk/{run.pk}").status_code == 404
    assert client_of(boris).post(f"/lists/bulk/{run.pk}/stop").status_code == 404
    browser = client_of(anna)
    stopped = browser.post(f"/lists/bulk/{run.pk}/stop", headers=HX).content.decode()
    assert "Stopped. 2 records were changed." in stopped
    assert not lists.carry_on(run.pk, by=Actor(anna), at=at)
    told = browser.get(f"/lists/bulk/{run.pk}", headers={"Accept": "application/json"}).json()
    assert told["is_over"]
    assert browser.post(told["undo"]).status_code < 400
    assert not Deal.objects.exclude(tags=[]).exists()


def test_a_target_that_is_gone_ends_it_with_the_reason(
    stages: Any, anna: Any, at: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from takt.kernel.lists.commands import bulk

    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    deals = [made(anna, at, f"Deal {i}") for i in range(3)]
    run = do(anna, at, "move", {"stage": stages[-1].pk}, ids=[d.pk for d in deals])
    stages[-1].delete()
    run_bulk(run.pk)
    run.refresh_from_db()
    assert (run.state, run.changed, run.skipped) == ("stopped", 0, 3)
    assert set(reasons_of(run).values()) == {"There is no such stage."}


def test_tasks_are_moved_handed_over_and_taken_back(
    stages: Any, anna: Any, boris: Any, carla: Any, at: dt.datetime
) -> None:
    deal = made(anna, at, "Deal")
    other = commands.create_task(NewTask("call", "Call again about it", at), deal=deal, by=Actor(anna), at=at)
    hers = commands.create_task(NewTask("call", "Call somebody else", at), by=Actor(carla), at=at)
    before = list(canonical_lines())
    ids = [deal.next_task_id, other.pk, hers.pk]
    run = do(anna, at, "reschedule", {"due_on": "2030-01-07"}, "tasks", ids=ids)
    assert (run.changed, list(reasons_of(run))) == (2, [hers.pk])
    deal.refresh_from_db()
    assert deal.next_due_at is not None and deal.next_due_at.date() == dt.date(2030, 1, 7)
    second = do(anna, at, "reassign", {"assignee": boris.pk}, "tasks", ids=ids[:2])
    assert set(Task.objects.filter(pk__in=ids[:2]).values_list("assignee", flat=True)) == {boris.pk}
    take_back(second.undo, by=Actor(anna), at=at)  # type: ignore[arg-type]
    assert take_back(run.undo, by=Actor(anna), at=at).startswith("Taken back, except")  # type: ignore[arg-type]
    assert list(canonical_lines()) != before  # the tasks were touched between, so they stay
    run = do(anna, at, "reassign", {"assignee": boris.pk}, "tasks", ids=ids[:2])
    with pytest.raises(Invalid):
        do(anna, at, "reschedule", {"due_on": ""}, "tasks", ids=ids[:2])


def test_few_queries_however_many(stages: Any, anna: Any, at: dt.datetime) -> None:
    def count(number: int) -> int:
        deals = [made(anna, at, f"Deal {i}") for i in range(number)]
        with CaptureQueriesContext(
            connection,
        ) as seen:
            do(anna, at, "edit", {"changes": {"amount": "9"}}, ids=[d.pk for d in deals])
        return len(seen)

    assert count(40) <= count(2) + 2


def test_products(admin: Any, anna: Any, at: dt.datetime) -> None:
    by = Actor(admin)
    racks = [create_product(name=f"Rack {i}", price="10", currency="EUR", by=by, at=at) for i in range(2)]
    bare = create_product(name="Bare", by=by, at=at)
    before = list(canonical_lines())
    ids = [p.pk for p in [*racks, bare]]
    run = do(admin, at, "edit", {"changes": {"price": "12.50"}}, "products", ids=ids)
    assert (run.changed, list(reasons_of(run))) == (2, [bare.pk])
    take_back(run.undo, by=by, at=at)  # type: ignore[arg-type]
    run = do(admin, at, "edit", {"changes": {"is_active": "false"}}, "products", ids=ids)
    assert Event.objects.filter(batch=run.batch, kind="product.retired").count() == 3
    take_back(run.undo, by=by, at=at)  # type: ignore[arg-type]
    assert list(canonical_lines()) == before
    with pytest.raises(Forbidden):
        do(anna, at, "edit", {"changes": {"unit": "pcs"}}, "products", ids=ids)


def test_the_api_does_the_same(stages: Any, anna: Any, at: dt.datetime, client_of: Any) -> None:
    deals = [made(anna, at, f"Deal {i}") for i in range(3)]
    browser = client_of(anna)

    def post(path: str, body: dict[str, Any]) -> Any:
        return browser.post(
            f"/api/v1{path}",
            body,
            content_type="application/json",
            headers={"Idempotency-Key": str(uuid.uuid4())},
        )

    ids = [d.pk for d in deals[:2]]
    told = post("/deals/bulk", {"act": "move", "arguments": {"stage": stages[1].pk}, "ids": ids})
    assert told.status_code == 200, told.content
    assert (told.json()["state"], told.json()["changed"]) == ("done", 2)
    run = told.json()["id"]
    all_of = {"act": "tag", "arguments": {"add": ["x"]}, "filter": f"stage={stages[1].pk}"}
    assert post("/deals/bulk", all_of).json()["total"] == 2
    assert post("/deals/bulk", all_of | {"filter": "no_such=1"}).status_code == 422
    assert post("/deals/bulk", {"act": "tag", "arguments": {"add": ["x"]}}).status_code == 422
    assert post("/nothing/bulk", all_of).status_code == 422
    assert browser.get(f"/api/v1/bulk/{run}").json()["skipped"] == []
    assert post(f"/bulk/{run}/undo", {}).json()["kept"] == 2  # tagged since
    assert browser.get("/api/v1/bulk/99999").status_code == 404
