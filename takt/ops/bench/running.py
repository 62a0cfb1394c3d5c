"""The acts of the bench, through the real web server as a signed-in user, beside the raw SQL of the same answer."""

import cProfile
import dataclasses
import importlib
import io
import os
import pstats
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection
from django.test.client import Client as InProcess
from django.test.utils import CaptureQueriesContext

from takt.kernel.accounts.models import User
from takt.ops.bench.filling import ADMIN, HEAD, LEAD, REP
from takt.ops.bench.importing import measure_import
from takt.ops.bench.measuring import Act, Client, Cost, cpu_ms, halt, measure, pss_mib, throughput
from takt.ops.bench.sweeping import sweep
from takt.ops.server.up import web_command, worker_command
from takt.sales.deals.models import Deal, Stage

# What is hard to search for in a million names: of one character, in everything, in nothing, of many words.
SEARCHES = {
    "a word of every 40th deal": "velnor",
    "a syllable of every fifth": "nor",
    "one letter": "n",
    "two letters of nothing": "qz",
    "nonsense": "qzxwvk",
    "two words": "velnor tarbek",
    "a word and a digit": "bekbekming 3",
    "three digits": "499",
    "part of a telephone number": "+49 (30) 55-01",
    "one Chinese character": "张",
    "pinyin": "zhangwei",
    "Cyrillic": "кузнец",
    "letters swapped": "bekmnig",
    "the other keyboard": "dtkyjh",
    "a command": "> new d",
    "nothing typed": "",
}
SEARCH_BAR_MS = 50
PAGE_BAR_MS, PAGE_BAR_OF_A_MILLION_MS = 100, 200  # p95 of a page at 100,000 deals, and at more

# CPU milliseconds per act at 100,000 deals.
BARS = {
    "list": 19,
    "board": 50,
    "deal page": 16,
    "create": 20,
    "move": 16,
    "search": 12,
    "funnel": 9,
    "today": 16,
}
FLOORS = {
    "list": """SELECT d.id, d.name, c.name, d.amount, d.currency, s.name, u.name, d.next_due_at FROM deal d
        JOIN stage s ON s.id = d.stage_id JOIN "user" u ON u.id = d.owner_id LEFT JOIN company c ON c.id = d.company_id
        WHERE d.deleted_at IS NULL AND d.status = 'open' ORDER BY d.last_activity_at DESC, d.id DESC LIMIT 50""",
    "board": """SELECT s.id, x.* FROM stage s CROSS JOIN LATERAL (SELECT d.id, d.name, c.name, d.amount, d.next_due_at, t.title
        FROM deal d LEFT JOIN company c ON c.id = d.company_id LEFT JOIN task t ON t.id = d.next_task_id
        WHERE d.stage_id = s.id AND d.status = 'open' AND d.deleted_at IS NULL
        ORDER BY d.last_activity_at DESC, d.id DESC LIMIT 20) x""",
    "deal page": """SELECT e.id, e.kind, e.payload FROM event_subject j JOIN event e ON e.id = j.event_id
        WHERE j.kind = 'deal' AND j.object_id = (SELECT max(id) FROM deal) ORDER BY j.at DESC LIMIT 30""",
    "search": """SELECT id, name FROM deal WHERE search LIKE '%%velnor%%' AND deleted_at IS NULL LIMIT 10""",
    "funnel": """SELECT stage_id, currency, sum(deals), sum(amount) FROM stage_total GROUP BY 1, 2""",
    "today": f"""SELECT t.id, t.title, t.due_at, d.name, c.name FROM task t JOIN deal d ON d.id = t.deal_id
        LEFT JOIN company c ON c.id = d.company_id WHERE t.status = 'open' AND t.deleted_at IS NULL
        AND t.assignee_id = (SELECT id FROM "user" WHERE email = '{REP}') AND t.due_at < now() + interval '1 day'
        ORDER BY t.due_at LIMIT 60""",
}  # fmt: skip


def _session(user: User) -> str:
    engine = importlib.import_module(settings.SESSION_ENGINE)
    store = engine.SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    return f"{settings.SESSION_COOKIE_NAME}={store.session_key}"


@contextmanager
def servers() -> Iterator[tuple[int, int, int]]:
    """The product's own web server on a free port, and its worker: (port, web process, worker process)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment, root = {**os.environ, "TAKT_DEBUG": "0"}, Path(__file__).resolve().parents[3]
    process = subprocess.Popen(
        web_command("127.0.0.1", port, 1), env=environment, cwd=root, start_new_session=True
    )
    worker = subprocess.Popen(worker_command(), env=environment, cwd=root)
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port, process.pid, worker.pid
    finally:
        for program in (process, worker):
            program.terminate()
            try:
                program.wait(20)
            except subprocess.TimeoutExpired:  # a worker in the middle of a long answer
                program.kill()
                program.wait()


def _postmaster() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    return int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])


def _acts() -> dict[str, Act]:
    deals = list(
        Deal.objects.filter(status="open", deleted_at=None)
        .order_by("-id")
        .values_list("id", "stage_id")[:2000]
    )
    stages = list(Stage.objects.order_by("position").values_list("id", flat=True))

    def create(client: Client, number: int) -> tuple[int, bytes]:
        body = {
            "name": f"Bench deal {number}",
            "amount": "1000",
            "stage": stages[0],
            "_key": uuid.uuid4().hex,
        }
        return client.post("/deals/quick", urlencode(body))

    def move(client: Client, number: int) -> tuple[int, bytes]:
        deal, stage = deals[number % len(deals)]
        target = stages[(stages.index(stage) + 1) % len(stages)]
        deals[number % len(deals)] = (deal, target)
        return client.post(f"/deals/{deal}/move", urlencode({"stage": target}), Accept="application/json")

    words = ["velnor", "mingsol", "tarbek", "lekhua", "dorfer"]
    return {
        "list": lambda client, _: client.get("/deals?status=open"),
        "board": lambda client, _: client.get("/deals/board"),
        "deal page": lambda client, i: client.get(f"/deals/{deals[i % len(deals)][0]}"),
        "create": create,
        "move": move,
        "search": lambda client, i: client.get(f"/search/palette?q={words[i % len(words)]}"),
        "funnel": lambda client, _: client.get("/reports/funnel"),
        "today": lambda client, _: client.get("/today"),
    }


def _floor_ms(sql: str) -> float:
    times = []
    with connection.cursor() as cursor:
        for _ in range(30):
            began = time.perf_counter()
            cursor.execute(sql)
            cursor.fetchall()
            times.append((time.perf_counter() - began) * 1000)
    return sorted(times)[len(times) // 2]


def _commit_wait_ms() -> float:
    """What a commit waits for the disk: a one-row write of its own, many times."""
    times = []
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS bench_commit_wait (n int)")
        for _ in range(30):
            began = time.perf_counter()
            cursor.execute("INSERT INTO bench_commit_wait VALUES (1)")
            times.append((time.perf_counter() - began) * 1000)
        cursor.execute("DROP TABLE bench_commit_wait")
    return sorted(times)[len(times) // 2]


class _Recorder:
    """A signed-in browser in this process, with the same middleware."""

    def __init__(self, user: User) -> None:
        self.browser = InProcess(HTTP_HOST="127.0.0.1")
        self.browser.force_login(user)

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        answer = self.browser.get(path, headers=headers)
        return answer.status_code, b""

    def post(self, path: str, body: str, **headers: str) -> tuple[int, bytes]:
        form = "application/x-www-form-urlencoded"
        answer = self.browser.post(path, body, content_type=form, headers=headers)
        return answer.status_code, b""


def _reading(path: str) -> Act:
    return lambda client, _number: client.get(path)


def _searches(clients: dict[str, Client], web: int, database: int, times: int) -> list[dict[str, Any]]:
    """Every hard search as director, team lead and rep, through the palette."""
    found = []
    for who, client in clients.items():
        for name, words in SEARCHES.items():
            path = f"/search/palette?{urlencode({'q': words})}"
            cost = measure(name, _reading(path), client, web, database, times=times, bar=None)
            found.append(
                {"who": who, **dataclasses.asdict(cost), "cpu_ms": cost.cpu_ms, "bar_ms": SEARCH_BAR_MS}
            )
    return found


def _count_queries(user: User, acts: dict[str, Act]) -> dict[str, int]:
    """How many queries each act asks, in this process with the same middleware."""
    recorder = _Recorder(user)
    counts = {}
    for name, act in acts.items():
        act(recorder, 900)  # type: ignore[arg-type]
        with CaptureQueriesContext(connection) as queries:
            act(recorder, 901)  # type: ignore[arg-type]
        counts[name] = len(queries)
    return counts


def _profile(user: User, name: str, times: int = 30) -> list[str]:
    """Where an act spends its time in this process, the dearest functions first."""
    act, recorder, profile = _acts()[name], _Recorder(user), cProfile.Profile()
    act(recorder, 500)  # type: ignore[arg-type]
    profile.enable()
    for number in range(501, 501 + times):
        act(recorder, number)  # type: ignore[arg-type]
    profile.disable()
    out = io.StringIO()
    pstats.Stats(profile, stream=out).sort_stats("tottime").print_stats(25)
    lines = out.getvalue().replace(f"{Path(__file__).resolve().parents[3]}/", "").splitlines()
    return [line.strip() for line in lines if line.strip()]


def _waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND queue_name = 'events'"
        )
        return int(cursor.fetchone()[0])


def _follow_up(worker: int, database: int, most_seconds: int = 180) -> dict[str, float]:
    """What the worker does about the acts: jobs, and CPU milliseconds for each of them, its own and the database's."""
    jobs, until = _waiting(), time.monotonic() + most_seconds
    own, theirs = cpu_ms(worker), cpu_ms(database)
    halt([worker], go_on=True)
    while _waiting() and time.monotonic() < until:
        time.sleep(1)
    done = max(1, jobs - _waiting())
    return {
        "jobs": jobs,
        "worker_cpu_ms": (cpu_ms(worker) - own) / done,
        "database_cpu_ms": (cpu_ms(database) - theirs) / done,
    }


def _postgresql() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return str(cursor.fetchone()[0])


def run_pages(*, times: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure every page as rep, head and administrator."""
    csrf = "b" * 32
    people = {"rep": REP, "head": HEAD, "administrator": ADMIN}
    known = {who: User.objects.filter(email=email).first() for who, email in people.items()}
    with servers() as (port, _web, _worker):
        clients = {who: Client(port, _session(user), csrf) for who, user in known.items() if user is not None}
        pages = sweep(clients, times=times, say=say)
    deals = Deal.objects.count()
    bar = PAGE_BAR_MS if deals <= 100_000 else PAGE_BAR_OF_A_MILLION_MS
    return {"deals": deals, "bar_ms": bar, "over": [p for p in pages if p["p95_ms"] > bar], "pages": pages}


def run(*, times: int, seconds: float) -> dict[str, Any]:
    """Measure every act; answers a JSON-ready result."""
    head, rep = User.objects.get(email=HEAD), User.objects.get(email=REP)
    postmaster, csrf = _postmaster(), "b" * 32
    queries = _count_queries(head, _acts())
    with servers() as (port, web, worker):
        client, own = Client(port, _session(head), csrf), Client(port, _session(rep), csrf)
        costs: list[Cost] = []
        acts = _acts()
        # What follows an act on the worker is no part of it: it is carried out and measured afterwards.
        halt([worker])
        for name, act in acts.items():
            who = own if name == "today" else client
            cost = measure(name, act, who, web, postmaster, times=times, bar=BARS.get(name))
            cost.queries = queries[name]
            cost.floor_ms = _floor_ms(FLOORS[name]) if name in FLOORS else None
            costs.append(cost)
        lead = User.objects.filter(email=LEAD).first()
        seen = {"head": client, "rep": own} | ({"lead": Client(port, _session(lead), csrf)} if lead else {})
        searches = _searches(seen, web, postmaster, max(30, times // 5))
        reading = {n: a for n, a in acts.items() if n not in {"create", "move"}}
        rate = throughput(reading, [Client(port, _session(head), csrf) for _ in range(8)], seconds)
        followed = _follow_up(worker, postmaster)
        memory = {"web": pss_mib([web]), "worker": pss_mib([worker]), "database": pss_mib([postmaster])}
    missed = [c.name for c in costs if c.bar_ms is not None and c.cpu_ms > c.bar_ms]
    return {
        "deals": Deal.objects.count(),
        "acts": [{**dataclasses.asdict(c), "cpu_ms": c.cpu_ms} for c in costs],
        "searches": searches,
        "import": measure_import(postmaster),
        "profiles": {name: _profile(rep if name == "today" else head, name) for name in missed},
        "throughput_8_clients_per_second": rate,
        "follow_up": followed,
        "memory_pss_mib": sum(memory.values()),
        "memory_of": memory,
        "commit_wait_ms": _commit_wait_ms(),
        "python": sys.version.split()[0],
        "postgresql": _postgresql(),
    }
