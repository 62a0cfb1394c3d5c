"""What an act costs: wall time at the client, CPU time of web and database processes, queries, bytes, memory."""

import http.client
import json
import os
import signal
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def family(root: int) -> list[int]:
    """A process and everything below it."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents.setdefault(int(_stat(int(entry.name))[1]), []).append(int(entry.name))
            except (OSError, IndexError):
                continue
    found, queue = [], [root]
    while queue:
        found.append(current := queue.pop())
        queue += parents.get(current, [])
    return found


def cpu_ms(root: int) -> float:
    """CPU milliseconds of a process tree so far, ended children included."""
    total = 0
    for pid in family(root):
        try:
            stat = _stat(pid)
        except OSError:
            continue
        total += int(stat[11]) + int(stat[12])
        if pid == root:
            total += int(stat[13]) + int(stat[14])
    return total * 1000 / TICKS


def halt(roots: list[int], *, go_on: bool = False) -> None:
    """Stop process trees where they stand, or let them go on."""
    for pid in {p for root in roots for p in family(root)}:
        os.kill(pid, signal.SIGCONT if go_on else signal.SIGSTOP)


def pss_mib(roots: list[int]) -> float:
    """Memory of process trees, shared pages counted once in all."""
    kib = 0
    for pid in {p for root in roots for p in family(root)}:
        try:
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    kib += int(line.split()[1])
        except OSError:
            continue
    return kib / 1024


class Client:
    """One signed-in browser on one kept-alive connection."""

    def __init__(self, port: int, cookie: str, csrf: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Cookie": f"{cookie}; csrftoken={csrf}", "X-CSRFToken": csrf, "Accept": "text/html"}

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        return self._ask("GET", path, None, headers)

    def post(self, path: str, body: str, **headers: str) -> tuple[int, bytes]:
        return self._ask("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded", **headers})

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> tuple[int, bytes]:
        sent = {**self.headers, **headers}
        try:
            self.connection.request(method, path, body, sent)
            answer = self.connection.getresponse()
        except http.client.RemoteDisconnected:  # nothing was asked for so long that the server hung up
            self.connection.close()
            self.connection.request(method, path, body, sent)
            answer = self.connection.getresponse()
        return answer.status, answer.read()


type Act = Callable[[Client, int], tuple[int, bytes]]


@dataclass
class Cost:
    """The measured cost of one act."""

    name: str
    times: int
    p50_ms: float
    p95_ms: float
    web_cpu_ms: float
    database_cpu_ms: float
    bytes: int
    bar_ms: float | None = None
    floor_ms: float | None = None
    queries: int | None = None
    errors: list[str] = field(default_factory=list)

    @property
    def cpu_ms(self) -> float:
        return self.web_cpu_ms + self.database_cpu_ms


def measure(
    name: str, act: Act, client: Client, web: int, database: int, *, times: int, bar: float | None
) -> Cost:
    """Carry an act out `times` times after ten to warm up; CPU is that of the whole trees, divided."""
    errors: list[str] = []
    for i in range(10):
        act(client, i)
    web_before, database_before = cpu_ms(web), cpu_ms(database)
    walls, size = [], 0
    for i in range(10, 10 + times):
        began = time.perf_counter()
        status, body = act(client, i)
        walls.append((time.perf_counter() - began) * 1000)
        size = len(body)
        if status >= 400 and len(errors) < 3:
            errors.append(f"{status}: {body[:160]!r}")
    return Cost(
        name=name,
        times=times,
        p50_ms=statistics.median(walls),
        p95_ms=statistics.quantiles(walls, n=20)[18],
        web_cpu_ms=(cpu_ms(web) - web_before) / times,
        database_cpu_ms=(cpu_ms(database) - database_before) / times,
        bytes=size,
        bar_ms=bar,
        errors=errors,
    )


def throughput(acts: dict[str, Act], clients: list[Client], seconds: float) -> float:
    """Acts a second with all clients at work on a mix of reading acts."""
    until = time.monotonic() + seconds
    counts = [0] * len(clients)
    mix = list(acts.values())

    def work(number: int) -> None:
        while time.monotonic() < until:
            mix[(number + counts[number]) % len(mix)](clients[number], counts[number])
            counts[number] += 1

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(clients))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def keep(result: dict[str, Any], folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(result, indent=1), encoding="utf-8")
    return path
