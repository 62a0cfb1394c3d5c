from typing import Any

import pytest

from conftest import PASSWORD
from takt.kernel.accounts.commands import set_password
from takt.kernel.accounts.models import User
from takt.kernel.events.models import Event
from takt.kernel.lib.refusals import Forbidden, Invalid

NEW = "a quite different phrase"


def test_ones_own_takes_the_current_one(anna: Any, acting_as: Any, at: Any) -> None:
    with pytest.raises(Invalid) as refused:
        set_password(anna, NEW, current="guess", by=acting_as(anna), at=at)
    assert refused.value.errors[0].field == "current"
    set_password(anna, NEW, current=PASSWORD, by=acting_as(anna), at=at)
    assert User.objects.get(pk=anna.pk).check_password(NEW)
    event = Event.objects.get(kind="user.password_set")
    assert NEW not in str(event.payload)


def test_an_administrator_sets_others(anna: Any, boris: Any, admin: Any, acting_as: Any, at: Any) -> None:
    with pytest.raises(Forbidden):
        set_password(anna, NEW, by=acting_as(boris), at=at)
    assert set_password(anna, NEW, by=acting_as(admin), at=at).check_password(NEW)


def test_ends_other_sessions_and_tokens(anna: Any, client_of: Any, api_of: Any, acting_as: Any) -> None:
    here, elsewhere, program = client_of(anna), client_of(anna), api_of(anna)
    answer = here.post("/settings/profile/password", {"current": PASSWORD, "password": NEW})
    assert answer.status_code == 302
    assert here.get("/settings/profile").status_code == 200
    assert elsewhere.get("/settings/profile").status_code == 302
    assert program.get("/me").status_code == 401


def test_a_wrong_current_password_changes_nothing(anna: Any, client_of: Any) -> None:
    answer = client_of(anna).post("/settings/profile/password", {"current": "guess", "password": NEW})
    assert answer.status_code == 422
    assert User.objects.get(pk=anna.pk).check_password(PASSWORD)
