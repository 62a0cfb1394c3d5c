import pytest

from takt.kernel.files.rules import LONGEST_NAME, clean_name, shown_as


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("offer.pdf", "offer.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\system32\\calc.exe", "calc.exe"),
        ("..", "file"),
        ("", "file"),
        ("   ", "file"),
        (".htaccess", "htaccess"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\u200b\u2066b\u2069.txt", "ab.txt"),
        ("line\r\nContent-Type: text/html.txt", "html.txt"),
        ('quote"<script>.html', "quote__script_.html"),
        ("nul\x00byte.png", "nulbyte.png"),
        ("Предложение № 7.docx", "Предложение № 7.docx"),
        ("报价单.xlsx", "报价单.xlsx"),
        ("e\u0301te.txt", "\u00e9te.txt"),
        ("name. . .", "name"),
    ],
)
def test_names(given: str, kept: str) -> None:
    assert clean_name(given) == kept


def test_a_long_name_keeps_its_ending() -> None:
    assert len(clean_name("x" * 5000)) == LONGEST_NAME
    long = clean_name("я" * 5000 + ".docx")
    assert len(long) == LONGEST_NAME and long.endswith("я.docx")
    assert len(clean_name("a." + "b" * 5000)) == LONGEST_NAME


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"%PDF-1.7", "application/pdf"),
        (b"<svg xmlns=", ""),
        (b"<!doctype html>", ""),
        (b"PK\x03\x04", ""),
        (b"", ""),
        (b"RIFF\0\0\0\0WAVE", ""),
    ],
)
def test_only_harmless_kinds_are_shown(head: bytes, kind: str) -> None:
    assert shown_as(head) == kind
