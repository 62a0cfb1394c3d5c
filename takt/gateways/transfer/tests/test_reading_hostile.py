"""Files made to hurt: each ends in a clear refusal, quickly, and the reader's own process stays small and alive."""

import io
import random
import resource
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import xlsxwriter

from takt.gateways.transfer import reading
from takt.gateways.transfer.reading import Unreadable
from takt.gateways.transfer.reading.reader import Child

SECONDS = 20
MEGABYTES = 60


def workbook(path: Path, sheet: str | Iterable[str]) -> Path:
    """A workbook whose one sheet holds this XML."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/officeDocument"'
            ' Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets>'
            "</workbook>",
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/worksheet"'
            ' Target="worksheets/sheet1.xml"/></Relationships>',
        )
        with archive.open("xl/worksheets/sheet1.xml", "w") as file:
            file.write(f'<worksheet xmlns="{main}"><sheetData>'.encode())
            for piece in (sheet,) if isinstance(sheet, str) else sheet:
                file.write(piece.encode())
            file.write(b"</sheetData></worksheet>")
    return path


def cell(at: str, value: str) -> str:
    return f'<c r="{at}" t="inlineStr"><is><t>{value}</t></is></c>'


def sparse(path: Path) -> Path:
    return workbook(
        path, f'<row r="1">{cell("A1", "a")}</row><row r="1048576">{cell("XFD1048576", "z")}</row>'
    )


def tall(path: Path) -> Path:
    """Within the columns allowed, yet a rectangle of half a milliard cells."""
    return workbook(
        path, f'<row r="1">{cell("A1", "a")}</row><row r="1048576">{cell("SQ1048576", "z")}</row>'
    )


def unnamed_wide(path: Path) -> Path:
    return workbook(path, "<row>" + "<c><v>1</v></c>" * 1_000_000 + "</row>")


def bomb(path: Path) -> Path:
    return workbook(path, (" " * 1_000_000 for _ in range(400)))  # type: ignore[arg-type]


def deep(path: Path) -> Path:
    return workbook(path, "<row>" * 2_000_000)


def lying_bomb(path: Path) -> Path:
    """The directory says the sheet is small."""
    bomb(path)
    raw = bytearray(path.read_bytes())
    at = 0
    while (at := raw.find(b"PK\x01\x02", at)) >= 0:
        raw[at + 24 : at + 28] = (1000).to_bytes(4, "little")
        at += 4
    path.write_bytes(raw)
    return path


def entities(path: Path) -> Path:
    workbook(path, "")
    levels = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))
    raw = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{levels}]><worksheet><sheetData><row r="1">'
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/sharedStrings.xml", raw + cell("A1", "&l11;") + "</row></sheetData></worksheet>")
    return path


def long_cell(path: Path) -> Path:
    return workbook(path, f'<row r="1">{cell("A1", "h")}</row><row r="2">{cell("A2", "x" * 200_000)}</row>')


def truncated(path: Path) -> Path:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for line in range(2_000):
            sheet.write_row(line, 0, [line, f"text {line}"])
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) // 2])
    return path


def scrambled(path: Path) -> Path:
    """Whole directory, broken insides."""
    truncated(path)
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet().write(0, 0, "a")
    raw = bytearray(path.read_bytes())
    for at in range(100, len(raw) // 2, 7):
        raw[at] ^= 0x5A
    path.write_bytes(raw)
    return path


def not_a_workbook(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    return path


def broken_xls(path: Path) -> Path:
    noise = random.Random(1).randbytes(20_000)
    return raw_file(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + noise)(path)


def raw_file(content: bytes) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        path.write_bytes(content)
        return path

    return make


def endless_line(path: Path) -> Path:
    with path.open("wb") as file:
        file.write(b"a,b\n")
        for _ in range(100):
            file.write(b"x" * 1_000_000)
    return path


HOSTILE: list[tuple[str, Callable[[Path], Path], set[str]]] = [
    ("sparse workbook", sparse, {"too_many_columns"}),
    ("tall rectangle", tall, {"too_big"}),
    ("a million cells without address", unnamed_wide, {"too_many_columns", "too_big"}),
    ("zip bomb", bomb, {"bomb"}),
    ("zip bomb that lies", lying_bomb, {"bomb", "damaged", "empty", "too_slow", "too_big"}),
    ("deep xml", deep, {"damaged", "empty", "bomb", "too_slow"}),
    ("entities", entities, {"damaged", "empty"}),
    ("long cell in a workbook", long_cell, {"cell_too_long"}),
    ("truncated zip", truncated, {"damaged"}),
    ("scrambled zip", scrambled, {"damaged", "not_a_table"}),
    ("other zip", not_a_workbook, {"not_a_table"}),
    ("broken xls", broken_xls, {"damaged", "too_big", "crashed"}),
    ("binary rubbish", raw_file(random.Random(2).randbytes(300_000)), {"not_a_table", "nul_bytes"}),
    ("picture", raw_file(b"\x89PNG\r\n\x1a\n" + bytes(100)), {"not_a_table"}),
    ("web page", raw_file(b"\xef\xbb\xbf<html><table><tr><td>1</td></tr></table></html>"), {"web_page"}),
    ("empty file", raw_file(b""), {"empty"}),
    ("only a mark and blanks", raw_file(b"\xef\xbb\xbf \r\n,,\r\n"), {"empty"}),
    ("NUL bytes", raw_file(b"a,b\n1,\x002\n" * 100), {"nul_bytes"}),
    ("NUL bytes far down", raw_file(b"a,b\n" + b"one,two\n" * 300_000 + b"1,\x00\n"), {"nul_bytes"}),
    ("a million columns", raw_file(b",".join(b"c%d" % i for i in range(1_000_000)) + b"\n1,2\n"), {"too_many_columns"}),
    ("600 columns", raw_file(b",".join(b"c%d" % i for i in range(600)) + b"\n"), {"too_many_columns"}),
    ("long cell", raw_file(b"a,b\n1," + b"x" * 200_000 + b"\n"), {"cell_too_long"}),
    ("endless line", endless_line, {"row_too_long", "cell_too_long"}),
    ("open quote", raw_file(b'a,b\n1,"2\n3,4\n5,6\n'), {"open_quote"}),
    ("open quote far up", raw_file(b'a,b\n1,"2\n' + b"3,4\n" * 300_000), {"cell_too_long"}),
    ("one endless record", raw_file(b'a,b\n1,' + b'"x\n",' * 900_000), {"too_many_columns", "row_too_long"}),
]  # fmt: skip


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.parametrize(("make", "codes"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE])
def test_a_hostile_file_is_refused_in_a_sentence(
    tmp_path: Path, make: Callable[[Path], Path], codes: set[str]
) -> None:
    path = make(tmp_path / "file")
    memory, begun = peak_megabytes(), time.monotonic()
    with pytest.raises(Unreadable) as by_detecting:
        reading.detect(path)
        for _ in reading.rows(path):  # what only reading to the end can find
            pass
    with pytest.raises(Unreadable) as by_reading:
        for _ in reading.rows(path):
            pass
    assert time.monotonic() - begun < 2 * SECONDS
    assert peak_megabytes() - memory < MEGABYTES
    assert by_detecting.value.code in codes
    assert by_reading.value.code in codes
    assert by_reading.value.message.endswith(".")


def test_a_process_killed_from_outside_is_a_refusal_too(tmp_path: Path) -> None:
    path = raw_file(b"a,b\n" + b"one,two\n" * 500_000)(tmp_path / "file")
    rows = reading.rows(path)
    next(rows)
    rows.child.process.kill()
    with pytest.raises(Unreadable):
        for _ in rows:
            pass


def test_a_silent_process_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = raw_file(b"a\n1\n")(tmp_path / "file")
    real = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda _command, **rest: real(["sleep", "60"], **rest))
    child = Child({"act": "rows", "path": str(path)})
    child.patience = 0.3
    with pytest.raises(Unreadable) as refusal:
        next(child.frames())
    child.close()
    assert refusal.value.code == "too_slow"


def test_secrets_are_not_inherited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    path = raw_file(b"a,b\n" + b"one,two\n" * 500_000)(tmp_path / "file")
    with reading.rows(path) as rows:
        next(rows)
        environment = Path(f"/proc/{rows.child.process.pid}/environ")
        if not environment.exists():
            pytest.skip("no /proc here")
        assert b"secret" not in environment.read_bytes()
        limits = Path(f"/proc/{rows.child.process.pid}/limits").read_text()
    assert "Max address space         1073741824" in limits


def test_a_missing_file_or_a_folder_is_a_refusal(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.csv", tmp_path):
        with pytest.raises(Unreadable) as refusal:
            reading.detect(path)
        assert refusal.value.code == "missing"


def test_memory_stays_flat_while_the_caller_dawdles(tmp_path: Path) -> None:
    path = raw_file(b"a,b,c\n" + b"some words,more words here,last\n" * 1_000_000)(tmp_path / "file")
    before = peak_megabytes()
    with reading.rows(path) as rows:
        for _ in range(3_000):
            next(rows)
        time.sleep(0.5)
        for _ in range(100_000):
            next(rows)
    assert peak_megabytes() - before < 20


def test_random_bytes_never_raise_anything_else(tmp_path: Path) -> None:
    seed = random.Random(7)
    with io.BytesIO() as buffer:
        with xlsxwriter.Workbook(buffer) as book:
            book.add_worksheet().write_row(0, 0, ["a", "b"])
        good = buffer.getvalue()
    for number in range(6):
        raw = bytearray(good)
        for _ in range(30):
            raw[seed.randrange(len(raw))] = seed.randrange(256)
        path = tmp_path / f"file{number}"
        path.write_bytes(raw if number % 2 else bytes(seed.choices(b'a,";\n\r\t|\xd0\xb1\xff', k=500)))
        try:
            list(reading.rows(path))
        except Unreadable as refusal:
            assert refusal.message
