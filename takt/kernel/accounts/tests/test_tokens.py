from typing import Any

import pytest

from takt.kernel.accounts import rules
from takt.kernel.accounts.commands import create_token, revoke_token
from takt.kernel.accounts.models import ApiToken
from takt.kernel.accounts.queries import user_of_token
from takt.kernel.events.models import Event
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refused


def test_a_token_is_its_user_and_is_stored_as_a_digest(anna: Any, acting_as: Any, at: Any) -> None:
    row, plain = create_token("site", by=acting_as(anna), at=at)
    assert user_of_token(plain) == (anna, row)
    assert plain not in str(ApiToken.objects.filter(pk=row.pk).values().get())
    assert Event.objects.filter(kind="token.created", actor=anna.pk).exists()


def test_revoked_it_opens_nothing(anna: Any, acting_as: Any, at: Any) -> None:
    row, plain = create_token("site", by=acting_as(anna), at=at)
    revoke_token(row, by=acting_as(anna), at=at)
    revoke_token(row, by=acting_as(anna), at=at)
    assert user_of_token(plain)[1] is None
    assert Event.objects.filter(kind="token.revoked").count() == 1


def test_nobody_makes_or_ends_anothers(anna: Any, boris: Any, admin: Any, acting_as: Any, at: Any) -> None:
    for other in (boris, admin):
        with pytest.raises(Forbidden):
            create_token("site", user=anna, by=acting_as(other), at=at)
    row, _plain = create_token("site", by=acting_as(anna), at=at)
    with pytest.raises(NotFound):
        revoke_token(row, by=acting_as(boris), at=at)
    revoke_token(row, by=acting_as(admin), at=at)


def test_refuses(anna: Any, acting_as: Any, at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Invalid):
        create_token(" ", by=acting_as(anna), at=at)
    monkeypatch.setattr(rules, "MOST_TOKENS", 1)
    create_token("one", by=acting_as(anna), at=at)
    with pytest.raises(Refused):
        create_token("two", by=acting_as(anna), at=at)


@pytest.mark.parametrize("token", ["", "takt_", "x" * 10_000, "\x00", "ключ", "\ud800"])
def test_hostile_tokens(token: str, db: Any) -> None:
    assert user_of_token(token)[1] is None


def test_the_page_shows_a_token_once(anna: Any, client_of: Any) -> None:
    page = client_of(anna)
    made = page.post("/settings/tokens", {"name": "site"})
    plain = next(
        w
        for w in made.content.decode().replace('"', " ").replace("<", " ").replace(">", " ").split()
        if w.startswith("takt_")
    )
    assert user_of_token(plain)[0] == anna
    assert made.headers["Cache-Control"] == "no-store"
    assert plain not in page.get("/settings/tokens").content.decode()
    row = ApiToken.objects.get()
    assert page.post(f"/settings/tokens/{row.pk}/revoke").status_code == 302
    assert user_of_token(plain)[1] is None


def test_a_read_only_token_reads(anna: Any, admin: Any, api_of: Any) -> None:
    program = api_of(admin, is_read_only=True)
    assert program.get("/users").status_code == 200
    assert program.post("/teams", {"name": "West"}).status_code == 403
