"""Files for other programs: nothing in them runs."""

import datetime as dt
import io
from decimal import Decimal

from python_calamine import CalamineWorkbook

from takt.kernel.lists.export import csv_chunks, guarded, write_book

ROW = ["=cmd()", "+49 30 1234", Decimal("1250.50"), dt.date(2026, 3, 2), True, None, "@x"]
KINDS = ["text", "text", "money", "date", "bool", "text", "text"]


def test_csv() -> None:
    text = b"".join(csv_chunks(["A", "B"], [["=1+1", "x,y"], [None, Decimal("1E+2")]])).decode()
    assert text == '\ufeffA,B\r\n"\t=1+1","x,y"\r\n,100\r\n'


def test_long_csv_keeps_every_row() -> None:
    text = b"".join(csv_chunks(["A"], ([n] for n in range(1234)))).decode()
    assert text.split("\r\n")[1:-1] == [str(n) for n in range(1234)]


def test_guard() -> None:
    for text in ("=1", "@a", "+1+1=2", "-cmd", "\t=1", "＝1"):
        assert guarded(text) == "\t" + text
    for text in ("+49 30 1234", "-12.5", "a=b", ""):
        assert guarded(text) == text


def test_xlsx() -> None:
    book = io.BytesIO()
    write_book(book, [f"C{n}" for n in range(7)], KINDS, [ROW])
    book.seek(0)
    rows = CalamineWorkbook.from_filelike(book).get_sheet_by_index(0).to_python()
    assert rows[1] == ["=cmd()", "+49 30 1234", 1250.5, dt.date(2026, 3, 2), True, "", "@x"]
