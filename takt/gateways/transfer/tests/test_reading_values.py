import datetime
from decimal import Decimal

import pytest

from takt.gateways.transfer.reading.dates import parse_date, parse_datetime, sniff_date_order
from takt.gateways.transfer.reading.errors import NOT_A_VALUE, UNREADABLE, NotAValue, Unreadable
from takt.gateways.transfer.reading.found import column_names
from takt.gateways.transfer.reading.guard import guarded, unguarded
from takt.gateways.transfer.reading.numbers import parse_number, sniff_decimal
from takt.gateways.transfer.reading.words import parse_bool, split_many


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1 234,50", "1234.50"), ("1,234.50", "1234.50"), ("1.234,50", "1234.50"), ("(5)", "-5"), ("−5", "-5"),
        ("12.5%", "12.5"), ("5-", "-5"), ("-0,07", "-0.07"), ("1\u00a0234\u202f567", "1234567"), ("0", "0"),
        ("1,234", "1234"), ("1.234", "1.234"), ("0,123", "0.123"), ("12,34", "12.34"), ("1,234,567", "1234567"),
        ("1.234.567", "1234567"), ("12,34,567.00", "1234567.00"), ("$1,200.00", "1200.00"), ("-$5", "-5"),
        ("1 500 ₽", "1500"), ("1500 руб.", "1500"), ("EUR 10", "10"), ("10 USD", "10"), ("¥１２３", "123"),
        ("1.5万", "15000"), ("1'234.5", "1234.5"), ("1.5E+3", "1500"), ("+7", "7"), ("($1,000)", "-1000"),
        (".5", "0.5"), ("007", "7"), ("500000.0", "500000.0"),
    ],
)  # fmt: skip
def test_a_number_is_read_from_any_notation(text: str, number: str) -> None:
    assert parse_number(text) == Decimal(number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "abc",
        "1,2,3",
        "1.2.3,4,5",
        "--5",
        "NaN",
        "inf",
        "1e999",
        "12a",
        "=1+1",
        "()",
        "%",
        "9" * 65,
        "1 2 x",
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(NotAValue) as refusal:
        parse_number(text)
    assert refusal.value.code == "number"
    assert refusal.value.message


def test_the_file_decides_which_mark_is_the_decimal_one() -> None:
    assert sniff_decimal(["1,00", "1,234", None, "0,01000"]) == ","
    assert sniff_decimal(["1,234", "2,500.00"]) == "."
    assert sniff_decimal(["1,234", "5"]) is None
    assert parse_number("1,234", decimal=",") == Decimal("1.234")
    assert parse_number("1.234", decimal=",") == Decimal("1234")


@pytest.mark.parametrize(
    "text",
    [
        "2021-03-01", "01.03.2021", "1.3.21", "2021/3/1", "2021.03.01", "2021年3月1日", "20210301",
        "01.03.2021 0:00:00", "2021-03-01T00:00:00", "2021-03-01 10:20", "1 Mar 2021", "March 1, 2021",
        "1 марта 2021 г.", "01-Mar-2021", " 2021-03-01 ", "2021年3月1日 8:00", "2021-03-01T11:54:49.95+00:00",
    ],
)  # fmt: skip
def test_a_date_is_read_from_any_notation(text: str) -> None:
    assert parse_date(text) == datetime.date(2021, 3, 1)


def test_slashes_need_the_order_of_the_file() -> None:
    with pytest.raises(NotAValue) as refusal:
        parse_date("03/04/2021")
    assert refusal.value.code == "ambiguous_date"
    assert parse_date("03/04/2021", "dmy") == datetime.date(2021, 4, 3)
    assert parse_date("03/04/2021", "mdy") == datetime.date(2021, 3, 4)
    assert parse_date("03/25/2021") == parse_date("25/03/2021") == datetime.date(2021, 3, 25)
    assert sniff_date_order(["03/04/2021", "03/25/2021", None]) == "mdy"
    assert sniff_date_order(["03/04/2021", "25/03/2021 10:00"]) == "dmy"
    assert sniff_date_order(["03/04/2021"]) is None
    assert sniff_date_order(["25/03/2021", "03/25/2021"]) is None


@pytest.mark.parametrize(
    "text", ["", "0", "31.02.2021", "2021-13-01", "soon", "0001-01-01", "44256", "9999-01-01"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(NotAValue):
        parse_date(text)
    with pytest.raises(NotAValue):
        parse_datetime(text)


def test_a_moment_keeps_its_offset() -> None:
    utc = datetime.UTC
    assert parse_datetime("2021-03-01T10:20:30Z") == datetime.datetime(2021, 3, 1, 10, 20, 30, tzinfo=utc)
    assert parse_datetime("2021-03-01 10:20+03:00") == datetime.datetime(2021, 3, 1, 7, 20, tzinfo=utc)
    assert parse_datetime("01.03.2021 0:00:00") == datetime.datetime(2021, 3, 1)
    assert parse_datetime("3/25/2021 1:05 PM") == datetime.datetime(2021, 3, 25, 13, 5)
    assert parse_datetime("2021年3月1日 8:05") == datetime.datetime(2021, 3, 1, 8, 5)
    for wrong in ("2021-03-01 25:00", "2021-03-01 10:61", "2021-03-01 13:00 PM"):
        with pytest.raises(NotAValue):
            parse_datetime(wrong)


def test_yes_and_no_in_three_languages() -> None:
    assert all(parse_bool(word) for word in ("yes", "Да", "是", "TRUE", "1", " x ", "истина"))
    assert not any(parse_bool(word) for word in ("no", "Нет", "否", "False", "0"))
    with pytest.raises(NotAValue):
        parse_bool("maybe")


def test_several_phones_and_addresses_in_one_cell() -> None:
    assert split_many("a@b.c; d@e.f,\n a@b.c") == ["a@b.c", "d@e.f"]
    assert split_many("a@b.c d@e.f") == ["a@b.c", "d@e.f"]
    assert split_many("+7 495 123-45-67, доб. 12; 8 800 1") == ["+7 495 123-45-67, доб. 12", "8 800 1"]
    assert split_many(None) == split_many("") == split_many(" ;, ") == []


def test_header_cells_get_unique_names() -> None:
    assert column_names([" Name ", None, "name", "Name 2", "A\nB"]) == [
        "Name",
        "Column 2",
        "name 3",
        "Name 2",
        "A B",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+SUM(A1)",
        "-cmd|' /C calc'!A0",
        "@x",
        "\tx",
        "\t=x",
        "\t\t=x",
        "\r=1",
        "\nx",
        "＝1",
        "plain",
        "",
    ],
)
def test_the_guard_comes_off_as_it_went_on(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert guarded(text)[:1] not in set("=+-@")


@pytest.mark.parametrize(
    "text", ["+7 (495) 123-45-67", "+74951234567", "-5.00", "-1 234,50", "-12.5%", "+1-800-555-0100"]
)
def test_phones_and_amounts_need_no_guard(text: str) -> None:
    assert guarded(text) == text
    assert unguarded(text) == text


def test_each_code_has_a_sentence() -> None:
    everything = {"limit": 1, "line": 1, "sheet": "x", "encoding": "x"}
    for code in UNREADABLE:
        assert Unreadable(code, **everything).message.endswith(".")
    for code in NOT_A_VALUE:
        assert NotAValue(code, "x").message.endswith(".")
