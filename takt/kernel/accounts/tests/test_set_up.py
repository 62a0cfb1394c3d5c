import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from conftest import PASSWORD
from takt.kernel.accounts import hooks
from takt.kernel.accounts.commands import set_up_organisation
from takt.kernel.accounts.models import User
from takt.kernel.accounts.queries import set_up_token
from takt.kernel.events.models import Event
from takt.kernel.lib.refusals import Refused

FORM = {
    "name": "Olga",
    "email": "olga@takt.example",
    "password": PASSWORD,
    "language": "ru",
    "template": "b2b",
}


def test_the_link_makes_the_first_administrator_once(
    db: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(
        hooks,
        "on_first_setup",
        [lambda template, language, *, by, at: asked.append((template, language, by.user.name))],
    )
    out = io.StringIO()
    call_command("setup_link", stdout=out)
    link = out.getvalue().strip().partition("8000")[2]
    assert client.get(link).status_code == 200
    assert client.post(link, FORM)["Location"] == "/"
    olga = User.objects.get()
    assert (olga.role, olga.language, asked) == ("admin", "ru", [("b2b", "ru", "Olga")])
    assert client.session["_auth_user_id"] == str(olga.pk)
    assert Event.objects.filter(kind="organisation.set_up", actor=olga.pk).exists()
    assert client.get(link)["Location"] == "/"
    for again in (Client().get(link), Client().post(link, FORM | {"email": "eve@takt.example"})):
        assert (again.status_code, b"already set up" in again.content) == (410, True)
    assert User.objects.get() == olga
    with pytest.raises(CommandError):
        call_command("setup_link")


@pytest.mark.parametrize("token", ["x", "set-up:1:2", "..%2f", "InNldC11cCI:1abc:def"])
def test_a_forged_link_is_no_page(token: str, db: Any, client: Client) -> None:
    assert client.get(f"/set-up/{token}").status_code == 404
    assert client.post(f"/set-up/{token}", FORM).status_code == 404
    assert not User.objects.exists()


def test_what_is_wrong_is_shown_and_nothing_made(db: Any, client: Client) -> None:
    answer = client.post(f"/set-up/{set_up_token()}", FORM | {"password": "tiny-pw"})
    assert answer.status_code == 422
    assert b"olga@takt.example" in answer.content and b"tiny-pw" not in answer.content
    assert client.post(f"/set-up/{set_up_token()}", FORM | {"template": "other"}).status_code == 422
    assert not User.objects.exists()


def test_a_second_time_is_refused(admin: Any, takt: Any, at: Any) -> None:
    with pytest.raises(Refused):
        set_up_organisation(**FORM, by=takt, at=at)
