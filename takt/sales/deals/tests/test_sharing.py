"""A deal shared with a colleague, those who take part, those who watch; held on every road."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings

from takt.kernel.access.commands import forget_expired
from takt.kernel.access.models import Grant
from takt.kernel.accounts.models import User
from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound
from takt.kernel.lists.asking import asked
from takt.sales.activities.models import Task
from takt.sales.contacts.commands import create_company
from takt.sales.deals import commands
from takt.sales.deals.lists import DEALS
from takt.sales.deals.models import Deal, Watcher
from takt.sales.deals.queries import board
from takt.sales.deals.queries.totals import totals_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal(pipeline: Any, anna: Any, at: dt.datetime) -> Deal:
    return commands.create_deal(
        name="Zinc quay crane", amount="1000", currency=settings.TAKT_CURRENCY, company=create_company(name="Quayside BV", owner=anna, by=Actor(anna), at=at), is_quick=True,
        by=Actor(anna), at=at,
    )  # fmt: skip


@pytest.fixture
def others(pipeline: Any, anna: Any, at: dt.datetime) -> Deal:
    return commands.create_deal(
        name="Hidden hoist", amount="7", currency=settings.TAKT_CURRENCY, is_quick=True, by=Actor(anna), at=at
    )


def again(user: Any) -> Any:
    """The person as the next request loads him."""
    return User.objects.get(pk=user.pk)


def share(deal: Deal, user: Any, by: Any, at: dt.datetime, **more: Any) -> Grant:
    return commands.share_deal(deal, user, by=Actor(by), at=at, **more)


def roads(client: Any, api: Any, deal: Deal) -> dict[str, bool]:
    """By which roads the deal is seen."""
    stage = deal.stage_id
    return {
        "page": client.get(f"/deals/{deal.pk}").status_code == 200,
        "timeline": client.get(f"/timeline/deal/{deal.pk}").status_code == 200,
        "people": client.get(f"/deals/{deal.pk}/people").status_code == 200,
        "files": client.get(f"/files/panel?kind=deal&id={deal.pk}").status_code == 200,
        "list": deal.name in client.get("/deals").content.decode(),
        "board": deal.name in client.get("/deals/board").content.decode(),
        "search": f'/deals/{deal.pk}"' in client.get(f"/search?q={deal.name.split()[0]}").content.decode(),
        "api": api.get(f"/deals/{deal.pk}").status_code == 200,
        "api list": any(d["id"] == deal.pk for d in api.get("/deals").json()["items"]),
        "api count": api.get("/deals?count=true").json()["total"] == 1,
        "api files": api.get(f"/files?kind=deal&record={deal.pk}").status_code == 200,
        "stage": any(d["id"] == deal.pk for d in api.get(f"/deals?stage={stage}").json()["items"]),
        "events": api.get(f"/events?subject=deal:{deal.pk}").status_code == 200,
    }


def test_seen_on_every_road_and_on_none_after_it_is_taken_back(
    deal: Deal, others: Deal, anna: Any, carla: Any, client_of: Any, api_of: Any, at: dt.datetime
) -> None:
    client, api = client_of(carla), api_of(carla)
    assert not any(roads(client, api, deal).values())
    share(deal, carla, anna, at)
    assert all(roads(client, api, deal).values()), roads(client, api, deal)
    assert not any(seen for road, seen in roads(client, api, others).items() if road != "api count")
    commands.unshare_deal(deal, carla, by=Actor(anna), at=at)
    assert not any(roads(client, api, deal).values())
    assert not again(carla).has_grants
    assert list(Event.objects.filter(kind__in=("deal.shared", "deal.unshared")).values_list("kind", flat=True)) == [
        "deal.shared", "deal.unshared",
    ]  # fmt: skip


def test_a_view_allows_no_change_and_an_edit_no_deletion(
    deal: Deal, anna: Any, carla: Any, client_of: Any, at: dt.datetime
) -> None:
    share(deal, carla, anna, at)
    with pytest.raises(Forbidden):
        commands.edit_deal(deal, {"about": "x"}, by=Actor(again(carla)), at=at)
    assert client_of(carla).post(f"/deals/{deal.pk}/edit", {"about": "x"}).status_code == 403
    share(deal, carla, anna, at, level="edit")
    commands.edit_deal(deal, {"about": "x"}, by=Actor(again(carla)), at=at)
    with pytest.raises(Forbidden):
        commands.delete_deal(deal, by=Actor(again(carla)), at=at)
    assert Grant.objects.count() == 1


def test_its_tasks_are_seen_but_not_its_company_of_somebody_else(
    deal: Deal, anna: Any, carla: Any, client_of: Any, at: dt.datetime
) -> None:
    share(deal, carla, anna, at)
    assert list(Task.objects.visible_to(again(carla))) == [deal.next_task]
    page = client_of(carla).get(f"/deals/{deal.pk}").content.decode()
    assert "Quayside BV" not in page and "A company that isn't shared with you" in page


def test_nobody_gives_more_than_his_role_gives_him(
    deal: Deal, anna: Any, carla: Any, dora: Any, person: Any, at: dt.datetime
) -> None:
    share(deal, carla, anna, at, level="edit")
    eva = person("eva", team="south")
    for level in ("view", "edit"):
        with pytest.raises(Forbidden):
            share(deal, eva, again(carla), at, level=level)
    with pytest.raises(Forbidden):
        commands.add_participant(deal, eva, by=Actor(again(carla)), at=at)
    with pytest.raises(NotFound):
        share(deal, anna, eva, at)
    auditor = person("olga", role="auditor", team=None)
    with pytest.raises(Forbidden):
        share(deal, eva, auditor, at, level="edit")
    share(deal, eva, auditor, at)
    with pytest.raises(Invalid) as refused:
        share(deal, auditor, anna, at, level="edit")
    assert refused.value.errors[0].code == "role_forbids"
    for needless in (anna, dora):
        with pytest.raises(Invalid) as refused:
            share(deal, needless, anna, at)
        assert refused.value.errors[0].code == "needless"


@pytest.mark.parametrize(
    ("given", "field"), [({"level": "own"}, "level"), ({"expires_on": "2026-03-01"}, "expires_on")]
)
def test_refuses_what_means_nothing(
    deal: Deal, anna: Any, carla: Any, at: dt.datetime, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        share(deal, carla, anna, at, **given)
    assert refused.value.errors[0].field == field
    assert not Grant.objects.exists() and not again(carla).has_grants


def test_an_expired_share_holds_no_more(deal: Deal, anna: Any, carla: Any, at: dt.datetime) -> None:
    now = dt.datetime.now(dt.UTC)
    share(deal, carla, anna, now, expires_on=(now + dt.timedelta(days=2)).date().isoformat())
    assert Deal.objects.visible_to(again(carla)).count() == 1
    Grant.objects.update(expires_at=now - dt.timedelta(seconds=1))
    assert Deal.objects.visible_to(again(carla)).count() == 0
    assert forget_expired(by=Actor(via="timer"), at=now) == 1
    assert not again(carla).has_grants


def test_board_and_list_totals_agree_with_the_rows(
    deal: Deal, others: Deal, anna: Any, carla: Any, at: dt.datetime
) -> None:
    commands.create_deal(
        name="Own", amount="50", currency=settings.TAKT_CURRENCY, is_quick=True, by=Actor(carla), at=at
    )
    share(deal, carla, anna, at)
    seer = again(carla)
    ask = asked(DEALS, {}, seer)
    count, total = totals_of(ask, ask.apply(Deal.objects.visible_to(seer)))
    assert (count, total.amount) == (2, Decimal(1050))
    stages = list(deal.pipeline.stages.order_by("position"))
    sums = board.totals(stages, ask, seer, at=at)
    assert (sum(s.deals for s in sums.values()), sum(s.amount for s in sums.values())) == (2, Decimal(1050))


def test_who_has_nothing_shared_is_asked_nothing(
    deal: Deal, carla: Any, django_assert_num_queries: Callable[..., Any]
) -> None:
    from takt.kernel.access.reach import granted

    seer = again(carla)
    with django_assert_num_queries(0):
        assert granted(seer, "deal") == frozenset()


def test_taking_part_gives_sight_and_is_listed(
    deal: Deal, others: Deal, anna: Any, carla: Any, client_of: Any, at: dt.datetime
) -> None:
    commands.add_participant(deal, carla, role="Pricing", by=Actor(anna), at=at)
    client = client_of(carla)
    assert "Pricing" in client.get(f"/deals/{deal.pk}/people").content.decode()
    found = client.get("/deals?participant=me").content.decode()
    assert deal.name in found
    assert deal.name not in client.get("/deals?shared_with=me").content.decode()
    commands.remove_participant(deal, carla, by=Actor(again(carla)), at=at)
    assert client.get(f"/deals/{deal.pk}").status_code == 404


def test_watching(deal: Deal, anna: Any, boris: Any, carla: Any, client_of: Any, at: dt.datetime) -> None:
    client = client_of(anna)
    for _twice in range(2):
        assert client.post(f"/deals/{deal.pk}/watch", {"on": "1"}).status_code == 302
    assert Watcher.objects.filter(user=anna).count() == 1
    assert deal.name in client.get("/deals?watcher=me").content.decode()
    with pytest.raises(Invalid) as refused:
        commands.watch_deal(deal, carla, by=Actor(anna), at=at)
    assert refused.value.errors[0].code == "cannot_see"
    commands.watch_deal(deal, boris, by=Actor(anna), at=at)
    with pytest.raises(NotFound):
        commands.watch_deal(deal, by=Actor(carla), at=at)
    client.post(f"/deals/{deal.pk}/watch", {"on": "0"})
    assert not Watcher.objects.filter(user=anna).exists()


def test_pages_and_api_of_sharing(deal: Deal, anna: Any, carla: Any, client_of: Any, api_of: Any) -> None:
    client, api = client_of(anna), api_of(anna)
    assert "Share with a colleague" in client.get(f"/deals/{deal.pk}/share").content.decode()
    bad = client.post(f"/deals/{deal.pk}/share", {"user": "", "level": "view"})
    assert bad.status_code == 422 and "active colleague" in bad.content.decode()
    good = client.post(f"/deals/{deal.pk}/share", {"user": carla.pk, "level": "edit"})
    assert good.status_code == 302
    assert client_of(carla).post(f"/deals/{deal.pk}/share", {"user": carla.pk}).status_code == 403
    answer = api.get(f"/deals/{deal.pk}/people").json()
    assert [(s["user"], s["level"], s["by"]) for s in answer["shares"]] == [(carla.pk, "edit", anna.pk)]
    assert api.delete(f"/deals/{deal.pk}/share/{carla.pk}").status_code == 204
    assert api.delete(f"/deals/{deal.pk}/share/{carla.pk}").status_code == 404
    made = api.post(
        f"/deals/{deal.pk}/share", {"user": carla.pk, "level": "view", "expires_on": "2027-01-31"}
    )
    assert made.status_code == 200, made.content
    assert made.json()["expires_at"].startswith(("2027-01-31", "2027-02-01"))
    assert api_of(carla).post("/deals/999999/share", {"user": carla.pk}).status_code == 404


def test_purging_the_deal_takes_the_grants_along(
    deal: Deal, anna: Any, carla: Any, admin: Any, at: dt.datetime
) -> None:
    share(deal, carla, anna, at)
    commands.delete_deal(deal, by=Actor(admin), at=at)
    assert Deal.objects.visible_to(again(carla)).count() == 0
    commands.restore_deal(deal, by=Actor(admin), at=at)
    assert Deal.objects.visible_to(again(carla)).count() == 1
    commands.delete_deal(deal, by=Actor(admin), at=at)
    commands.purge_deals([deal], by=Actor(admin), at=at)
    assert not Grant.objects.exists()
