import datetime as dt
from typing import Any

import pytest

from takt.kernel.lib.actor import Actor
from takt.sales.contacts import commands
from takt.sales.contacts.queries import duplicates_of


@pytest.fixture
def known(anna: Any, at: dt.datetime) -> Any:
    return commands.create_company(
        name="ООО «Ромашка»",
        phones=["+7 495 123-45-67"],
        emails=["a@romashka.example"],
        tax_id="7701",
        by=Actor(anna),
        at=at,
    )


@pytest.mark.parametrize(
    ("given", "level"),
    [
        ({"name": "Other", "phones": ["+74951234567"]}, "exact"),
        ({"name": "Other", "emails": ["A@ROMASHKA.example"]}, "exact"),
        ({"name": "Other", "tax_id": " 7701 "}, "exact"),
        ({"name": "Ромашка, АО"}, "similar"),
        ({"name": "ромашкаа"}, "similar"),
    ],
)
def test_two_levels(known: Any, anna: Any, given: dict[str, Any], level: str) -> None:
    found = duplicates_of(user=anna, **given)
    assert [(d.level, d.record) for d in found] == [(level, known)]
    assert found[0].why


def test_what_differs_is_no_duplicate(known: Any, anna: Any) -> None:
    assert duplicates_of(user=anna, name="Лютик", phones=["+7 495 000-00-00"], tax_id="9") == []
    assert duplicates_of(user=anna, name="", phones=["x"], emails=["\x00"], tax_id="\x00") == []
    assert duplicates_of(user=anna, name="Ромашка", without=("company", known.pk)) == []


def test_nothing_is_said_about_what_is_hidden(known: Any, carla: Any) -> None:
    assert duplicates_of(user=carla, name="Ромашка", phones=["+74951234567"], tax_id="7701") == []


def test_chinese_names(anna: Any, at: dt.datetime) -> None:
    known = commands.create_company(name="深圳市华为技术有限公司", by=Actor(anna), at=at)
    assert [d.record for d in duplicates_of(user=anna, name="深圳华为技术公司")] == [known]


def test_a_person_by_the_phone_of_a_company(known: Any, anna: Any) -> None:
    found = duplicates_of(user=anna, name="Ivan Petrov", phones=["+74951234567"], kind="contact")
    assert [(d.kind, d.level) for d in found] == [("company", "exact")]
