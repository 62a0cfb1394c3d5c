"""The parent's side: starts the reading process, takes its frames, and turns every way to fail into Unreadable."""

from __future__ import annotations

import json
import os
import select
import signal
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from .errors import Unreadable
from .found import Found, Remark
from .limits import FILE_BYTES, FRAME_BYTES, MEGABYTE, seconds_for

PACKAGE = __name__.rpartition(".")[0]
ROOT = str(Path(__file__).resolve().parents[PACKAGE.count(".") + 1])
KEPT_REMARKS = 1_000


class Child:
    """One reading process and the frames it speaks; killed when closed, whatever it is doing."""

    def __init__(self, wish: dict[str, Any]) -> None:
        path = Path(wish["path"])
        try:
            size = path.stat().st_size
        except OSError as error:
            raise Unreadable("missing") from error
        if size > FILE_BYTES:
            raise Unreadable("too_large_file", limit=FILE_BYTES // MEGABYTE)
        self.patience = seconds_for(size) + 5
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-B", "-m", f"{PACKAGE}.child", json.dumps(wish)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Nothing of ours is inherited: no database address, no secret key, no open file.
            env={
                "PYTHONPATH": ROOT,
                "PYTHONUTF8": "1",
                "LC_ALL": "C.UTF-8",
                "MALLOC_ARENA_MAX": "1",
            },
            cwd="/" if os.name == "posix" else None,
            close_fds=True,
            start_new_session=True,
        )

    def frames(self) -> Iterator[dict[str, Any]]:
        """Frames up to the end; the child waits in its pipe until each is taken."""
        while True:
            frame = json.loads(self.body())
            if "unreadable" in frame:
                code, params = frame["unreadable"]
                raise Unreadable(code, **params)
            if "end" in frame:
                return
            yield frame

    def body(self) -> bytes:
        deadline = time.monotonic() + self.patience
        (length,) = struct.unpack(">I", self.exactly(4, deadline))
        if length > FRAME_BYTES:
            raise Unreadable("too_big")
        return self.exactly(length, deadline)

    def exactly(self, wanted: int, deadline: float) -> bytes:
        assert self.process.stdout is not None
        source = self.process.stdout.fileno()
        poll = select.poll()
        poll.register(source, select.POLLIN | select.POLLHUP)
        taken = bytearray()
        while len(taken) < wanted:
            if not poll.poll(max(deadline - time.monotonic(), 0) * 1000):
                raise Unreadable("too_slow")
            chunk = os.read(source, min(wanted - len(taken), MEGABYTE))
            if not chunk:
                raise self.why_it_died()
            taken += chunk
        return bytes(taken)

    def why_it_died(self) -> Unreadable:
        try:
            code = self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return Unreadable("crashed")
        if code in (-signal.SIGXCPU, -signal.SIGKILL):
            return Unreadable("too_slow")
        if code in (-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS):
            return Unreadable("too_big")  # a library out of memory aborts the process
        return Unreadable("crashed")

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


class Rows:
    """The data rows of a file, one by one: (line number, cells as wide as the header, None for blank).

    `remarks_here` holds the remark codes of the row just given; `counts` how often each occurred so far;
    `remarks` the first thousand. Close it, or use it in `with`, when not reading to the end.
    """

    def __init__(self, wish: dict[str, Any]) -> None:
        self.counts: Counter[str] = Counter()
        self.remarks: list[Remark] = []
        self.remarks_here: tuple[str, ...] = ()
        self.child = Child(wish)
        self.stream = self.read()

    def read(self) -> Iterator[tuple[int, list[str | None]]]:
        try:
            for frame in self.child.frames():
                noticed: dict[int, list[str]] = {}
                for code, line in frame["remarks"]:
                    noticed.setdefault(line, []).append(code)
                for line, cells in frame["rows"]:
                    self.remarks_here = ()
                    if line in noticed:
                        self.note(line, noticed[line])
                    yield line, cells
        finally:
            self.child.close()

    def note(self, line: int, codes: list[str]) -> None:
        self.remarks_here = tuple(codes)
        self.counts.update(codes)
        if len(self.remarks) < KEPT_REMARKS:
            self.remarks.extend(Remark(code, line) for code in codes)

    def __iter__(self) -> Iterator[tuple[int, list[str | None]]]:
        return self

    def __next__(self) -> tuple[int, list[str | None]]:
        return next(self.stream)

    def close(self) -> None:
        self.child.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if "child" in self.__dict__ and hasattr(self.child, "process"):
            self.child.close()


def detect(
    path: str | os.PathLike[str],
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
) -> Found:
    """What the file is, with its header and first rows; what is given overrides what would be guessed.

    Raises Unreadable.
    """
    wish = wished("detect", path, encoding, delimiter, sheet)
    child = Child(wish)
    try:
        for frame in child.frames():
            found = frame["found"]
            remarks = [Remark(code, line) for code, line in found.pop("remarks")]
            return Found(**found, remarks=remarks)
        raise Unreadable("crashed")
    finally:
        child.close()


def rows(
    path: str | os.PathLike[str],
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    start: int = 0,
) -> Rows:
    """The data rows below the header, `start` of them left out; memory stays flat whatever the size.

    Blank rows aren't given and don't count. Pass what `detect` found, so that nothing is guessed twice.
    Raises Unreadable, at any row.
    """
    return Rows(wished("rows", path, encoding, delimiter, sheet) | {"start": start})


def wished(
    act: str,
    path: str | os.PathLike[str],
    encoding: str | None,
    delimiter: str | None,
    sheet: str | None,
) -> dict[str, Any]:
    return {
        "act": act,
        "path": str(Path(path).resolve()),
        "encoding": encoding or None,
        "delimiter": delimiter or None,
        "sheet": sheet,
    }
