"""Personal values are readable as long as their person's key is, and nowhere else."""

from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from django.db import connection

from takt.kernel.events.models import Event, PersonKey
from takt.kernel.events.sealing import unseal_all
from takt.kernel.events.tests.happening import Happened, happened
from takt.kernel.events.unit import command, record

PHONE = "+7 812 555-01-02"


def test_values_are_encrypted_and_readable(takt: Any, at: Any, db: Any) -> None:
    event = happened(takt, at, phone=PHONE)
    assert event.payload == {"thing": "the lamp"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT event::text, encode(sealed, 'escape') FROM event")
        assert all("555-01-02" not in str(part) for part in cursor.fetchone())
    assert unseal_all([bytes(event.sealed)]) == [{"phone": PHONE}]


def test_erasing_the_key_erases_the_values_everywhere(takt: Any, at: Any, db: Any) -> None:
    blobs = [bytes(happened(takt, at, phone=p).sealed) for p in (PHONE, "+49 30 1")]
    assert PersonKey.objects.count() == 1
    PersonKey.objects.all().delete()
    assert unseal_all(blobs) == [None, None]
    new = happened(takt, at, phone="+1")
    assert unseal_all([bytes(new.sealed)]) == [{"phone": "+1"}]
    with pytest.raises(InvalidTag):  # a new key of the same person opens nothing that is old
        unseal_all(blobs)


def test_without_personal_values_nothing_is_sealed(takt: Any, at: Any, db: Any) -> None:
    assert happened(takt, at).sealed is None
    assert not PersonKey.objects.exists()


def test_personal_values_need_their_person(takt: Any, at: Any, db: Any) -> None:
    @command
    def careless(*, by: Any, at: Any) -> None:
        record(Happened(thing="x", phone=PHONE), about=("lamp", 1), by=by, at=at)

    with pytest.raises(RuntimeError):
        careless(by=takt, at=at)
    assert not Event.objects.exists()
