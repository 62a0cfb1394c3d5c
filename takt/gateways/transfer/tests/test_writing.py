"""What goes out comes back the same, and no spreadsheet runs it."""

import datetime
import io
import resource
import zipfile
from decimal import Decimal
from pathlib import Path

import python_calamine

from takt.gateways.transfer import reading
from takt.gateways.transfer.reading.numbers import parse_number
from takt.gateways.transfer.writing import write_csv, write_xlsx

HEADER = ["Name", "Phone", "Amount", "Day", "Note"]
KINDS = ["text", "text", "money", "date", "text"]
TEXTS = [
    "=HYPERLINK(\"http://x\",\"y\")", "+SUM(A1:A9)", "-2+3+cmd|' /C calc'!A0", "@SUM(1)", "\ttab", "\t=x", "\rcr",
    "\nlf", "plain", 'quote " and, comma; and\nline', "007", "公司", "Ёж", "http://example.com", "1e5", "+7 доб. 5", "-",
]  # fmt: skip


def table() -> list[list[object]]:
    return [
        [
            text,
            "+7 (495) 123-45-67",
            Decimal("-1234.50"),
            datetime.date(2021, 3, 1),
            None if i % 2 else "+74951234567",
        ]
        for i, text in enumerate(TEXTS)
    ]


def test_csv_comes_back_bit_exact(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with path.open("wb") as file:
        assert write_csv(file, HEADER, table()) == len(TEXTS)
    back = list(reading.rows(path))
    expected = [
        [text, "+7 (495) 123-45-67", "-1234.50", "2021-03-01", None if i % 2 else "+74951234567"]
        for i, text in enumerate(TEXTS)
    ]
    assert [cells for _, cells in back] == expected
    assert reading.detect(path).encoding == "utf-8-sig"


def test_csv_of_a_csv_is_the_same_file(tmp_path: Path) -> None:
    first, second = tmp_path / "1.csv", tmp_path / "2.csv"
    with first.open("wb") as file:
        write_csv(file, HEADER, table())
    with second.open("wb") as file:
        write_csv(file, HEADER, (cells for _, cells in reading.rows(first)))
    assert first.read_bytes() == second.read_bytes()


def test_no_csv_cell_begins_like_a_formula() -> None:
    file = io.StringIO()
    write_csv(file, ["=evil", "b"], [["=1", "+7 495"], ["@x", Decimal("-5.00")]])
    text = file.getvalue()
    assert text.startswith('\ufeff"\t=evil","b"\r\n"\t=1","+7 495"\r\n')
    assert '"\t@x","-5.00"' in text


def test_xlsx_comes_back_and_holds_no_formula_or_link(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    assert write_xlsx(path, HEADER, table(), KINDS) == len(TEXTS)
    back = [cells for _, cells in reading.rows(path)]
    assert [cells[0] for cells in back] == [text.replace("\r", "\r") for text in TEXTS]
    assert {cells[1] for cells in back} == {"+7 (495) 123-45-67"}
    assert {parse_number(cells[2] or "") for cells in back} == {Decimal("-1234.50")}
    assert {cells[3] for cells in back} == {"2021-03-01"}
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
        assert not [name for name in archive.namelist() if "worksheets/_rels" in name]
    assert b"<f>" not in sheet
    assert b"hyperlink" not in sheet


def test_xlsx_keeps_types_and_what_a_number_cell_would_lose(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    moment = datetime.datetime(2021, 3, 1, 10, 20, tzinfo=datetime.UTC)
    rows = [
        [12, 12.5, Decimal("10.10"), moment, True, "x\x01y"],
        [Decimal("1234567890123456789"), float("nan"), None, datetime.datetime(1850, 1, 1), False, 5],
    ]
    write_xlsx(path, list("abcdef"), rows, ["integer", "percent", "money", "datetime", "bool", "text"])
    sheet = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0)
    first, second = sheet.to_python()[1:]
    assert first[:5] == [12, 12.5, 10.1, datetime.datetime(2021, 3, 1, 10, 20), True]
    assert second[0] == "1234567890123456789"
    assert second[5] == "5"
    assert "1850-01-01" in str(second[3])


def test_a_table_without_rows_still_has_its_header(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    assert write_xlsx(path, HEADER, [], KINDS) == 0
    assert reading.detect(path).header == HEADER


def test_writing_streams(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    row = ["some text", "+7 495", Decimal("5.00"), datetime.date(2021, 3, 1), "more text"]
    with (tmp_path / "out.csv").open("wb") as file:
        assert write_csv(file, HEADER, (row for _ in range(50_000))) == 50_000
    assert write_xlsx(tmp_path / "out.xlsx", HEADER, (row for _ in range(10_000)), KINDS) == 10_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30 * 1024
