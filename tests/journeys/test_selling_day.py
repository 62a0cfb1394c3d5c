"""A rep's day in the browser: Today, a task with its next step, the board, the deal."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from takt.sales.deals.models import Deal
from tests.journeys.axe import faults_of

PAGES = [
    "/today",
    "/deals/board",
    "/deals",
    "/companies",
    "/contacts",
    "/tasks",
    "/products",
    "/reports/funnel",
    "/settings",
    "/settings/pipelines",
    "/settings/deal-types",
    "/settings/loss-reasons",
    "/search?q=customer",
]
OF_ADMINISTRATOR = [
    "/settings/rules",
    "/settings/users",
    "/settings/teams",
    "/import",
    "/reports/leaderboard",
]


def test_finishing_a_task_asks_for_the_next_step(company: Any, anna: Any, as_person: Any) -> None:
    deal = company[1]
    page = as_person(anna)
    page.goto_path("/today")
    page.get_by_role("button", name="Complete: Call about Shuttle system").click()
    form = page.locator(f"#complete-{deal.next_task_id}")
    form.get_by_label("What happened?").fill("Jonas confirms 1,200 pallets a day.")
    form.locator("input[name=next_title]").fill("")
    form.get_by_role("button", name=re.compile("Complete")).click()
    expect(form.get_by_text("This can't be empty.")).to_be_visible()
    deal.refresh_from_db()
    assert deal.next_task.status == "open"
    form = page.locator(f"#complete-{deal.next_task_id}")
    expect(form.get_by_label("What happened?")).to_have_value("Jonas confirms 1,200 pallets a day.")
    form.locator("input[name=next_title]").fill("Send the split quote")
    page.keyboard.press("Control+Enter")
    expect(form).to_have_count(0)
    deal.refresh_from_db()
    assert deal.next_task.title == "Send the split quote"


def test_a_card_moves_by_keyboard_and_a_stale_one_goes_back(company: Any, anna: Any, as_person: Any) -> None:
    deal = company[0]
    page = as_person(anna)
    page.goto_path("/deals/board")
    card = page.locator(f'[data-deal="{deal.pk}"]')
    card.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    deal.refresh_from_db()
    assert deal.stage.position == 2
    Deal.objects.filter(pk=deal.pk).update(version=deal.version + 5)
    card.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.get_by_role("alert")).to_contain_text("was changed in the meantime")
    deal.refresh_from_db()
    assert deal.stage.position == 2
    expect(page.locator(f'[data-cards][data-stage="{deal.stage_id}"] [data-deal="{deal.pk}"]')).to_have_count(
        1
    )


def test_a_quick_deal_in_a_column(company: Any, anna: Any, as_person: Any) -> None:
    page = as_person(anna)
    page.goto_path("/deals/board")
    column = page.locator(".bd-col").nth(2)
    column.get_by_text("Add deal").click()
    name = column.get_by_role("textbox", name="Deal", exact=True)
    expect(name).to_be_visible()
    name.fill("Spare lift")
    page.keyboard.press("Tab")
    page.keyboard.type("Ilse van Rottum")
    page.keyboard.press("Tab")
    page.keyboard.type("ilse@frisia.example")
    page.keyboard.press("Tab")
    page.keyboard.type("38000")
    page.keyboard.press("Enter")
    expect(column.get_by_text("Spare lift")).to_be_visible()
    deal = Deal.objects.get(name="Spare lift")
    assert deal.owner == anna
    assert deal.stage.position == 3
    assert deal.next_task is not None


def test_losing_needs_a_reason_and_a_lost_deal_comes_back(company: Any, anna: Any, as_person: Any) -> None:
    deal = company[2]
    page = as_person(anna)
    page.goto_path(f"/deals/{deal.pk}")
    page.get_by_role("link", name=re.compile("^Lost")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    deal.refresh_from_db()
    assert deal.status == "open"


@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_is_accessible_and_fits(
    width: int, company: Any, dora: Any, admin: Any, as_person: Any
) -> None:
    pages = [*PAGES, f"/deals/{company[0].pk}", f"/companies/{company[0].company_id}"]
    pages.append(f"/settings/pipelines/{company[0].pipeline_id}")
    found = {}
    for user, paths in ((dora, pages), (admin, OF_ADMINISTRATOR)):
        page = as_person(user)
        page.set_viewport_size({"width": width, "height": 900})
        for path in paths:
            assert page.goto_path(path).status == 200, path
            if problems := faults_of(page):
                found[path] = problems
    assert found == {}
