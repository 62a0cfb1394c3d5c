"""Takt's own PostgreSQL: started, refused twice, killed, recovered."""

import os
import shutil
import signal
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from takt.ops.server import folder, postgres
from takt.ops.server.postgres.home import home_of


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder with a short path that no other user can enter."""
    path = Path(tempfile.mkdtemp(prefix="takt-data-", dir="/tmp")).resolve()
    yield path
    pointer = path / postgres.HOME_POINTER
    if pointer.exists():
        shutil.rmtree(pointer.read_text().split(" ", 1)[1].strip(), ignore_errors=True)
    shutil.rmtree(path)


def quiet(line: str) -> None:
    pass


def test_a_server_lives_through_stop_kill_and_a_stale_note(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with postgres.running(data_dir, quiet) as server:
        assert server.created
        with psycopg.connect(server.url()) as connection:
            asked = "select current_setting('server_encoding'), current_setting('data_checksums'), "
            asked += (
                "current_setting('fsync'), current_setting('listen_addresses'), show_trgm('Привет') <> '{}'"
            )
            assert connection.execute(asked).fetchone() == ("UTF8", "on", "on", "", True)
            superuser = connection.execute(
                "select rolsuper from pg_roles where rolname = current_user"
            ).fetchone()
            assert superuser == (False,)
            connection.execute("create table kept (n int)")
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(server.url().replace(server.place.password, "guess"))
        assert stat.S_IMODE(server.place.sockets.stat().st_mode) == 0o700
        for name in ("secret-key", "database.url", postgres.PASSWORD_FILE, postgres.ADMIN_PASSWORD_FILE):
            assert stat.S_IMODE((data_dir / name).stat().st_mode) == 0o600
        with pytest.raises(SystemExit), postgres.running(data_dir, quiet):
            pass
        assert "is in use by bin/up" in capsys.readouterr().err
        with postgres.attach_or_start(data_dir, quiet) as (url, created):
            assert url == server.url() and not created
        assert server.process is not None
        os.killpg(server.process.pid, signal.SIGKILL)
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()

    # The killed server's note now names a live process of somebody else.
    note = server.place.cluster / "postmaster.pid"
    note.write_text(f"{os.getpid()}\n" + note.read_text().split("\n", 1)[1])
    began = time.monotonic()
    told: list[str] = []
    with (
        postgres.attach_or_start(data_dir, told.append) as (url, created),
        psycopg.connect(url) as connection,
    ):
        assert not created
        assert connection.execute("select count(*) from kept").fetchone() == (0,)
    assert "not stopped properly" in told[0]
    assert time.monotonic() - began < 20
    assert not note.exists()


def test_a_lost_cluster_is_refused_and_a_lost_data_folder_loses_nothing(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.prepare(data_dir)
    home = home_of(data_dir, quiet)
    (home / "cluster").mkdir()
    assert home_of(data_dir, quiet) == home
    (data_dir / postgres.HOME_POINTER).unlink()
    told: list[str] = []
    assert home_of(data_dir, told.append) == home
    aside = Path(told[0].rsplit(" ", 1)[1].rstrip("."))
    assert (aside / "cluster").exists()
    shutil.rmtree(aside)
    shutil.rmtree(home)
    with pytest.raises(SystemExit):
        home_of(data_dir, quiet)
    assert "is not there" in capsys.readouterr().err
