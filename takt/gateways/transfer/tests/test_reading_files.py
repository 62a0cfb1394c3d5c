"""Files as people have them: encodings, delimiters, ragged lines, workbooks, other programs' exports."""

import datetime
import itertools
from pathlib import Path

import pytest
import xlsxwriter

from takt.gateways.transfer import reading
from takt.gateways.transfer.reading import Unreadable

DATA = Path(__file__).resolve().parents[4].parent / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the real export files aren't beside this checkout")

RUSSIAN = (
    "Компания;Город;Сумма\nООО «Ромашка»;Москва;1 234,50\nЗАО Вектор;Санкт-Петербург;5,00\nИП Щукин;Орёл;7\n"
)
CHINESE = "公司,城市,金额\n北京市科技有限公司,北京,100\n上海贸易股份有限公司,上海,200\n张伟,深圳,300\n"
TAIWANESE = "公司,城市,金額\n臺灣電子股份有限公司,臺北,100\n陳國華貿易,高雄,200\n"
JAPANESE = "会社,都市,金額\n株式会社トヨタ,とうきょう,100\nソニーグループ,おおさか,200\n"
FRENCH = (
    "société,ville,montant\nCafé Müller,Besançon,10\nHôtel d’Été,Orléans,20\nGarçon & Søn – Œuvre,Málaga,30\n"
)


def written(path: Path, text: str, encoding: str) -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [
        (RUSSIAN, "utf-8", "utf-8"), (RUSSIAN, "utf-8-sig", "utf-8-sig"), (RUSSIAN, "cp1251", "cp1251"),
        (RUSSIAN.replace("«", "").replace("»", ""), "koi8-r", "koi8-r"),
        (RUSSIAN.replace("«", "").replace("»", ""), "cp866", "cp866"), (RUSSIAN, "utf-16", "utf-16"),
        (RUSSIAN * 9, "utf-16-le", "utf-16-le"), (FRENCH, "utf-16-be", "utf-16-be"), (CHINESE, "gbk", "gb18030"),
        (TAIWANESE, "cp950", "cp950"), (JAPANESE, "cp932", "cp932"), (FRENCH, "cp1252", "cp1252"),
        (CHINESE, "utf-16", "utf-16"), ("name,city\nO’Neil,Cork\n", "cp1252", "cp1252"),
        ("name,city\nПривет мир,Москва\n", "cp1251", "cp1251"), ("имя,город\nпётр,омск\n", "cp1251", "cp1251"),
        ("name\n张\n", "gbk", "gb18030"), ("q\n“Yes” – it’s €5\n", "cp1252", "cp1252"),
        ("q,r\nN绝味,A股\n", "gbk", "gb18030"), ("Straße,Größe\nä,ö\n", "cp1252", "cp1252"),
    ],
    ids=lambda value: ascii(value)[-12:],
)  # fmt: skip
def test_the_encoding_is_found(tmp_path: Path, text: str, encoding: str, found: str) -> None:
    path = written(tmp_path / "file.csv", text, encoding)
    seen = reading.detect(path)
    assert seen.encoding == found
    assert seen.encoding_candidates[0] == found
    lines = text.strip().split("\n")
    delimiter = ";" if ";" in lines[0] else ","
    assert seen.header == lines[0].split(delimiter)
    assert [cells for _, cells in reading.rows(path)] == [line.split(delimiter) for line in lines[1:]]


def test_a_chosen_encoding_and_delimiter_win(tmp_path: Path) -> None:
    path = written(tmp_path / "file.csv", "a,b;c\nё,2;3\n", "cp1251")
    seen = reading.detect(path, encoding="cp1251", delimiter=",")
    assert (seen.header, seen.sample_rows) == (["a", "b;c"], [["ё", "2;3"]])
    assert reading.detect(path, delimiter=";").header == ["a,b", "c"]
    assert reading.detect(path, encoding="koi8-r").sample_rows[0][0] != "ё"
    for wrong in ({"encoding": "rot13"}, {"delimiter": '"'}, {"delimiter": ",,"}):
        with pytest.raises(Unreadable):
            reading.detect(path, **wrong)


def test_one_broken_byte_does_not_turn_a_utf8_file_into_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(("имя;город\n" + "Пётр;Москва\n" * 40).encode() + b"\xff;x\n")
    seen = reading.detect(path)
    assert seen.encoding == "utf-8"
    rows = reading.rows(path)
    assert sum(1 for _ in rows) == 41
    assert rows.counts == {"replaced": 1}
    assert rows.remarks[0].line == 42
    assert "42" in rows.remarks[0].message


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_outside_quotes(tmp_path: Path, delimiter: str) -> None:
    others = "".join(set(",;\t|") - {delimiter})
    text = "\n".join(delimiter.join((f'"{i}{others} x"', "1", "two words")) for i in range(9))
    seen = reading.detect(written(tmp_path / "file.csv", f"a{delimiter}b{delimiter}c\n{text}\n", "utf-8"))
    assert seen.delimiter == delimiter
    assert seen.sample_rows[3] == [f"3{others} x", "1", "two words"]


def test_a_decimal_comma_is_no_delimiter(tmp_path: Path) -> None:
    text = "name;amount;rate\n" + "".join(f"n{i};{i},50;0,{i}\n" for i in range(20))
    assert reading.detect(written(tmp_path / "file.csv", text, "utf-8")).delimiter == ";"


def test_a_spreadsheets_own_declaration_of_the_delimiter(tmp_path: Path) -> None:
    path = written(tmp_path / "file.csv", "sep=|\r\na|b\r\n1|2\r\n", "utf-8")
    assert reading.detect(path).header == ["a", "b"]
    assert list(reading.rows(path)) == [(3, ["1", "2"])]


def test_ragged_lines_are_fitted_with_a_remark(tmp_path: Path) -> None:
    path = written(tmp_path / "file.csv", "a,b,c\n1,2\n1,2,3,\n\n ,,\n1,2,3,4\n", "utf-8")
    rows = reading.rows(path)
    seen = []
    for line, cells in rows:
        seen.append((line, cells, rows.remarks_here))
    assert seen == [
        (2, ["1", "2", None], ("padded",)),
        (3, ["1", "2", "3"], ()),
        (6, ["1", "2", "3"], ("trimmed",)),
    ]
    assert [(remark.code, remark.line) for remark in reading.detect(path).remarks] == [
        ("padded", 2),
        ("trimmed", 6),
    ]


def test_quotes_may_hold_line_ends_delimiters_and_quotes(tmp_path: Path) -> None:
    path = written(tmp_path / "file.csv", 'a,b\r\n"one\r\ntwo, ""three""",x\r\ny,z\r\n', "utf-8")
    assert list(reading.rows(path)) == [(2, ['one\r\ntwo, "three"', "x"]), (4, ["y", "z"])]


def test_old_line_ends_and_a_missing_last_one(tmp_path: Path) -> None:
    assert list(reading.rows(written(tmp_path / "a.csv", "a,b\r1,2\r3,4", "utf-8"))) == [
        (2, ["1", "2"]),
        (3, ["3", "4"]),
    ]


def test_header_only_and_blank_headers(tmp_path: Path) -> None:
    path = written(tmp_path / "file.csv", " Name ,,name,\n", "utf-8")
    seen = reading.detect(path)
    assert seen.header == ["Name", "Column 2", "name 2"]
    assert (seen.sample_rows, seen.estimated_rows, list(reading.rows(path))) == ([], 0, [])


def test_reading_goes_on_where_it_stopped(tmp_path: Path) -> None:
    path = written(tmp_path / "file.csv", "n\n" + "".join(f"{i}\n" for i in range(5_000)), "utf-8")
    assert [cells[0] for _, cells in reading.rows(path, start=4_998)] == ["4998", "4999"]
    assert list(reading.rows(path, start=9_999)) == []


def test_a_reader_left_early_ends_its_process(tmp_path: Path) -> None:
    path = written(tmp_path / "file.csv", "n\n" + "some text\n" * 400_000, "utf-8")
    with reading.rows(path) as rows:
        assert len(list(itertools.islice(rows, 3))) == 3
    assert rows.child.process.returncode is not None


def test_the_number_of_rows_is_estimated_well(tmp_path: Path) -> None:
    text = "a,b\n" + "".join(f'{i},"x\ny {i}"\n' for i in range(150_000))
    seen = reading.detect(written(tmp_path / "file.csv", text, "utf-8"))
    assert abs(seen.estimated_rows - 150_000) < 1_500


def test_workbook_cells_read_as_they_look(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        clock = book.add_format({"num_format": "hh:mm:ss"})
        book.add_worksheet("Empty")
        sheet = book.add_worksheet("Deals")
        sheet.write(0, 0, "Report of March")
        sheet.write_row(2, 0, ["Code", "Amount", "Day", "At", "Won", "Clock"])
        sheet.write_string(3, 0, "007")
        sheet.write_number(3, 1, 1500)
        sheet.write_datetime(3, 2, datetime.datetime(2021, 3, 1), day)
        sheet.write_datetime(3, 3, datetime.datetime(2021, 3, 1, 10, 20, 30), day)
        sheet.write_boolean(3, 4, True)
        sheet.write_datetime(3, 5, datetime.time(9, 5), clock)
        sheet.write_number(5, 1, 0.1 + 0.2)
        sheet.write_string(5, 0, "=not a formula")
        sheet.write_number(6, 1, 1e20)
        hidden = book.add_worksheet("Hidden")
        hidden.hide()
        other = book.add_worksheet("Other")
        other.write_row(0, 0, ["x", "y"])
    seen = reading.detect(path)
    assert (seen.kind, seen.sheet, seen.sheets) == ("xlsx", "Deals", ["Empty", "Deals", "Other"])
    assert [remark.code for remark in seen.remarks] == ["title_skipped"]
    assert seen.estimated_rows == 3
    assert list(reading.rows(path)) == [
        (4, ["007", "1500", "2021-03-01", "2021-03-01T10:20:30", "true", "09:05:00"]),
        (6, ["=not a formula", "0.3", None, None, None, None]),
        (7, [None, "100000000000000000000", None, None, None, None]),
    ]
    assert reading.detect(path, sheet="Other").header == ["x", "y"]
    with pytest.raises(Unreadable) as refusal:
        reading.detect(path, sheet="Nowhere")
    assert refusal.value.code == "unknown_sheet"


@needs_data
@pytest.mark.parametrize(
    ("name", "encoding", "columns", "count", "word"),
    [
        ("atomic_crm_contacts_export.csv", "utf-8", 18, 2, "Sales Executive"),
        ("cn_listed_companies_gbk.csv", "gb18030", 23, 3172, "通信设备"),
        ("odoo_contacts.xlsx", None, 16, 4, "Friedrich-Keller-Straße 27"),
        ("odoo_crm_lead.xls", None, 16, 8, "E-light Industry"),
        ("ru_exchange_issuers_cp1251.csv", "cp1251", 12, 1437, "Акции"),
        ("salesforce_accounts.csv", "cp1252", 37, 423, "Gravity Investments"),
        ("salesforce_opportunities.csv", "utf-8", 31, 38, "Closed Won"),
        ("thunderbird_basic_csv_addressbook.csv", "utf-8", 37, 2, "Jane Doe"),
        ("thunderbird_csv_semicolon.csv", "utf-8", 4, 2, "Jane Doe"),
        ("thunderbird_utf16_addressbook.csv", "utf-16", 37, 1, "John Doe"),
    ],
)
def test_exports_of_other_programs(
    name: str, encoding: str | None, columns: int, count: int, word: str
) -> None:
    path = DATA / "exports" / name
    seen = reading.detect(path)
    rows = list(reading.rows(path, seen.encoding, seen.delimiter, seen.sheet))
    assert (seen.encoding, len(seen.header), seen.estimated_rows, len(rows)) == (
        encoding,
        columns,
        count,
        count,
    )
    assert {len(cells) for _, cells in rows} == {columns}
    assert any(word in cells for _, cells in rows)
    assert not any("\ufffd" in cell for _, cells in rows for cell in cells if cell)


@needs_data
def test_codes_keep_their_leading_zeros() -> None:
    codes = [cells[0] for _, cells in reading.rows(DATA / "exports" / "cn_listed_companies_gbk.csv")]
    assert {len(code or "") for code in codes} == {6}
    assert any((code or "").startswith("000") for code in codes)


@needs_data
@pytest.mark.parametrize(("name", "count"), [("sales_pipeline", 8800), ("accounts", 85), ("products", 7)])
def test_the_maven_files(name: str, count: int) -> None:
    assert sum(1 for _ in reading.rows(DATA / "maven" / f"{name}.csv")) == count


@needs_data
def test_a_workbook_of_many_sheets() -> None:
    path = DATA / "maven_xlsx" / "crm_data_model.xlsx"
    seen = reading.detect(path, sheet="sales_pipeline")
    assert len(seen.sheets) == 8
    assert sum(1 for _ in reading.rows(path, sheet="sales_pipeline")) == seen.estimated_rows >= 8800
    day = seen.header.index("engage_date")
    assert all(row[day] is None or datetime.date.fromisoformat(row[day]) for row in seen.sample_rows)
