"""Saved views and columns."""

import datetime as dt
from typing import Any

import pytest

from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Stale
from takt.kernel.lists import commands
from takt.kernel.lists.models import SavedView
from takt.kernel.lists.queries import choice_of, columns_for, views_of
from takt.kernel.lists.tests.test_asking import GOODS

QUERY = "price__gte=20&sort=-price"


def save(user: Any, at: dt.datetime, name: str = "Dear", **more: Any) -> SavedView:
    return commands.save_view("test_goods", name, QUERY + "&cursor=x&limit=9", by=Actor(user), at=at, **more)


def test_save(anna: Any, boris: Any, at: dt.datetime) -> None:
    row = save(anna, at)
    assert row.query == QUERY
    assert list(views_of(anna, "test_goods")) == [row]
    assert list(views_of(boris, "test_goods")) == []
    assert Event.objects.get(kind="view.saved").payload["name"] == "Dear"


@pytest.mark.parametrize(
    ("resource", "name", "query", "field"),
    [
        ("nothing", "A", "", "resource"),
        ("test_goods", " ", "", "name"),
        ("test_goods", "x" * 81, "", "name"),
        ("test_goods", "A\x00", "", "name"),
        ("test_goods", "A", "price__gte=x", "price__gte"),
        ("test_goods", "A", "x" * 5000, "query"),
    ],
)
def test_save_refuses(anna: Any, at: dt.datetime, resource: str, name: str, query: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        commands.save_view(resource, name, query, by=Actor(anna), at=at)
    assert refused.value.errors[0].field == field


def test_one_name_once(anna: Any, boris: Any, at: dt.datetime) -> None:
    save(anna, at)
    save(boris, at)
    with pytest.raises(Invalid) as refused:
        save(anna, at)
    assert refused.value.errors[0].code == "taken"


def test_share(anna: Any, boris: Any, carla: Any, at: dt.datetime) -> None:
    with pytest.raises(Forbidden):
        commands.share_view(save(anna, at).pk, by=Actor(anna), at=at)
    row = commands.share_view(save(boris, at).pk, by=Actor(boris), at=at)
    assert list(views_of(carla, "test_goods")) == [row]
    commands.share_view(row.pk, False, by=Actor(boris), at=at)
    assert list(views_of(carla, "test_goods")) == []
    assert [e.kind for e in Event.objects.filter(kind__startswith="view.").order_by("id")][-2:] == [
        "view.shared",
        "view.unshared",
    ]


def test_another_s_view(anna: Any, boris: Any, carla: Any, admin: Any, at: dt.datetime) -> None:
    row = save(boris, at)
    with pytest.raises(NotFound):
        commands.rename_view(row.pk, "Mine", by=Actor(anna), at=at)
    commands.share_view(row.pk, by=Actor(boris), at=at)
    with pytest.raises(Forbidden):
        commands.delete_view(row.pk, by=Actor(carla), at=at)
    commands.delete_view(row.pk, by=Actor(admin), at=at)
    assert not SavedView.objects.exists()


def test_edit(anna: Any, at: dt.datetime) -> None:
    row = save(anna, at)
    row = commands.edit_view(
        row.pk, {"name": "Cheap", "query": "price__lt=5"}, by=Actor(anna), at=at, version=1
    )
    assert (row.name, row.query, row.version) == ("Cheap", "price__lt=5", 3)
    with pytest.raises(Stale):
        commands.rename_view(row.pk, "Late", by=Actor(anna), at=at, version=1)


def test_columns(anna: Any, at: dt.datetime) -> None:
    names = [c.name for c in columns_for(GOODS, choice_of(anna, "test_goods"))]
    commands.choose_columns("test_goods", ["price", "name"], by=Actor(anna), at=at)
    assert [c.name for c in columns_for(GOODS, choice_of(anna, "test_goods"))] == ["price", "name"]
    assert [c.name for c in columns_for(GOODS, choice_of(anna, "test_goods"), ("unit",))] == ["unit"]
    with pytest.raises(Invalid):
        commands.choose_columns("test_goods", ["nothing"], by=Actor(anna), at=at)
    commands.choose_columns("test_goods", [], by=Actor(anna), at=at)
    assert [c.name for c in columns_for(GOODS, choice_of(anna, "test_goods"))] == names
