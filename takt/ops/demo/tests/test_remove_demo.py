"""The demo company loads whole, and goes whole."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from takt.kernel.accounts.models import User
from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.checks import checks
from takt.ops.demo import sign_ins
from takt.ops.demo.commands import load_demo
from takt.sales.activities.models import Task
from takt.sales.deals.commands import create_deal
from takt.sales.deals.models import Deal

NEW = {
    "name": "Own Admin",
    "email": "own@firm.example",
    "password": "a long own password",
    "language": "en",
    "template": "simple",
}


@pytest.fixture
def demo(transactional_db: Any, at: dt.datetime) -> User:
    load_demo("en", by=Actor(via="demo"), at=at)
    return User.objects.get(email="admin@takt.example")


def test_it_is_believable_and_sound_and_the_administrators_to_remove(demo: User, client_of: Any) -> None:
    assert 850 <= Deal.objects.count() <= 1000
    assert Task.objects.filter(status="done").count() >= 7000
    assert {c.name: c.find() for c in checks if c.find()} == {}
    rep = User.objects.get(email="anna@takt.example")
    assert client_of(rep).get("/settings/demo").status_code == 403


def test_it_goes_whole(demo: User, client_of: Any) -> None:
    sign_ins.keep({demo.email: "printed at each start"})
    answer = client_of(demo).post("/settings/demo", NEW)
    assert answer.status_code == 303
    assert not (Path(settings.TAKT_DATA_DIR) / "demo-passwords.json").exists()
    assert list(User.objects.values_list("email", flat=True)) == ["own@firm.example"]
    assert not Deal.objects.exists()
    assert not Event.objects.filter(via="demo").exists()


def test_records_of_ones_own_keep_it(demo: User, client_of: Any, at: dt.datetime) -> None:
    create_deal(name="Mine", is_quick=True, by=Actor(demo), at=at)
    answer = client_of(demo).post("/settings/demo", NEW)
    assert answer.status_code == 409
    assert "of your own" in answer.content.decode()
    assert Deal.objects.filter(name="Mine").exists()
