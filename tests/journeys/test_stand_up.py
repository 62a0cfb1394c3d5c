"""A morning: the lead runs the stand-up by keyboard, words are said, what worked is found again by a colleague."""

import datetime as dt
import re
from typing import Any

from playwright.sync_api import expect

from takt.insight.rituals.models import StandUp
from takt.sales.deals.models import Deal


def test_stand_up(company: list[Deal], anna: Any, boris: Any, carla: Any, as_person: Any) -> None:
    page = as_person(boris)
    page.goto_path("/standup")
    page.keyboard.press("c")
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"\d:\d\d"))
    page.shot("standup")
    now = page.locator(".ri-person.is-now")
    now.get_by_label("What worked", exact=True).fill("Asked who signs before the offer")
    now.get_by_role("checkbox").check()
    now.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("Saved")
    for _person in StandUp.objects.get().round_of:
        page.locator("h1").click()
        page.keyboard.press("c")
        page.wait_for_load_state("networkidle")
    expect(page.locator(".tk-body")).to_contain_text("Held by Boris")

    # Past days are read; there is no round to begin in them.
    yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    page.goto_path(f"/standup?day={yesterday}")
    expect(page.get_by_role("button", name="Begin", exact=True)).to_have_count(0)

    # A colleague of another team finds what worked, and nothing else.
    other = as_person(carla)
    other.goto_path("/practices?q=signs")
    expect(other.locator(".ri-practices")).to_contain_text("Asked who signs")
    other.goto_path("/standup")
    expect(other.locator(".tk-body")).not_to_contain_text("Anna")
