"""The data folder: who holds it, who was cut off, and a disk that won't have it."""

import errno
import os
from pathlib import Path

import pytest

from takt.ops.server import folder


def test_a_holder_who_was_cut_off_is_named_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []
    with folder.held(tmp_path, "bin/up", told.append):
        with pytest.raises(SystemExit), folder.held(tmp_path, "bin/dev", told.append):
            pass
        assert f"in use by bin/up (process {os.getpid()})" in capsys.readouterr().err
    assert told == [] and (tmp_path / folder.LOCK_FILE).read_text() == ""
    (tmp_path / folder.LOCK_FILE).write_text("bin/up 4711\n")
    for _ in range(2):
        with folder.held(tmp_path, "bin/up", told.append):
            pass
    assert len(told) == 1 and told[0].startswith("bin/up (process 4711) was cut off")


@pytest.mark.parametrize(
    ("number", "sentence"),
    [(errno.ENOSPC, "is full"), (errno.EROFS, "can only be read")],
)
def test_a_fault_of_the_disk_is_told_in_a_sentence(
    number: int, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit), folder.disk_faults_told(tmp_path):
        raise OSError(number, os.strerror(number), str(tmp_path / "lock"))
    said = capsys.readouterr().err
    assert sentence in said and str(tmp_path) in said and said.count("\n") == 1


def test_a_folder_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit):
        folder.prepare(tmp_path / "file")
    assert "set TAKT_DATA_DIR to a folder of yours" in capsys.readouterr().err


def test_a_fault_of_takt_stays_one(tmp_path: Path) -> None:
    with pytest.raises(OSError), folder.disk_faults_told(tmp_path):
        raise OSError(errno.EBADF, "bad")


def test_a_disk_without_room_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.require_room(tmp_path, is_new=True)
    monkeypatch.setattr(folder, "ROOM_FOR_NEW", 10**12)
    with pytest.raises(SystemExit):
        folder.require_room(tmp_path, is_new=True)
    assert "MB left" in capsys.readouterr().err
