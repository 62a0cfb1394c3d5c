"""What a backup holds comes back exactly; what isn't a whole backup changes nothing."""

import datetime as dt
import json
import signal
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from takt.kernel.lib.actor import Actor
from takt.ops.backup import archive, restoring
from takt.ops.backup.programs import database_url
from takt.ops.backup.restoring import restore
from takt.ops.backup.taking import take
from takt.ops.doctor.dump import canonical_lines
from takt.sales.deals import commands
from takt.sales.deals.models import Deal

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """A data folder with one attached file, and one that is still being uploaded."""
    settings.TAKT_DATA_DIR = tmp_path / "data"
    place = settings.TAKT_DATA_DIR / "files" / "ab"
    place.mkdir(parents=True)
    (place / "abcdef").write_bytes(b"an offer")
    (place / ".draft").write_bytes(b"half an of")
    yield tmp_path


@pytest.fixture
def deal(anna: Any, pipeline: Any, at: dt.datetime) -> Deal:
    return commands.create_deal(
        name="Стеллажи 货架", amount="10", currency="EUR", is_quick=True, by=Actor(anna), at=at
    )


def test_everything_comes_back(folder: Path, deal: Deal, anna: Any, at: dt.datetime) -> None:
    before = list(canonical_lines())
    copy = folder / "copy.takt"
    manifest = take(copy, at)
    assert manifest.rows["deal"] == 1
    assert manifest.files == ["files/ab/abcdef"]
    assert copy.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in folder.iterdir()] == ["data", "copy.takt"] or len(list(folder.iterdir())) == 2

    commands.lose_deal(deal, reason="price", by=Actor(anna), at=at)
    commands.create_deal(name="Later", is_quick=True, by=Actor(anna), at=at)
    attached = folder / "data/files/ab/abcdef"
    attached.unlink()
    assert list(canonical_lines()) != before

    restore(copy)
    assert list(canonical_lines()) == before
    assert attached.read_bytes() == b"an offer"
    # and the database works on: sequences, constraints, search and the triggers are all there
    commands.create_deal(name="After", is_quick=True, by=Actor(anna), at=at)
    call_command("doctor")
    with pytest.raises(Exception, match="event"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM event")


def test_what_others_write_meanwhile_is_no_part_of_it(
    folder: Path, deal: Deal, anna: Any, at: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from takt.ops.backup import taking

    dump = taking._dump

    def slow(url: str, snapshot: str, place: Path) -> None:
        commands.create_deal(name="Meanwhile", is_quick=True, by=Actor(anna), at=at)
        dump(url, snapshot, place)

    monkeypatch.setattr(taking, "_dump", slow)
    before = list(canonical_lines())
    take(folder / "copy.takt", at)
    assert Deal.objects.count() == 2
    restore(folder / "copy.takt")
    assert list(canonical_lines()) == before


def _cut(copy: Path) -> None:
    copy.write_bytes(copy.read_bytes()[: copy.stat().st_size // 2])


def _flip(copy: Path) -> None:
    content = bytearray(copy.read_bytes())
    content[3000] ^= 1
    copy.write_bytes(bytes(content))


def _without_manifest(copy: Path) -> None:
    _rewrite(copy, lambda name, body: None if name == archive.MANIFEST else body)


def _newer(copy: Path) -> None:
    def change(name: str, body: bytes) -> bytes:
        if name != archive.MANIFEST:
            return body
        told = json.loads(body)
        told["migrations"].append(["deals", "9999_of_tomorrow"])
        return json.dumps(told).encode()

    _rewrite(copy, change)


def _wrong_count(copy: Path) -> None:
    def change(name: str, body: bytes) -> bytes:
        if name != archive.MANIFEST:
            return body
        told = json.loads(body)
        told["rows"]["deal"] = 7
        return json.dumps(told).encode()

    _rewrite(copy, change)


def _climbing(copy: Path) -> None:
    with tarfile.open(copy, "w:") as tar:
        tar.addfile(tarfile.TarInfo("files/../../../etc/passwd"))


def _empty(copy: Path) -> None:
    copy.write_bytes(b"")


def _rewrite(copy: Path, change: Callable[[str, bytes], bytes | None]) -> None:
    import io

    with tarfile.open(copy, "r:") as tar:
        members = [(m.name, tar.extractfile(m).read()) for m in tar]  # type: ignore[union-attr]
    with tarfile.open(copy, "w:") as tar:
        for name, body in members:
            changed = change(name, body)
            if changed is not None:
                info = tarfile.TarInfo(name)
                info.size = len(changed)
                tar.addfile(info, io.BytesIO(changed))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_cut, "cut off|damaged"),
        (_flip, "damaged"),
        (_without_manifest, "no manifest"),
        (_newer, "newer Takt"),
        (_wrong_count, "Nothing was restored"),
        (_climbing, "not a backup"),
        (_empty, "not a backup|cut off"),
    ],
)
def test_what_is_not_whole_is_refused_and_changes_nothing(
    damage: Callable[[Path], None], said: str, folder: Path, deal: Deal, anna: Any, at: dt.datetime
) -> None:
    copy = folder / "copy.takt"
    take(copy, at)
    commands.create_deal(name="Later", is_quick=True, by=Actor(anna), at=at)
    before = list(canonical_lines())
    damage(copy)
    with pytest.raises(CommandError, match=said):
        restore(copy)
    assert list(canonical_lines()) == before
    assert not list((folder / "data").glob(".restore-*"))


def test_an_existing_file_is_never_overwritten(folder: Path, at: dt.datetime) -> None:
    (folder / "kept").write_text("mine")
    with pytest.raises(CommandError, match="exists already"):
        take(folder / "kept", at)
    assert (folder / "kept").read_text() == "mine"


def test_a_database_in_use_is_not_replaced(folder: Path, deal: Deal, at: dt.datetime) -> None:
    take(folder / "copy.takt", at)
    with psycopg.connect(database_url()), pytest.raises(CommandError, match="Takt is running"):
        restore(folder / "copy.takt")


def test_a_server_older_than_the_backup_is_refused(
    folder: Path, deal: Deal, at: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = folder / "copy.takt"
    take(copy, at)
    monkeypatch.setattr(restoring, "require_as_new", lambda server: None)

    def change(name: str, body: bytes) -> bytes:
        return body if name != archive.MANIFEST else body.replace(b'"postgres": 1', b'"postgres": 91')

    _rewrite(copy, change)
    with pytest.raises(CommandError, match="restore it on PostgreSQL 91"):
        restore(copy)


@pytest.mark.parametrize("point", ["restore.before_database", "restore.before_commit"])
def test_killed_in_the_middle_of_a_restore(
    point: str, folder: Path, deal: Deal, anna: Any, at: dt.datetime, settings: Any
) -> None:
    copy = folder / "copy.takt"
    take(copy, at)
    commands.create_deal(name="Later", is_quick=True, by=Actor(anna), at=at)
    before = list(canonical_lines())
    _killed(f"{point}:1", "restore", copy, settings)
    assert list(canonical_lines()) == before


def test_killed_before_the_end_of_a_backup(folder: Path, deal: Deal, settings: Any) -> None:
    copy = folder / "copy.takt"
    _killed("backup.before_rename:1", "backup", copy, settings)
    assert not copy.exists()


def _killed(point: str, command: str, copy: Path, settings: Any) -> None:
    import os
    import subprocess

    given = connection.settings_dict
    place = f"?host={given['HOST'] or 'localhost'}" + (f"&port={given['PORT']}" if given["PORT"] else "")
    told = {
        **os.environ,
        "DATABASE_URL": f"postgresql://{given['USER']}:{given['PASSWORD']}@/{given['NAME']}{place}",
        "TAKT_DATA_DIR": str(settings.TAKT_DATA_DIR),
        "TAKT_SECRET_KEY": settings.SECRET_KEY,
        "TAKT_FAILPOINT": point,
    }
    connection.close()
    done = subprocess.run(
        [sys.executable, "-m", "takt.config.cli", command, str(copy)],
        env=told,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
