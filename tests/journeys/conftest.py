"""A person in a real browser, before the demo company."""

import datetime as dt
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PICTURES = Path(os.environ.get("TAKT_PICTURES", "test-results"))
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "journeys" in str(item.path):
            item.add_marker(pytest.mark.journey)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return {"executable_path": os.environ.get("TAKT_CHROMIUM", "/usr/bin/chromium"), "args": FLAGS}


@pytest.fixture
def company(
    transactional_db: Any, pipeline: Any, anna: Any, boris: Any, carla: Any, dora: Any, admin: Any
) -> Any:
    """A small firm at work today: Anna has three deals, one late and one without a next step."""
    from takt.kernel.lib.actor import Actor
    from takt.sales.deals import commands
    from takt.sales.deals.commands import NewPerson, NewTask
    from takt.sales.deals.models import Deal

    now = dt.datetime.now(dt.UTC)
    for number, (name, hours) in enumerate(
        [("Cold store racking", -30), ("Shuttle system", 1), ("Dock levellers", 50)]
    ):
        commands.create_deal(
            name=name,
            amount=str(1000 * (number + 1)),
            currency="EUR",
            new_company=f"Customer {number}",
            new_person=NewPerson(
                f"Person {number}", phone=f"+4930555010{number}", email=f"p{number}@c.example"
            ),
            first_task=NewTask(
                type="call", title=f"Call about {name}", due_at=now + dt.timedelta(hours=hours)
            ),
            by=Actor(anna),
            at=now - dt.timedelta(days=3),
        )
    return Deal.objects.order_by("id")


@pytest.fixture
def as_person(
    live_server: Any, context: Any, client_of: Callable[[Any], Any]
) -> Iterator[Callable[[Any], Any]]:
    """`as_person(anna)` opens a page signed in as her; a script error or a blocked script fails the test."""
    problems: list[str] = []

    def sign_in(user: Any) -> Any:
        cookie = client_of(user).cookies["sessionid"]
        context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console",
            lambda m: problems.append(m.text) if m.type == "error" and "status of 4" not in m.text else None,
        )
        page.goto_path = lambda path: page.goto(live_server.url + path)
        return page

    yield sign_in
    assert problems == []
