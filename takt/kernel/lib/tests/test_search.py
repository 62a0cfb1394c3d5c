"""What was typed, read as words and numbers; mistakes counted."""

import pytest

from takt.kernel.lib.names import distance, other_layout, remains, search_text, spelt
from takt.kernel.lib.search import switched, wanted


@pytest.mark.parametrize(
    ("typed", "meant"), [("ghbdtn", "привет"), ("руддщ", "hello"), ("Bdfyjd", "иванов"), ("cbvtyc", "сименс")]
)
def test_the_other_keyboard(typed: str, meant: str) -> None:
    assert other_layout(typed) == meant
    assert switched(wanted(typed)) == ((meant,),)


def test_digits_have_no_other_keyboard() -> None:
    assert switched(wanted("123")) is None


@pytest.mark.parametrize(
    ("typed", "digits"),
    [("+49 (30) 555-01", "493055501"), ("555 01", "55501"), ("555-0101", "5550101"), ("#1204", "1204")],
)
def test_a_number_in_any_form(typed: str, digits: str) -> None:
    found = wanted(typed)
    assert found.digits == digits
    assert (digits,) in [reading[0][:1] for reading in found.readings]


def test_first_digits_of_a_trunk_line_are_optional() -> None:
    assert wanted("8 916 555-01-02").readings[0] == (("89165550102", "9165550102"),)
    assert wanted("0049 30 5550").readings[0] == (("0049305550", "49305550"),)


@pytest.mark.parametrize("typed", ["", "   ", "\x00"])
def test_nothing_wants_nothing(typed: str) -> None:
    assert not wanted(typed)


@pytest.mark.parametrize(
    ("one", "other", "off"),
    [
        ("siemens", "siemens", 0),
        ("siemnes", "siemens", 1),
        ("simens", "siemens", 1),
        ("sjemenz", "siemens", 2),
        ("abc", "xyz", 3),
    ],
)
def test_distance(one: str, other: str, off: int) -> None:
    assert distance(one, other, 2) == off


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("siemnes", "siemens"),
        ("shutle", "shuttle"),
        ("acme", "acne"),
        ("logstics", "logistics"),
        ("lgoisitcs", "logistics"),
    ],
)
def test_near_words_have_a_remainder_in_common(one: str, other: str) -> None:
    assert set(remains(one)) & set(remains(other))


def test_chinese_is_typed_by_its_sounds() -> None:
    assert spelt("张伟 Ltd") == "zhangwei zw"
    assert search_text("华为科技") == "华为科技 huaweikeji hwkj"
    assert search_text("Acme") == "acme"
