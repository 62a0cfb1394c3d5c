"""Whatever is attached, written, pinned, shared and watched: deleting and restoring leaves every business row as it was."""

import datetime as dt
import os
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from takt.kernel.accounts.models import User
from takt.kernel.files import commands as files
from takt.kernel.files.commands import Upload
from takt.kernel.files.models import File
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.checks import checks
from takt.ops.doctor.dump import canonical_lines
from takt.sales.activities.models import Note, Task
from takt.sales.contacts.commands import (
    create_company,
    create_contact,
    delete_company,
    delete_contact,
    restore_company,
    restore_contact,
)
from takt.sales.deals import commands
from takt.sales.deals.commands import NewTask

MOST = 200 if os.environ.get("TAKT_PROPERTY_STEPS") else 25
acts = st.lists(
    st.tuples(
        st.sampled_from(["note", "note with file", "file", "pin", "share", "part", "watch", "task", "drop"]),
        st.sampled_from(["deal", "company", "contact"]),
        st.binary(max_size=40),
    ),
    max_size=12,
)


@pytest.mark.django_db
def test_delete_then_restore_is_nothing(
    pipeline: Any, anna: Any, carla: Any, admin: Any, at: dt.datetime, tmp_path: Any, settings: Any
) -> None:
    settings.TAKT_DATA_DIR = tmp_path

    @_many
    @given(acts)
    def hold(wanted: list[tuple[str, str, bytes]]) -> None:
        with transaction.atomic():
            _world(wanted, anna, carla, admin, at)
            transaction.set_rollback(True)

    hold()


_many = settings(
    max_examples=MOST, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _world(wanted: list[tuple[str, str, bytes]], anna: Any, carla: Any, admin: Any, at: dt.datetime) -> None:
    by, chief = Actor(anna), Actor(admin)
    company = create_company(name="Nord", owner=anna, by=by, at=at)
    contact = create_contact(name="Ilse", company=company, owner=anna, by=by, at=at)
    deal = commands.create_deal(
        name="Crane", company=company, contacts=[contact], is_quick=True, by=by, at=at
    )
    records = {"deal": deal, "company": company, "contact": contact}
    for number, (act, kind, body) in enumerate(wanted):
        _do(act, kind, body, records, by, carla, at + dt.timedelta(minutes=number))
    later = at + dt.timedelta(days=1)
    before = list(canonical_lines())
    for delete, restore in (
        (lambda: commands.delete_deal(deal, by=chief, at=later), lambda: commands.restore_deal(deal, by=chief, at=later)),
        (lambda: delete_company(company, by=chief, at=later), lambda: restore_company(company, by=chief, at=later)),
        (lambda: delete_contact(contact, by=chief, at=later), lambda: restore_contact(contact, by=chief, at=later)),
    ):  # fmt: skip
        delete()
        restore()
        assert list(canonical_lines()) == before
    for note in Note.objects.filter(deleted_at=None):
        commands.delete_note(note, by=by, at=later)
        commands.restore_notes([note], by=by, at=later)
    for file in File.objects.filter(deleted_at=None):
        files.delete_file(file.pk, by=chief, at=later)
        files.restore_files([file.pk], by=chief, at=later)
    for task in Task.objects.filter(title="Extra", deleted_at=None):
        commands.delete_task(task, by=by, at=later)
        commands.restore_tasks([task.pk], by=by, at=later)
    assert list(canonical_lines()) == before
    assert {c.name: found for c in checks if (found := c.find())} == {}


def _do(act: str, kind: str, body: bytes, records: Any, by: Actor, carla: Any, at: dt.datetime) -> None:
    record, deal = records[kind], records["deal"]
    upload = Upload(f"{len(body)}.bin", [body])
    match act:
        case "note":
            commands.add_note("@Boris look", **{kind: record}, by=by, at=at)
        case "note with file":
            commands.add_note("See", files=[upload], **{kind: record}, by=by, at=at)
        case "file":
            files.attach_files(kind, record.pk, [upload, upload], by=by, at=at)
        case "pin":
            if note := Note.objects.filter(deleted_at=None).last():
                commands.pin_note(note, by=by, at=at)
        case "share":
            commands.share_deal(deal, User.objects.get(pk=carla.pk), level="edit", by=by, at=at)
        case "part":
            commands.add_participant(deal, User.objects.get(pk=carla.pk), role="Pricing", by=by, at=at)
        case "watch":
            commands.watch_deal(deal, by=by, at=at)
        case "task":
            new = NewTask(type="call", title="Extra", due_at=at + dt.timedelta(days=9))
            commands.create_task(new, **{kind: record}, by=by, at=at)
        case "drop":
            if file := File.objects.filter(deleted_at=None).first():
                files.delete_file(file.pk, by=by, at=at)
