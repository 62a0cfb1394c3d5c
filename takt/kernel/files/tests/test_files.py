"""Files of records: whoever sees the record sees them, nobody else; safe to open, never half-written."""

import datetime as dt
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from takt.kernel.accounts.models import User
from takt.kernel.events.models import Event
from takt.kernel.files import storing
from takt.kernel.files.commands import Upload, attach_files, delete_file, purge_files, restore_files, sweep
from takt.kernel.files.models import File
from takt.kernel.files.participants import damaged
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound
from takt.kernel.settings.models import Setting
from takt.ops.doctor.dump import canonical_lines
from takt.sales.contacts.commands import create_company, delete_company, purge_companies, restore_company
from takt.sales.deals import commands
from takt.sales.deals.models import Deal

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.TAKT_DATA_DIR = tmp_path
    return tmp_path / "files"


@pytest.fixture
def deal(pipeline: Any, anna: Any, at: dt.datetime) -> Deal:
    return commands.create_deal(name="Crane", is_quick=True, by=Actor(anna), at=at)


def attach(deal: Any, by: Any, at: dt.datetime, name: str = "offer.pdf", body: bytes = b"%PDF-1.7 x") -> File:
    return attach_files("deal", deal.pk, [Upload(name, [body])], by=Actor(by), at=at)[0]


def on_disk(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.rglob("*") if p.is_file())


def test_attached_listed_downloaded(
    deal: Deal,
    anna: Any,
    client_of: Any,
    folder: Path,
    at: dt.datetime,
    django_capture_on_commit_callbacks: Any,
) -> None:
    client = client_of(anna)
    files = [SimpleUploadedFile("offer.pdf", b"%PDF-1.7 x"), SimpleUploadedFile("notes.txt", b"hello")]
    answer = client.post(
        "/files", {"kind": "deal", "id": deal.pk, "file": files}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 201
    rows = list(File.objects.order_by("name"))
    assert [(r.name, r.size, r.shown_as) for r in rows] == [
        ("notes.txt", 5, ""),
        ("offer.pdf", 10, "application/pdf"),
    ]
    assert rows[0].sha256 == hashlib.sha256(b"hello").hexdigest()
    assert on_disk(folder) == sorted(r.stored for r in rows)
    assert (storing.path_of(rows[0].stored).stat().st_mode & 0o777) == 0o600
    got = client.get(f"/files/{rows[0].pk}")
    assert b"".join(got.streaming_content) == b"hello"
    assert got.headers["Content-Disposition"] == 'attachment; filename="notes.txt"'
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Content-Type"] == "application/octet-stream"
    assert "sandbox" in got.headers["Content-Security-Policy"]
    assert "offer.pdf" in client.get(f"/files/panel?kind=deal&id={deal.pk}").content.decode()
    assert "attached offer.pdf" in client.get(f"/deals/{deal.pk}").content.decode()
    assert Event.objects.filter(kind="file.added").count() == 2 and damaged() == []


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("page.html", b"<script>alert(1)</script>"),
        ("picture.svg", b"<svg onload=alert(1) xmlns='http://www.w3.org/2000/svg'/>"),
        ("both.png", b"<html><script>alert(1)</script>" + PNG),
        ("bomb.zip", b"PK\x03\x04" + b"\0" * 100),
        ("gpj\u202e.exe", b"MZ"),
        ("x" * 3000 + ".html", b"<b>"),
        ("empty.txt", b""),
        ("..%2f..%2fetc%2fpasswd", b"root"),
    ],
)
def test_nothing_hostile_is_ever_shown(
    deal: Deal, anna: Any, client_of: Any, at: dt.datetime, name: str, body: bytes
) -> None:
    file = attach(deal, anna, at, name, body)
    for query in ("", "?show", "?show=1"):
        got = client_of(anna).get(f"/files/{file.pk}{query}")
        assert got.headers["Content-Disposition"].startswith("attachment")
        assert got.headers["Content-Type"] == "application/octet-stream"
        assert b"".join(got.streaming_content) == body
    panel = client_of(anna).get(f"/files/panel?kind=deal&id={deal.pk}").content.decode()
    assert "<script" not in panel and "\u202e" not in panel


def test_a_picture_is_shown_under_a_policy_that_lets_nothing_run(
    deal: Deal, anna: Any, client_of: Any, at: dt.datetime
) -> None:
    file = attach(deal, anna, at, "shelf.html", PNG + b"<script>alert(1)</script>")
    got = client_of(anna).get(f"/files/{file.pk}?show")
    assert got.headers["Content-Type"] == "image/png" and got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    got.close()


def test_hidden_is_missing(
    deal: Deal, anna: Any, carla: Any, client_of: Any, api_of: Any, at: dt.datetime
) -> None:
    file = attach(deal, anna, at)
    client, api = client_of(carla), api_of(carla)
    for path in (f"/files/{file.pk}", f"/files/panel?kind=deal&id={deal.pk}", "/files/999999"):
        assert client.get(path).status_code == 404
    for path in (f"/files/{file.pk}", f"/files/{file.pk}/content", f"/files?kind=deal&record={deal.pk}"):
        assert api.get(path).status_code == 404
    assert (
        client.post(
            "/files", {"kind": "deal", "id": deal.pk, "file": SimpleUploadedFile("a", b"a")}
        ).status_code
        == 404
    )
    assert client.post(f"/files/{file.pk}/delete").status_code == 404
    commands.share_deal(deal, carla, by=Actor(anna), at=at)
    assert client.get(f"/files/{file.pk}").status_code == 200
    # Sight gives no right to attach or to remove.
    assert (
        client.post(
            "/files", {"kind": "deal", "id": deal.pk, "file": SimpleUploadedFile("a", b"a")}
        ).status_code
        == 403
    )
    assert client.post(f"/files/{file.pk}/delete").status_code == 403
    commands.unshare_deal(deal, carla, by=Actor(anna), at=at)
    assert client.get(f"/files/{file.pk}").status_code == 404
    assert File.objects.count() == 1


@pytest.mark.parametrize(
    ("kind", "number"), [("user", 1), ("stage", 1), ("deal", 0), ("deal", -1), ("deal", 2**63)]
)
def test_only_to_records(anna: Any, at: dt.datetime, kind: str, number: int) -> None:
    with pytest.raises((Invalid, NotFound)):
        attach_files(kind, number, [Upload("a", [b"a"])], by=Actor(anna), at=at)


def test_too_large_leaves_nothing(
    deal: Deal, anna: Any, client_of: Any, folder: Path, at: dt.datetime
) -> None:
    Setting.objects.create(key="file.max_mb", value=1, changed_at=at)
    good, bad = Upload("a.txt", [b"a"]), Upload("b.txt", [b"b" * 700_000] * 2)
    with pytest.raises(Invalid) as refused:
        attach_files("deal", deal.pk, [good, bad], by=Actor(anna), at=at)
    assert refused.value.errors[0].code == "too_large"
    answer = client_of(anna).post(
        "/files", {"kind": "deal", "id": deal.pk, "file": SimpleUploadedFile("b", b"b" * 1_300_000)}
    )
    assert answer.status_code == 422 and "1 MB" in answer.content.decode()
    assert not File.objects.exists() and on_disk(folder) == []


def test_an_interrupted_upload_leaves_nothing(deal: Deal, anna: Any, folder: Path, at: dt.datetime) -> None:
    def breaking() -> Iterator[bytes]:
        yield b"begin"
        raise OSError("the connection is gone")

    with pytest.raises(OSError):
        attach_files("deal", deal.pk, [Upload("a", [b"a"]), Upload("b", breaking())], by=Actor(anna), at=at)
    assert not File.objects.exists() and on_disk(folder) == []


def test_removed_and_brought_back(deal: Deal, anna: Any, boris: Any, client_of: Any, at: dt.datetime) -> None:
    file = attach(deal, anna, at)
    before = list(canonical_lines())
    answer = client_of(anna).post(f"/files/{file.pk}/delete", headers={"HX-Request": "true"})
    assert answer.status_code == 200 and "undo" in answer.headers["HX-Trigger"]
    assert client_of(anna).get(f"/files/{file.pk}").status_code == 404
    restore_files([file.pk], by=Actor(User.objects.get(pk=anna.pk)), at=at)
    assert list(canonical_lines()) == before
    delete_file(file.pk, by=Actor(anna), at=at)
    with pytest.raises(NotFound):
        restore_files([file.pk], by=Actor(boris), at=at)


def test_its_record_deleted_and_restored_changes_nothing(
    deal: Deal, anna: Any, admin: Any, client_of: Any, at: dt.datetime
) -> None:
    company = create_company(name="Nord", by=Actor(anna), at=at)
    attach(deal, anna, at)
    note = commands.add_note("See this", deal=deal, files=[Upload("a.txt", [b"a"])], by=Actor(anna), at=at)
    attach_files("company", company.pk, [Upload("c", [b"c"])], by=Actor(anna), at=at)
    before = list(canonical_lines())
    commands.delete_deal(deal, by=Actor(admin), at=at)
    delete_company(company, by=Actor(admin), at=at)
    assert File.objects.visible_to(anna).count() == 0 and client_of(admin).get("/files/1").status_code == 404
    commands.restore_deal(deal, by=Actor(admin), at=at)
    restore_company(company, by=Actor(admin), at=at)
    assert list(canonical_lines()) == before
    commands.delete_note(note, by=Actor(anna), at=at)
    assert not File.objects.visible_to(anna).filter(kind="note").exists()
    commands.restore_notes([note], by=Actor(anna), at=at)
    assert list(canonical_lines()) == before


def test_what_belongs_to_nothing_is_swept(
    deal: Deal, anna: Any, admin: Any, folder: Path, at: dt.datetime, django_capture_on_commit_callbacks: Any
) -> None:
    company = create_company(name="Nord", by=Actor(anna), at=at)
    gone = attach_files("company", company.pk, [Upload("c", [b"c"])], by=Actor(anna), at=at)[0]
    kept = attach(deal, anna, at)
    left = storing.keep([b"no row"], 100).stored
    fresh = storing.keep([b"no row yet"], 100).stored
    aside = folder / ".incoming" / ("0" * 32)
    aside.write_bytes(b"half")
    old = at.timestamp() - 2 * 86_400
    for path in (storing.path_of(left), aside):
        os.utime(path, (old, old))
    os.utime(storing.path_of(fresh), (at.timestamp(), at.timestamp()))
    delete_company(company, by=Actor(admin), at=at)
    purge_companies([company], by=Actor(admin), at=at)
    with django_capture_on_commit_callbacks(execute=True):
        assert sweep(by=Actor(via="timer"), at=at) == 1
    assert on_disk(folder) == sorted([kept.stored, fresh])
    assert list(File.objects.values_list("pk", flat=True)) == [kept.pk] and gone.pk != kept.pk


def test_purged_for_good(
    deal: Deal, anna: Any, admin: Any, folder: Path, at: dt.datetime, django_capture_on_commit_callbacks: Any
) -> None:
    file = attach(deal, anna, at)
    delete_file(file.pk, by=Actor(anna), at=at)
    with pytest.raises(Forbidden):
        purge_files([file.pk], by=Actor(anna), at=at)
    with django_capture_on_commit_callbacks(execute=True):
        purge_files([file.pk], by=Actor(admin), at=at)
    assert on_disk(folder) == [] and not File.objects.exists()


def test_doctor_finds_what_was_lost_or_altered(deal: Deal, anna: Any, at: dt.datetime) -> None:
    one, two = attach(deal, anna, at), attach(deal, anna, at)
    storing.path_of(one.stored).write_bytes(b"%PDF-1.7 y")
    storing.path_of(two.stored).unlink()
    assert damaged() == [f"file={f.pk}, record=deal:{deal.pk}" for f in (one, two)]


def test_api(deal: Deal, anna: Any, api_of: Any, at: dt.datetime) -> None:
    api = api_of(anna)
    made = api.client.post(
        "/api/v1/files", {"kind": "deal", "record": deal.pk, "file": SimpleUploadedFile("a.txt", b"a")}
    )
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["name"], body["size"], body["uploaded_by"]) == ("a.txt", 1, anna.pk)
    assert [f["id"] for f in api.get(f"/files?kind=deal&record={deal.pk}").json()["items"]] == [body["id"]]
    assert b"".join(api.get(body["content"]).streaming_content) == b"a"
    assert api.delete(f"/files/{body['id']}").status_code == 204
    assert api.get(f"/files/{body['id']}").status_code == 404
    assert api.get("/files?kind=user&record=1").status_code == 422


def test_a_merge_moves_the_files_and_its_undoing_gives_them_back(
    pipeline: Any, anna: Any, admin: Any, at: dt.datetime
) -> None:
    from takt.sales.contacts.commands import merge_companies, unmerge_companies
    from takt.sales.contacts.models import Merge

    one, two = (create_company(name=n, by=Actor(anna), at=at) for n in ("Nord", "Nord GmbH"))
    attach_files("company", two.pk, [Upload("c", [b"c"])], by=Actor(anna), at=at)
    merge_companies(one, two, by=Actor(admin), at=at)
    assert File.objects.get().object_id == one.pk
    unmerge_companies(Merge.objects.get().pk, by=Actor(admin), at=at)
    assert File.objects.get().object_id == two.pk
