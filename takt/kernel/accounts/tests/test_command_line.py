import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from conftest import PASSWORD
from takt.kernel.accounts.models import Team, User
from takt.kernel.accounts.queries import user_of_token


def run(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_user_is_created_then_updated(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
    run("user", "Eva@takt.example", "--name", "Eva", "--role", "lead", "--team", "West", "--password-stdin")
    eva = User.objects.get()
    assert (eva.email, eva.role, eva.team.name) == ("eva@takt.example", "lead", "West")
    assert eva.check_password(PASSWORD)
    run("user", "eva@takt.example", "--role", "head", "--team", "West")
    eva.refresh_from_db()
    assert (eva.name, eva.role, Team.objects.count()) == ("Eva", "head", 1)
    assert eva.check_password(PASSWORD)


def test_a_wrong_user_is_one_sentence(db: Any) -> None:
    with pytest.raises(CommandError, match="email"):
        run("user", "nonsense", "--team", "West")
    assert not Team.objects.exists()


def test_token_stands_alone_on_its_line(anna: Any) -> None:
    printed = run("token", "anna@takt.example", "--name", "site")
    assert printed.count("\n") == 1
    assert user_of_token(printed.strip())[0] == anna
    with pytest.raises(CommandError):
        run("token", "nobody@takt.example")
