"""The cast and the clock of every test; rows are made by the product's own commands only."""

import atexit
import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Callable
from typing import Any

if os.environ.get("TAKT_TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = os.environ["TAKT_TEST_DATABASE_URL"]
os.environ.setdefault("TAKT_SECRET_KEY", "a key for tests only, worth nothing anywhere")
os.environ.setdefault("TAKT_TESTING", "1")
os.environ.setdefault("TAKT_EMAIL_URL", "memory:")
if "TAKT_DATA_DIR" not in os.environ:
    os.environ["TAKT_DATA_DIR"] = tempfile.mkdtemp(prefix="takt-test-")
    atexit.register(shutil.rmtree, os.environ["TAKT_DATA_DIR"], ignore_errors=True)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "takt.config.settings")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # the browser's loop runs in the test's thread

import pytest

MONDAY = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
PASSWORD = "correct horse battery"
PERMANENT_TABLES = ("event", "event_subject")


@pytest.fixture(autouse=True, scope="session")
def _flush_permanent_tables() -> None:
    """Tests that really commit are followed by a TRUNCATE, which the append-only tables refuse."""
    from django.db import OperationalError, connection

    operations = type(connection.ops)
    truncate = operations.sql_flush

    def sql_flush(self: Any, style: Any, tables: list[str], **options: Any) -> list[str]:
        statements = truncate(self, style, tables, **options)
        if not statements:
            return statements
        off = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in PERMANENT_TABLES]
        on = [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in PERMANENT_TABLES]
        return [*off, *statements, "TRUNCATE procrastinate_jobs CASCADE", *on]

    flush = operations.execute_sql_flush

    def execute_sql_flush(self: Any, sql_list: list[str]) -> None:
        """A page that was left may still be asking for its last panel when its journey is over."""
        for left in (3, 2, 1, 0):
            try:
                return flush(self, sql_list)
            except OperationalError as error:
                if not left or "deadlock" not in str(error):
                    raise

    operations.sql_flush = sql_flush  # type: ignore[method-assign]
    operations.execute_sql_flush = execute_sql_flush  # type: ignore[method-assign]


@pytest.fixture
def at() -> dt.datetime:
    """Monday 2 March 2026, 09:00 UTC."""
    return MONDAY


@pytest.fixture
def takt() -> Any:
    """Takt itself, as the author of what no person does."""
    from takt.kernel.lib.actor import Actor

    return Actor(via="timer")


@pytest.fixture
def teams(db: Any, at: dt.datetime, takt: Any) -> dict[str, Any]:
    """Sales, and under it North and South."""
    from takt.kernel.accounts.commands import create_team

    sales = create_team("Sales", by=takt, at=at)
    return {
        "sales": sales,
        "north": create_team("North", parent=sales, by=takt, at=at),
        "south": create_team("South", parent=sales, by=takt, at=at),
    }


@pytest.fixture
def person(teams: dict[str, Any], at: dt.datetime, takt: Any) -> Callable[..., Any]:
    """`person("eva", role="rep", team="north")` makes one more user."""
    from takt.kernel.accounts.commands import create_user

    def make(name: str, *, role: str = "rep", team: str | None = "north", **more: Any) -> Any:
        return create_user(
            email=f"{name.lower()}@takt.example",
            name=name.capitalize(),
            role=role,
            team=teams[team] if team else None,
            password=PASSWORD,
            by=takt,
            at=at,
            **more,
        )

    return make


@pytest.fixture
def anna(person: Callable[..., Any]) -> Any:
    """A rep in North."""
    return person("anna")


@pytest.fixture
def boris(person: Callable[..., Any]) -> Any:
    """Anna's team lead."""
    return person("boris", role="lead")


@pytest.fixture
def carla(person: Callable[..., Any]) -> Any:
    """A rep in South."""
    return person("carla", team="south")


@pytest.fixture
def dora(person: Callable[..., Any]) -> Any:
    """The head of sales."""
    return person("dora", role="head", team="sales")


@pytest.fixture
def admin(person: Callable[..., Any]) -> Any:
    return person("admin", role="admin", team=None)


@pytest.fixture
def acting_as() -> Callable[..., Any]:
    """`acting_as(anna)` is the Actor of a user at a page."""
    from takt.kernel.lib.actor import Actor

    return lambda user, via="ui": Actor(user=user, via=via)


@pytest.fixture
def client_of(db: Any) -> Callable[..., Any]:
    """`client_of(anna)` is a browser in which she is signed in."""
    from django.test import Client

    def make(user: Any, **headers: Any) -> Client:
        client = Client(**headers)
        client.force_login(user)
        return client

    return make


class ApiClient:
    """A program with a token: paths are below /api/v1, bodies and answers are JSON."""

    def __init__(self, token: str) -> None:
        from django.test import Client

        self.client = Client(headers={"Authorization": f"Bearer {token}"})

    def __getattr__(self, method: str) -> Callable[..., Any]:
        call = getattr(self.client, method)

        def ask(path: str, body: Any = None, **headers: str) -> Any:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            url = path if path.startswith("/api/") else f"/api/v1{path}"
            if method in {"get", "head", "options"}:
                return call(url, body, headers=named)
            return call(url, body, content_type="application/json", headers=named)

        return ask


@pytest.fixture
def api_of(db: Any, at: dt.datetime) -> Callable[..., ApiClient]:
    """`api_of(anna).post("/deals", {...}, Idempotency_Key="1")`."""
    from takt.kernel.accounts.commands import create_token
    from takt.kernel.lib.actor import Actor

    def make(user: Any, *, is_read_only: bool = False) -> ApiClient:
        name = "test, reading" if is_read_only else "test"
        _row, token = create_token(name, is_read_only=is_read_only, by=Actor(user=user), at=at)
        return ApiClient(token)

    return make


@pytest.fixture
def pipeline(db: Any, at: dt.datetime, takt: Any) -> Any:
    """The B2B template: seven stages, in English."""
    from takt.sales.deals.commands import install_template

    return install_template("b2b", "en", by=takt, at=at)
