"""Headings of other programs, and what they mean."""

import pytest

from takt.gateways.transfer.fields import FIELDS, mapped
from takt.gateways.transfer.reading.found import column_names


@pytest.mark.parametrize(
    ("kind", "header", "fields"),
    [
        ("companies", ["Name", "Phone", "Phone"], ["name", "phones", "phones"]),
        ("contacts", ["ФИО", "Телефон 1", "Телефон 2", "E-mail 1"], ["name", "phones", "phones", "emails"]),
        ("contacts", ["姓名", "手机", "公司名称"], ["name", "phones", "company"]),
        ("companies", ["Name", "Name", "Owner 2"], ["name", None, None]),  # one name, and no second owner
        (
            "deals",
            ["Deal_Name *", "AMOUNT", "Close Date", "2", ""],
            ["name", "amount", "close_date", None, None],
        ),
        ("deals", ["Стадия", "Ответственный", "Сумма"], ["stage", "owner", "amount"]),
    ],
)
def test_what_headings_mean(kind, header, fields):
    assert mapped(kind, column_names(header)) == fields


@pytest.mark.parametrize("kind", list(FIELDS))
def test_every_field_is_found_by_its_own_name(kind):
    names = [f.name for f in FIELDS[kind]]
    header = ["takt_id" if n == "id" else n for n in names]  # a bare id is the other program's
    assert mapped(kind, header) == names
