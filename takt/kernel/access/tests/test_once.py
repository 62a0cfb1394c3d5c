"""A request with an idempotency key is carried out once, whatever the network does."""

import datetime as dt
import threading
from typing import Any

import pytest
from django.db import connection

from takt.kernel.accounts.models import Team
from takt.kernel.events.commands import forget_old_keys
from takt.kernel.events.models import IdempotencyKey


def test_the_same_key_twice_is_one_record_and_one_answer(admin: Any, api_of: Any) -> None:
    program = api_of(admin)
    first = program.post("/teams", {"name": "West"}, Idempotency_Key="k1")
    again = program.post("/teams", {"name": "West"}, Idempotency_Key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json() and first["Location"] == again["Location"]
    assert again["Idempotent-Replay"] == "true"
    assert Team.objects.filter(name__in=["West", "East"]).count() == 1


def test_another_body_under_the_same_key_is_refused(admin: Any, api_of: Any) -> None:
    program = api_of(admin)
    program.post("/teams", {"name": "West"}, Idempotency_Key="k1")
    other = program.post("/teams", {"name": "East"}, Idempotency_Key="k1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert Team.objects.filter(name__in=["West", "East"]).count() == 1


def test_a_key_belongs_to_its_user_and_route(admin: Any, person: Any, api_of: Any) -> None:
    olga = person("olga", role="admin", team=None)
    assert api_of(admin).post("/teams", {"name": "A"}, Idempotency_Key="k1").status_code == 201
    assert api_of(olga).post("/teams", {"name": "B"}, Idempotency_Key="k1").status_code == 201
    user = {"email": "x@takt.example", "name": "X"}
    assert api_of(admin).post("/users", user, Idempotency_Key="k1").status_code == 201


def test_a_refused_request_may_be_repeated(admin: Any, api_of: Any) -> None:
    program = api_of(admin)
    assert program.post("/teams", {"name": ""}, Idempotency_Key="k1").status_code == 422
    assert program.post("/teams", {"name": "West"}, Idempotency_Key="k1").status_code == 201


def test_a_form_sent_twice(admin: Any, client_of: Any) -> None:
    page = client_of(admin)
    form = {"name": "West", "parent": "", "_key": "f1"}
    assert [page.post("/settings/teams", form).status_code for _ in range(2)] == [302, 302]
    assert Team.objects.filter(name__in=["West", "East"]).count() == 1


def test_a_key_that_is_too_long(admin: Any, api_of: Any) -> None:
    assert api_of(admin).post("/teams", {"name": "W"}, Idempotency_Key="k" * 201).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_duplicates_at_the_same_moment(transactional_db: Any, admin: Any, api_of: Any) -> None:
    program, gate = api_of(admin), threading.Barrier(4)
    answers: list[Any] = []

    def send() -> None:
        gate.wait()
        answers.append(program.post("/teams", {"name": "West"}, Idempotency_Key="k1"))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {a.status_code for a in answers} == {201}
    assert len({a.content for a in answers}) == 1
    assert Team.objects.filter(name__in=["West", "East"]).count() == 1


def test_keys_are_kept_seven_days(admin: Any, api_of: Any, takt: Any) -> None:
    api_of(admin).post("/teams", {"name": "West"}, Idempotency_Key="k1")
    now = dt.datetime.now(dt.UTC)
    forget_old_keys(by=takt, at=now + dt.timedelta(days=6))
    assert IdempotencyKey.objects.count() == 1
    forget_old_keys(by=takt, at=now + dt.timedelta(days=8))
    assert not IdempotencyKey.objects.exists()
