"""The rules' parameters: who changes them, within which bounds, and who did."""

from typing import Any

import pytest

from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, Stale
from takt.kernel.settings.commands import change_setting
from takt.kernel.settings.queries import value_of
from takt.kernel.settings.rules import PARAMETERS

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("key", PARAMETERS)
def test_every_parameter_says_what_it_is(key: str) -> None:
    one = PARAMETERS[key]
    assert one.label
    assert one.unit
    assert one.about
    assert one.least <= one.default <= one.most


def test_a_change_leaves_its_event(admin: Any, at: Any) -> None:
    assert change_setting("deal.max_contacts", "7", by=Actor(admin), at=at) == 5
    assert value_of("deal.max_contacts") == 7
    assert Event.objects.get(kind="setting.changed").payload == {
        "key": "deal.max_contacts",
        "old": 5,
        "new": 7,
    }
    change_setting("deal.max_contacts", 7, by=Actor(admin), at=at)
    assert Event.objects.filter(kind="setting.changed").count() == 1


@pytest.mark.parametrize("value", ["", "0", "51", "5.5", "five", "-3", "٥", "9" * 30])
def test_a_value_out_of_bounds_is_refused(value: str, admin: Any, at: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        change_setting("deal.max_contacts", value, by=Actor(admin), at=at)
    assert refusal.value.errors[0].code == "out_of_range"


def test_only_an_administrator_and_only_what_exists(admin: Any, dora: Any, at: Any) -> None:
    with pytest.raises(Forbidden):
        change_setting("bin.days", 10, by=Actor(dora), at=at)
    with pytest.raises(Invalid):
        change_setting("bin.years", 10, by=Actor(admin), at=at)


def test_pass_level_and_target_do_not_cross(admin: Any, at: Any) -> None:
    for key, value in (("actions.min", 41), ("actions.target", 29)):
        with pytest.raises(Invalid) as refusal:
            change_setting(key, value, by=Actor(admin), at=at)
        assert refusal.value.errors[0].code == "contradicts"


def test_a_value_that_changed_since_is_stale(admin: Any, at: Any) -> None:
    change_setting("bin.days", 60, by=Actor(admin), at=at)
    with pytest.raises(Stale):
        change_setting("bin.days", 90, seen=30, by=Actor(admin), at=at)


def test_the_page(admin: Any, dora: Any, client_of: Any) -> None:
    assert client_of(dora).get("/settings/rules").status_code == 403
    assert client_of(dora).post("/settings/rules", {"key": "bin.days", "value": "9"}).status_code == 403
    browser = client_of(admin)
    page = browser.get("/settings/rules").content.decode()
    assert page.count("Never changed") == len(PARAMETERS)
    assert "/settings/rules" in browser.get("/settings").content.decode()
    form = {"key": "bin.days", "value": "45", "seen": "30"}
    assert browser.post("/settings/rules", form).status_code == 303
    page = browser.get("/settings/rules").content.decode()
    assert "45 instead of 30" in page
    assert "Last changed by Admin" in page
    assert "Back to 30" in page


def test_a_refusal_stands_at_its_field(admin: Any, client_of: Any) -> None:
    browser = client_of(admin)
    answer = browser.post("/settings/rules", {"key": "bin.days", "value": "900", "seen": "30"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count("cp-err") == 1
    assert 'value="900"' in page
    assert 'id="bin-days-error"' in page
    stale = browser.post("/settings/rules", {"key": "bin.days", "value": "90", "seen": "31"})
    assert stale.status_code == 409
    assert 'value="90"' in stale.content.decode()
    assert browser.post("/settings/rules", {"key": "nothing", "value": "1"}).status_code == 422
