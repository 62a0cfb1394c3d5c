from typing import Any

import pytest

from takt.kernel.accounts.commands import edit_user
from takt.kernel.accounts.models import User
from takt.kernel.events.models import Event
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refused, Stale


def test_works_and_leaves_a_fact(anna: Any, admin: Any, teams: Any, acting_as: Any, at: Any) -> None:
    edited = edit_user(
        anna, {"role": "lead", "team": teams["south"].pk, "name": "Ann"}, by=acting_as(admin), at=at
    )
    assert (edited.role, edited.team, edited.name, edited.version) == ("lead", teams["south"], "Ann", 2)
    event = Event.objects.get(kind="user.edited")
    assert {c["field"] for c in event.payload["changes"]} == {"role", "team"}
    assert "own" not in event.payload and event.sealed


def test_the_same_values_leave_nothing(anna: Any, admin: Any, acting_as: Any, at: Any) -> None:
    edit_user(anna, {"role": "rep"}, by=acting_as(admin), at=at)
    assert not Event.objects.filter(kind="user.edited").exists()


def test_a_person_sets_his_own_preferences(anna: Any, acting_as: Any, at: Any) -> None:
    edited = edit_user(anna, {"language": "ru", "theme": "dark"}, by=acting_as(anna), at=at)
    assert (edited.language, edited.theme) == ("ru", "dark")


@pytest.mark.parametrize("change", [{"role": "admin"}, {"team": None}, {"email": "boss@takt.example"}])
def test_nobody_raises_himself(change: Any, anna: Any, acting_as: Any, at: Any) -> None:
    with pytest.raises(Forbidden):
        edit_user(anna, {"name": "Ann", **change}, by=acting_as(anna), at=at)
    assert User.objects.get(pk=anna.pk).name == "Anna"


def test_nobody_edits_another(anna: Any, boris: Any, acting_as: Any, at: Any) -> None:
    with pytest.raises(Forbidden):
        edit_user(anna, {"name": "Ann"}, by=acting_as(boris), at=at)


def test_the_last_administrator_stays(admin: Any, person: Any, acting_as: Any, at: Any) -> None:
    with pytest.raises(Refused) as refused:
        edit_user(admin, {"role": "rep"}, by=acting_as(admin), at=at)
    assert refused.value.code == "last_administrator"
    person("olga", role="admin", team=None)
    assert edit_user(admin, {"role": "rep"}, by=acting_as(admin), at=at).role == "rep"


def test_refuses(anna: Any, admin: Any, acting_as: Any, at: Any) -> None:
    with pytest.raises(Stale):
        edit_user(anna, {"name": "Ann"}, version=7, by=acting_as(admin), at=at)
    with pytest.raises(Invalid):
        edit_user(anna, {"is_demo": True}, by=acting_as(admin), at=at)
    with pytest.raises(NotFound):
        edit_user(2**70, {"name": "Ann"}, by=acting_as(admin), at=at)
