"""Own fields brought in from files and taken out again: what is exported and read back changes nothing."""

import datetime as dt
from typing import Any

import pytest

from takt.gateways.transfer import commands as imports
from takt.gateways.transfer.exporting import write_file
from takt.gateways.transfer.fields import fields_of, mapped
from takt.gateways.transfer.fields.own import own_fields
from takt.gateways.transfer.models import Import, ImportRow
from takt.gateways.transfer.running import carry_out
from takt.kernel.fields import commands
from takt.kernel.fields.models import FieldKind
from takt.kernel.lib.actor import Actor
from takt.kernel.lists.timeline import timeline
from takt.sales.catalog.models import Product
from takt.sales.contacts.commands import create_company, create_contact
from takt.sales.contacts.models import Company, Contact
from takt.sales.deals.models import Deal

pytestmark = pytest.mark.django_db
HEADS = {
    "text": "Memo", "long_text": "Story", "number": "Score", "money": "Worth", "date": "Visit on",
    "datetime": "Visit at", "choice": "Colour", "choices": "Needs", "yes_no": "Vip", "user": "Keeper",
    "company": "Partner", "contact": "Adviser", "url": "Page", "phone": "Hotline", "email": "Inbox",
}  # fmt: skip
CELLS = {
    "text": "Short", "long_text": "Two\nlines", "number": "1 250,5", "money": "1 250,50 EUR", "date": "31.12.2025",
    "datetime": "2026-04-01T10:30:00Z", "choice": "red", "choices": "Blue; Red", "yes_no": "да",
    "user": "Anna", "company": "Frisia", "contact": "Ilse", "url": "example.com", "phone": "+31 10 555 0142",
    "email": "Ilse@Example.com",
}  # fmt: skip


def counts(job: Any) -> tuple[int, ...]:
    return tuple(job.count(n) for n in ("read", "created", "updated", "skipped", "refused"))


@pytest.fixture
def fields(admin: Any, at: dt.datetime) -> None:
    for entity in ("deal", "company", "contact", "product"):
        for kind in set(FieldKind.values) - {"file"}:  # files are attached, not imported
            options = ["Red", "Blue"] if "choice" in kind else ()
            new = {
                "entity": entity,
                "name": HEADS[kind],
                "kind": kind,
                "options": options,
                "slug": f"own_{kind}",
            }
            commands.create_field(**new, by=Actor(admin), at=at)


def test_a_file_is_not_imported_from_a_table(admin: Any, at: dt.datetime) -> None:
    from takt.gateways.transfer.kinds.own import Own
    from takt.kernel.fields.models import FieldDefinition
    from takt.kernel.fields.values import NotTaken

    definition = FieldDefinition(kind="file", slug="drawing", name="Drawing")
    with pytest.raises(NotTaken) as refused:
        Own._typed(
            object.__new__(Own), definition, type("Row", (), {"values": {"cf_drawing": "x"}})(), "cf_drawing"
        )  # type: ignore[arg-type]
    assert "can't be imported" in refused.value.message


@pytest.fixture
def stored(anna: Any, at: dt.datetime) -> dict[str, Any]:
    company = create_company(name="Frisia", by=Actor(anna), at=at)
    contact = create_contact(name="Ilse", by=Actor(anna), at=at)
    values = {
        "text": "Short", "long_text": "Two\nlines", "number": "1250.5",
        "money": {"amount": "1250.50", "currency": "EUR"}, "date": "2025-12-31", "datetime": "2026-04-01T10:30:00Z",
        "choice": "red", "choices": ["red", "blue"], "yes_no": True, "user": anna.pk, "company": company.pk,
        "contact": contact.pk, "url": "https://example.com", "phone": "+31105550142", "email": "ilse@example.com",
    }  # fmt: skip
    return {f"own_{kind}": value for kind, value in values.items()}


@pytest.mark.parametrize(
    ("kind", "model"), [("deals", Deal), ("companies", Company), ("contacts", Contact), ("products", Product)]
)
def test_every_kind_is_read_written_and_read_back(
    kind: str,
    model: Any,
    fields: Any,
    stored: Any,
    bring: Any,
    table: Any,
    admin: Any,
    pipeline: Any,
    tmp_path: Any,
) -> None:
    path = table(["Name", *HEADS.values()], ["The one", *CELLS.values()])
    job = bring(kind, path, by=admin)
    assert counts(job) == (1, 1, 0, 0, 0), list(
        ImportRow.objects.filter(job=job).values_list("reason", flat=True)
    )
    row = model.objects.get(name="The one")
    assert row.custom == stored
    out = tmp_path / "out.csv"
    write_file(kind, out)
    again = bring(kind, out, by=admin)
    assert again.count("created") == again.count("updated") == again.count("refused") == 0
    write_file(kind, tmp_path / "out.xlsx")
    from_book = bring(kind, tmp_path / "out.xlsx", by=admin)
    assert from_book.count("created") == from_book.count("updated") == from_book.count("refused") == 0
    changed = table(["Takt id", "Name", "cf_own_number", "cf_own_text"], [str(row.pk), "The one", "7", ""])
    job = bring(kind, changed, by=admin)
    assert counts(job) == (1, 0, 1, 0, 0)
    row.refresh_from_db()
    assert row.custom == stored | {"own_number": "7"}
    entry = timeline(str(model._meta.model_name), row.pk, admin)
    assert any(c.label == "Score" and c.new == "7" for e in entry for c in e.changes)
    imports.undo_import(job.pk, by=Actor(admin), at=dt.datetime.now(dt.UTC))
    carry_out(job.pk)
    row.refresh_from_db()
    assert row.custom == stored


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        ("number", "many"), ("money", "12 XQX"), ("date", "soon"), ("datetime", "x"), ("choice", "Green"),
        ("choices", "Red; Green"), ("yes_no", "perhaps"), ("user", "Nobody"), ("company", "Nobody Ltd"),
        ("contact", "nobody@example.com"), ("url", "no page"), ("phone", "call"), ("email", "at home"),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_refused_with_its_column_and_a_sentence(
    kind: str, cell: str, fields: Any, bring: Any, table: Any, admin: Any, pipeline: Any
) -> None:
    job = bring("companies", table(["Name", HEADS[kind]], ["One", cell]), by=admin)
    assert job.state == Import.State.REFUSED
    reason = ImportRow.objects.get(job=job).reason
    assert reason.startswith(f"{HEADS[kind]}: ") and reason.endswith(".")


def test_own_fields_are_offered_and_found_by_name_slug_and_column(fields: Any) -> None:
    assert {f.name for f in fields_of("deals")} >= {f"cf_own_{kind}" for kind in HEADS}
    header = ["Deal", "score", "OWN_DATE", "cf_own_email", "Nothing"]
    assert mapped("deals", header, own_fields("deals")) == [
        "name",
        "cf_own_number",
        "cf_own_date",
        "cf_own_email",
        None,
    ]


def test_a_retired_field_is_no_target(fields: Any, admin: Any, at: Any) -> None:
    from takt.kernel.fields.models import FieldDefinition

    row = FieldDefinition.objects.get(entity="deal", slug="own_number")
    commands.retire_field(row, by=Actor(admin), at=at)
    assert mapped("deals", ["Deal", "Score"], own_fields("deals")) == ["name", None]
