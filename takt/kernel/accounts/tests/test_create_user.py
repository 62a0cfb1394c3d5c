from typing import Any

import pytest
from django.db import IntegrityError, transaction

from takt.kernel.accounts.commands import create_user
from takt.kernel.accounts.models import User
from takt.kernel.events.models import Event
from takt.kernel.events.sealing import unseal_all
from takt.kernel.lib.refusals import Forbidden, Invalid


def test_works_and_leaves_a_fact(admin: Any, teams: Any, acting_as: Any, at: Any) -> None:
    eva = create_user("Eva@Takt.Example", " Eva ", "rep", teams["north"], by=acting_as(admin), at=at)
    assert (eva.email, eva.name, eva.team, eva.created_at) == ("eva@takt.example", "Eva", teams["north"], at)
    assert not eva.has_usable_password()
    event = Event.objects.get(kind="user.created", subjects__kind="user", subjects__object_id=eva.pk)
    assert event.actor == admin.pk
    assert event.payload == {"role": "rep", "team": teams["north"].pk}
    assert unseal_all([bytes(event.sealed)]) == [{"name": "Eva", "email": "eva@takt.example"}]


def test_only_an_administrator(anna: Any, dora: Any, acting_as: Any, at: Any) -> None:
    for person in (anna, dora):
        with pytest.raises(Forbidden):
            create_user("x@takt.example", "X", "admin", by=acting_as(person), at=at)
    assert not User.objects.filter(email="x@takt.example").exists()


def test_an_email_is_there_once_whatever_its_case(anna: Any, takt: Any, at: Any) -> None:
    with pytest.raises(Invalid) as refused:
        create_user("ANNA@takt.example", "Anna", by=takt, at=at)
    assert refused.value.errors[0].code == "taken"
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=anna.pk).update(email="anna2@takt.example")
        User(email="ANNA2@takt.example", name="x", created_at=at).save()


def test_every_wrong_field_is_named_at_once(takt: Any, at: Any, db: Any) -> None:
    with pytest.raises(Invalid) as refused:
        create_user(
            "no address",
            " ",
            "boss",
            999,
            language="xx",
            time_zone="Mars",
            theme="pink",
            daily_norm=0,
            by=takt,
            at=at,
        )
    fields = {problem.field for problem in refused.value.errors}
    assert fields == {"email", "name", "role", "team", "language", "time_zone", "theme", "daily_norm"}


@pytest.mark.parametrize(
    "email", ["a\x00b@takt.example", "", "a" * 250 + "@takt.example", "a b@takt.example"]
)
def test_hostile_emails(email: str, takt: Any, at: Any, db: Any) -> None:
    with pytest.raises(Invalid):
        create_user(email, "X", by=takt, at=at)


@pytest.mark.parametrize(
    "password", ["short", "password1234", "anna@takt.example", "x" * 2000, "ok but \x00 nul"]
)
def test_weak_passwords(password: str, takt: Any, at: Any, db: Any) -> None:
    with pytest.raises(Invalid) as refused:
        create_user("anna@takt.example", "Anna", password=password, by=takt, at=at)
    assert refused.value.errors[0].field == "password"
    assert not User.objects.exists()
