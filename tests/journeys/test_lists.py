"""A list as a place of work: a cell changed in its place, all of a filter changed and taken back, a column drawn wider."""

import re
from typing import Any

from playwright.sync_api import expect

from takt.kernel.lists.models import BulkRun, ColumnChoice
from takt.sales.deals.models import Deal


def test_a_cell_is_changed_by_keyboard(company: Any, anna: Any, as_person: Any) -> None:
    page = as_person(anna)
    page.goto_path("/deals?sort=amount")
    cell = page.locator("td[data-e=amount]").first
    cell.click()
    box = cell.get_by_label("Amount")
    expect(box).to_be_focused()
    page.keyboard.type("much")
    page.keyboard.press("Enter")
    expect(cell.get_by_role("alert")).to_contain_text("Enter an amount")
    page.shot("list-cell-refused")
    page.keyboard.press("Escape")
    expect(cell).to_contain_text("1,000")
    expect(cell).to_be_focused()
    page.keyboard.press("e")
    expect(box).to_be_focused()
    page.keyboard.type("1500")
    page.keyboard.press("Tab")
    expect(page.locator("td[data-e=stage]").first.get_by_role("combobox")).to_be_focused()
    expect(page.locator("td[data-e=amount]").first).to_contain_text("1,500")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("x")
    expect(page.locator("input[data-select]:checked")).to_have_count(1)
    assert str(Deal.objects.order_by("id")[0].amount) == "1500.00"


def test_somebody_elses_change_is_shown(company: Any, anna: Any, as_person: Any) -> None:
    page = as_person(anna)
    page.goto_path("/deals?sort=amount")
    cell = page.locator("td[data-e=amount]").first
    cell.click()
    box = cell.get_by_label("Amount")
    expect(box).to_be_focused()
    Deal.objects.filter(pk=company[0].pk).update(amount="777", version=99)
    page.keyboard.type("888")
    page.keyboard.press("Enter")
    expect(cell.get_by_role("alert")).to_contain_text("It says now: 777.00")
    cell.get_by_role("button", name="Use mine").click()
    expect(page.locator(f"#row-{company[0].pk} td[data-e=amount]")).to_contain_text("888")


def test_all_of_a_filter_and_back(company: Any, anna: Any, as_person: Any) -> None:
    page = as_person(anna)
    # The rest of a list comes by itself when its end is seen; here it stays under way.
    page.route(re.compile("cursor="), lambda route: None)
    page.goto_path("/deals?status=open&limit=2")
    page.get_by_label("Select all", exact=True).check()
    page.get_by_role("button", name="that match").click()
    page.get_by_role("button", name="Tag", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Put on").fill("spring")
    page.shot("list-bulk")
    dialog.get_by_role("button", name="Tag").click()
    expect(page.get_by_text("were changed.")).to_be_visible()
    run = BulkRun.objects.get()
    assert Deal.objects.filter(tags=["spring"]).count() == run.changed > 1
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back.")).to_be_visible()
    assert not Deal.objects.exclude(tags=[]).exists()


def test_a_column_is_drawn_wider(company: Any, anna: Any, as_person: Any) -> None:
    page = as_person(anna)
    page.goto_path("/deals")
    heading = page.locator("th[data-column=company]")
    before = heading.bounding_box()["width"]
    grip = heading.locator("[data-grip]").bounding_box()
    page.mouse.move(grip["x"] + 4, grip["y"] + 8)
    page.mouse.down()
    page.mouse.move(grip["x"] + 84, grip["y"] + 8)
    with page.expect_response(lambda r: r.url.endswith("/widths")):
        page.mouse.up()
    page.reload()
    assert abs(page.locator("th[data-column=company]").bounding_box()["width"] - before - 80) < 12
    kept = ColumnChoice.objects.get(user=anna).widths["company"]
    grip = page.locator("th[data-column=company] [data-grip]")
    grip.focus()
    with page.expect_response(lambda r: r.url.endswith("/widths")):
        page.keyboard.press("ArrowRight")
    assert abs(ColumnChoice.objects.get(user=anna).widths["company"] - kept - 16) <= 2
