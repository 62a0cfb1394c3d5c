from typing import Any

import pytest

from takt.kernel.accounts import hooks
from takt.kernel.accounts.commands import deactivate_user, reactivate_user
from takt.kernel.events.models import Event
from takt.kernel.lib.refusals import Forbidden, Refused


def test_works_with_its_hook_and_fact(
    anna: Any, admin: Any, acting_as: Any, at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(hooks, "on_deactivate", [lambda user, *, by, at: told.append((user.pk, at))])
    assert not deactivate_user(anna, by=acting_as(admin), at=at).is_active
    deactivate_user(anna, by=acting_as(admin), at=at)
    assert told == [(anna.pk, at)]
    assert Event.objects.filter(kind="user.deactivated").count() == 1
    assert reactivate_user(anna, by=acting_as(admin), at=at).is_active
    assert Event.objects.filter(kind="user.reactivated").count() == 1


def test_access_ends_at_once(
    anna: Any, admin: Any, client_of: Any, api_of: Any, acting_as: Any, at: Any
) -> None:
    page, program = client_of(anna), api_of(anna)
    assert page.get("/settings/profile").status_code == 200
    assert program.get("/me").status_code == 200
    deactivate_user(anna, by=acting_as(admin), at=at)
    assert page.get("/settings/profile").status_code == 302
    assert program.get("/me").status_code == 401


def test_only_an_administrator(anna: Any, dora: Any, acting_as: Any, at: Any) -> None:
    with pytest.raises(Forbidden):
        deactivate_user(anna, by=acting_as(dora), at=at)


def test_the_last_administrator_stays(admin: Any, person: Any, acting_as: Any, at: Any) -> None:
    with pytest.raises(Refused):
        deactivate_user(admin, by=acting_as(admin), at=at)
    olga = person("olga", role="admin", team=None)
    deactivate_user(olga, by=acting_as(admin), at=at)
    with pytest.raises(Refused):
        deactivate_user(admin, by=acting_as(admin), at=at)
