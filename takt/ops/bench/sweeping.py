"""Every page of the site, as the roles that see the most and the least of it, through the real web server."""

import math
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import URLPattern, URLResolver, get_resolver

from takt.insight.metrics.reports import REPORTS
from takt.kernel.accounts.models import User
from takt.ops.bench.measuring import Client
from takt.sales.activities.models import Task
from takt.sales.catalog.models import Product
from takt.sales.contacts.models import Company, Contact
from takt.sales.deals.models import Deal, Pipeline, Stage

# What isn't a page that people read, or ends their sitting.
_LEFT_OUT = (
    "sign-in", "sign-out", "set-up", "healthz", "readyz", "undo/", "api/", "static/", "offline", "f/", "jsi18n",
    "media/",
)  # fmt: skip
# Lists as people ask for them: searched, filtered, sorted, of one's own, of what is over.
ASKED = (
    "/deals?status=won", "/deals?status=lost", "/deals?status=all", "/deals?q=velnor", "/deals?q=velnor+tarbek",
    "/deals?q=qzxwvk", "/deals?sort=-amount", "/deals?sort=name", "/deals?f=amount:gt:190000", "/deals/board?q=velnor",
    "/companies?q=velnor", "/companies?sort=-updated", "/contacts?q=sommer", "/contacts?q=%E5%BC%A0%E4%BC%9F", "/tasks?q=velnor",
    "/tasks?status=done", "/tasks?status=all", "/tasks?owner=all", "/search?q=velnor", "/search?q=velnor+tarbek",
)  # fmt: skip
SETTLE_SECONDS = 60
_IN_PATH = re.compile(r"<(?:(\w+):)?(\w+)>")


@dataclass(frozen=True)
class Page:
    """What one page cost one reader, in milliseconds at the client."""

    who: str
    path: str
    p50_ms: float
    p95_ms: float
    bytes: int


def _patterns(resolver: URLResolver | None = None, before: str = "") -> Iterator[str]:
    for pattern in (resolver or get_resolver()).url_patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern, path)
        elif isinstance(pattern, URLPattern) and not path.startswith(_LEFT_OUT):
            yield f"/{path}"


def _examples() -> dict[str, int]:
    """A record of each kind that an address names by its number."""
    latest: dict[str, QuerySet[Any]] = {
        "deals": Deal.objects.filter(status="open", deleted_at=None),
        "companies": Company.objects.filter(deleted_at=None),
        "contacts": Contact.objects.filter(deleted_at=None),
        "tasks": Task.objects.filter(deleted_at=None),
        "products": Product.objects.all(),
        "users": User.objects.all(),
        "pipelines": Pipeline.objects.all(),
        "stages": Stage.objects.all(),
    }
    return {
        name: found for name, rows in latest.items() if (found := rows.values_list("pk", flat=True).first())
    }


def addresses() -> list[str]:
    """Every address that answers to GET, with records that stand in the database; the lists also as people ask."""
    known, found = _examples(), set(ASKED)
    for pattern in _patterns():
        if pattern == "/reports/<str:name>" or pattern.startswith("/reports/<slug:name>"):
            found.update(f"/reports/{name}" for name in REPORTS)
            continue
        parts, path = _IN_PATH.findall(pattern), pattern
        for kind, _name in parts:
            before = path[: path.index("<")].strip("/").split("/")[-1]
            number = known.get(before)
            if kind != "int" or number is None:
                break
            path = _IN_PATH.sub(str(number), path, count=1)
        else:
            found.add(path)
    return sorted(found)


def p95(times: list[float]) -> float:
    return sorted(times)[math.ceil(len(times) * 0.95) - 1]


def sweep(
    clients: dict[str, Client], *, times: int, say: Callable[[str], None] = lambda _line: None
) -> list[dict[str, Any]]:
    """Ask every page of every reader, the dearest first; what a reader may not see, or only takes a POST, is left out.

    What the worker answers is asked for once before, so that pages are measured as they are read all day. A page that
    takes long is asked less often: four times tell that it is over its bar.
    """
    found = []
    for who, client in clients.items():
        paths = [path for path in addresses() if client.get(path)[0] == 200]
        time.sleep(SETTLE_SECONDS)
        for path in paths:
            walls: list[float] = []
            size = 0
            while len(walls) < times and (len(walls) < 4 or sum(walls) < 4000):
                began = time.perf_counter()
                _status, body = client.get(path)
                walls.append((time.perf_counter() - began) * 1000)
                size = len(body)
            found.append(Page(who, path, sorted(walls)[len(walls) // 2], p95(walls), size))
        say(f"{len(paths)} pages as {who}")
    return [asdict(page) for page in sorted(found, key=lambda p: -p.p95_ms)]
