"""A person in a real browser, before the demo company."""

import datetime as dt
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.looks import LOOKS, PHONES, SCREENS, Look, is_walked

PICTURES = os.environ.get("JOURNEY_PICTURES")
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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = []
    for item in items:
        if "journeys" not in str(item.path):
            continue
        item.add_marker(pytest.mark.journey)
        asked = getattr(item, "callspec", None)
        for name, looks in (("look", LOOKS), ("phone", PHONES)):
            if asked is not None and name in asked.params:
                journey = getattr(item, "originalname", item.name)
                if not is_walked(journey, asked.params[name], looks):
                    left_out.append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


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


@pytest.fixture(params=LOOKS, ids=str)
def look(request: pytest.FixtureRequest) -> Look:
    """A language, a theme and a screen; a journey that asks for it is walked in several."""
    found: Look = request.param
    return found


@pytest.fixture(params=PHONES, ids=str)
def phone(request: pytest.FixtureRequest) -> Look:
    """A phone in each language."""
    found: Look = request.param
    return found


@pytest.fixture
def as_person(
    live_server: Any, browser: Any, client_of: Callable[[Any], Any], request: pytest.FixtureRequest
) -> Iterator[Callable[..., Any]]:
    """`as_person(anna)` opens a page signed in as her, each person in a browser of his own; `as_person(anna, look)` in
    that language, theme and size. `page.shot("name")` keeps a picture. A script error or a blocked script fails the
    test."""
    problems: list[str] = []
    contexts: list[Any] = []

    def sign_in(user: Any, look: Look | None = None) -> Any:
        if look is not None:
            type(user).objects.filter(pk=user.pk).update(language=look.language, theme=look.theme)
        size = {"width": look.width, "height": SCREENS[look.width]} if look else None
        context = (
            browser.new_context(viewport=size, has_touch=bool(look and look.is_phone))
            if size
            else browser.new_context()
        )
        contexts.append(context)
        cookie = client_of(user).cookies["sessionid"]
        context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console",
            lambda m: problems.append(m.text) if m.type == "error" and "status of 4" not in m.text else None,
        )

        def shot(name: str) -> None:
            if PICTURES:
                Path(PICTURES).mkdir(parents=True, exist_ok=True)
                page.screenshot(path=Path(PICTURES) / f"{name}-{look or 'plain'}.png")

        page.goto_path = lambda path: page.goto(live_server.url + path)
        page.shot = shot
        return page

    yield sign_in
    for context in contexts:
        context.close()
    assert problems == []
