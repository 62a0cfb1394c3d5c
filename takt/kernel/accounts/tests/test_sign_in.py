"""The door: who is let in, who isn't, and what a stranger can learn (nothing)."""

import re
from typing import Any

import pytest
from django.test import Client

from conftest import PASSWORD
from takt.kernel.accounts import queries
from takt.kernel.accounts.models import SignInFailure, User
from takt.kernel.accounts.views.entry import safe_next
from takt.kernel.events.models import Event


def enter(client: Client, email: str = "anna@takt.example", password: str = PASSWORD, **more: str) -> Any:
    return client.post("/sign-in", {"email": email, "password": password, **more})


def test_works_with_a_new_session_key_and_a_fact(anna: Any, client: Client) -> None:
    client.get("/sign-in")
    client.session["kept"] = 1
    client.session.save()
    before = client.session.session_key
    answer = enter(client, "ANNA@takt.example ", next="/deals?q=x")
    assert (answer.status_code, answer["Location"]) == (302, "/deals?q=x")
    assert client.session.session_key != before
    assert Event.objects.filter(kind="user.signed_in", actor=anna.pk).count() == 1
    assert User.objects.get(pk=anna.pk).last_login


def test_unknown_and_wrong_are_one_answer(anna: Any) -> None:
    wrong = enter(Client(), password="wrong wrong wrong")
    unknown = enter(Client(), email="nobody@takt.example")
    assert (wrong.status_code, unknown.status_code) == (422, 422)

    def plain(answer: Any) -> str:
        text = re.sub(r"[A-Za-z0-9]{64}", "TOKEN", answer.content.decode())
        return text.replace("anna@", "x@").replace("nobody@", "x@")

    assert plain(wrong) == plain(unknown)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("", ""),
        ("anna@takt.example", ""),
        ("anna@takt.example\x00", PASSWORD),
        ("' OR 1=1 --", "' OR 1=1 --"),
        ("a" * 5000, PASSWORD),
        ("anna@takt.example", "x" * 100_000),
        ("ａｎｎａ@takt.example", PASSWORD),
        ("anna@takt.example", PASSWORD + "\x00"),
        ("<script>alert(1)</script>", "x"),
    ],
)
def test_hostile_inputs(email: str, password: str, anna: Any, client: Client) -> None:
    answer = enter(client, email, password)
    assert answer.status_code == 422
    assert b"<script>alert" not in answer.content
    assert "_auth_user_id" not in client.session


def test_without_a_password_or_inactive_nobody_enters(anna: Any, client: Client) -> None:
    User.objects.filter(pk=anna.pk).update(is_active=False)
    assert enter(client).status_code == 422
    anna.set_unusable_password()
    User.objects.filter(pk=anna.pk).update(is_active=True, password=anna.password)
    assert enter(client).status_code == 422


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "///evil.example",
        "javascript:alert(1)",
        "deals",
        "/\t/evil.example",
        "http:evil.example",
        "\x00/deals",
    ],
)
def test_no_open_redirect(address: str, anna: Any, client: Client) -> None:
    assert safe_next(address) == "/"
    assert enter(client, next=address)["Location"] == "/"


def test_relative_addresses_are_kept() -> None:
    assert safe_next("/deals/12?tab=tasks#x") == "/deals/12?tab=tasks#x"


def test_guessing_is_stopped_and_the_right_password_clears_it(anna: Any, client: Client) -> None:
    for _try in range(10):
        assert enter(client, password="wrong wrong wrong").status_code == 422
    stopped = enter(client)
    assert (stopped.status_code, stopped["Retry-After"]) == (429, "900")
    assert enter(Client(REMOTE_ADDR="10.1.1.1")).status_code == 302
    assert not SignInFailure.objects.exists()


def test_demo_people_enter_only_where_allowed(
    anna: Any, client: Client, api_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    User.objects.filter(pk=anna.pk).update(is_demo=True)
    program = api_of(anna)

    class Elsewhere:
        demo_sign_in = False

    monkeypatch.setattr(queries, "env", Elsewhere)
    assert enter(client).status_code == 403
    assert "_auth_user_id" not in client.session
    assert program.get("/me").status_code == 401


def test_a_demo_session_ends_where_demo_people_may_not_enter(
    anna: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    User.objects.filter(pk=anna.pk).update(is_demo=True)

    class Place:
        demo_sign_in = True

    monkeypatch.setattr(queries, "env", Place)
    enter(client)
    assert client.get("/settings/profile").status_code == 200
    Place.demo_sign_in = False
    assert client.get("/settings/profile")["Location"].startswith("/sign-in")
    assert client.get("/api/v1/me").status_code == 401
    User.objects.filter(pk=anna.pk).update(is_demo=False)
    assert client.get("/settings/profile").status_code == 200


def test_strangers_are_sent_to_the_door_and_back(client: Client, db: Any) -> None:
    answer = client.get("/settings/profile?x=1")
    assert answer["Location"] == "/sign-in?next=/settings/profile%3Fx%3D1"


def test_sign_out_is_a_post(anna: Any, client_of: Any) -> None:
    page = client_of(anna)
    assert page.get("/sign-out").status_code == 405
    assert page.post("/sign-out")["Location"] == "/sign-in"
    assert page.get("/settings/profile").status_code == 302


def test_a_forged_form_is_refused(anna: Any) -> None:
    assert enter(Client(enforce_csrf_checks=True)).status_code == 403


def test_the_language_before_sign_in(client: Client, db: Any) -> None:
    answer = client.post("/sign-in/language", {"language": "ru", "back": "https://evil.example/"})
    assert answer["Location"] == "/"
    assert client.get("/sign-in").headers["Content-Language"] == "ru"
    client.post("/sign-in/language", {"language": "xx"})
    assert client.get("/sign-in").headers["Content-Language"] == "ru"
