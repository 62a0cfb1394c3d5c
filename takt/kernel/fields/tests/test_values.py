"""Every kind of field: what it takes, what it refuses with a sentence, and that it gives back what it was given."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from takt.kernel.fields.models import FieldDefinition, FieldKind
from takt.kernel.fields.values import NotTaken, read_value

OPTIONS = [
    {"key": "red", "label": "Red", "is_active": True},
    {"key": "blue", "label": "Blue", "is_active": True},
    {"key": "old", "label": "Old", "is_active": False},
]


def field(kind: str) -> FieldDefinition:
    return FieldDefinition(entity="deal", slug="x", name="X", kind=kind, options=OPTIONS)


days = st.dates(dt.date(1900, 1, 1), dt.date(2200, 12, 31))
moments = st.datetimes(dt.datetime(1901, 1, 1), dt.datetime(2199, 12, 31), timezones=st.just(dt.UTC))
numbers = st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**14), max_value=10**14)
amounts = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=0, max_value=10**14)
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=400)
BY_KIND: dict[str, st.SearchStrategy[Any]] = {
    "text": words,
    "long_text": words,
    "number": numbers | st.integers(-(10**14), 10**14) | numbers.map(str),
    "money": st.fixed_dictionaries(
        {"amount": amounts | amounts.map(str), "currency": st.sampled_from(["EUR", "rub", "CNY"])}
    ),
    "date": days | days.map(dt.date.isoformat),
    "datetime": moments | moments.map(dt.datetime.isoformat),
    "choice": st.sampled_from(["red", "blue"]),
    "choices": st.lists(st.sampled_from(["red", "blue"]), max_size=4),
    "yes_no": st.booleans() | st.sampled_from(["true", "false", "on", "0"]),
    "user": st.integers(1, 2**63 - 1),
    "company": st.integers(1, 2**63 - 1) | st.integers(1, 99).map(str),
    "contact": st.integers(1, 2**63 - 1),
    "url": st.sampled_from(["example.com", "https://example.com/a?b=c", "http://пример.рф/"]),
    "phone": st.sampled_from(["+31 10 555 0142", "+493012345678", "+7 495 123-45-67"]),
    "email": st.sampled_from(["Anna@Example.com", "a.b+c@example.co.uk"]),
}


def test_every_kind_is_tried() -> None:
    # A file is a record of its own, tried in test_file_kind.
    assert set(BY_KIND) == set(FieldKind.values) - {"file"}


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(BY_KIND)).flatmap(lambda k: st.tuples(st.just(k), BY_KIND[k])))
def test_what_is_stored_is_read_back_the_same(kind_and_value: tuple[str, Any]) -> None:
    kind, value = kind_and_value
    stored = read_value(field(kind), value)
    if stored is not None:
        assert read_value(field(kind), stored) == stored


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(numbers)
def test_a_number_keeps_its_value(number: Decimal) -> None:
    assert Decimal(read_value(field("number"), number)) == number


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(moments)
def test_a_moment_keeps_its_second(moment: dt.datetime) -> None:
    stored = read_value(field("datetime"), moment)
    assert dt.datetime.fromisoformat(stored) == moment.replace(microsecond=0)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", 5), ("text", "a" * 401), ("text", "a\x00b"), ("long_text", ["a"]), ("number", "twelve"),
        ("number", True), ("number", "NaN"), ("number", "1e30"), ("number", "0.0000001"), ("number", {"a": 1}),
        ("money", "12"), ("money", {"amount": "12"}), ("money", {"amount": "12", "currency": "XQX"}),
        ("money", {"amount": "-1", "currency": "EUR"}), ("money", {"amount": "1", "currency": "EUR", "x": 1}),
        ("date", "31.12.2025"), ("date", "2025-02-30"), ("date", "1789-07-14"), ("datetime", "yesterday"),
        ("datetime", "9999-12-31T23:59:59-12:00"), ("choice", "green"), ("choice", "old"), ("choice", ["red"]),
        ("choices", ["red", "green"]), ("choices", {"red": 1}), ("choices", [["red"]]), ("yes_no", "perhaps"),
        ("yes_no", 7), ("user", "nobody"), ("user", True), ("company", -1), ("company", "9" * 30),
        ("contact", {"id": 1}), ("url", "javascript:alert(1)"), ("url", "no address"), ("url", "x" * 501),
        ("phone", "call me"), ("phone", "12"), ("email", "anna"), ("email", "a@b@c"),
    ],
)  # fmt: skip
def test_what_means_nothing_is_refused_with_a_sentence(kind: str, value: Any) -> None:
    with pytest.raises(NotTaken) as refused:
        read_value(field(kind), value)
    assert refused.value.message.endswith(".")


@pytest.mark.parametrize("kind", FieldKind.values)
def test_nothing_is_nothing_in_every_kind(kind: str) -> None:
    for nothing in (None, "", [], {}):
        assert read_value(field(kind), nothing) is None


def test_an_option_no_longer_offered_may_stay_where_it_stands() -> None:
    assert read_value(field("choice"), "old", "old") == "old"
    assert read_value(field("choices"), ["old", "red"], ["old"]) == ["red", "old"]
