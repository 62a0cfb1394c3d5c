"""A list as a place of work: a cell changed in its place, all of a filter changed and taken back, a column drawn wider."""

import re
from typing import Any

from playwright.sync_api import expect

from takt.kernel.lists.models import BulkRun, ColumnChoice
from takt.sales.deals.models import Deal
from tests.journeys.axe import faults_in_the_dark
from tests.journeys.looks import Look


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


def test_a_list_worked_through(company: Any, dora: Any, as_person: Any, look: Look) -> None:
    """Filtered, kept as a view for everybody, with other columns, changed as a whole and taken back, walked by record."""
    say, page = look.say, as_person(dora, look)
    # The rest of a list comes by itself when its end is seen; here it stays under way.
    page.route(re.compile("cursor="), lambda route: None)
    page.goto_path("/deals?status=open")
    bar = page.locator(".ls-filters")
    bar.locator("[data-key-filter]").click()
    form = page.locator("#ls-form-body")
    form.locator("[name=amount__gte]").fill("1500")
    page.shot("list-filter")
    form.get_by_role("button", name=say("Apply")).click()
    expect(page.get_by_role("link", name="Dock levellers")).to_be_visible()
    expect(page.get_by_role("link", name="Cold store racking")).to_have_count(0)
    page.locator("summary", has_text=say("Save view")).click()
    page.locator("#save-view").fill("Big ones")
    page.locator("#share-view").check()
    page.shot("list-save")
    page.locator("#save-view").press("Enter")
    expect(page.locator(".tk-tabs a.active")).to_contain_text("Big ones")
    bar.locator("summary", has_text=say("Columns")).click()
    bar.locator("[name=columns][value=probability]").set_checked(
        not bar.locator("[name=columns][value=probability]").is_checked()
    )
    page.shot("list-columns")
    bar.locator("form[action*=columns]").get_by_role("button", name=say("Apply")).click()
    expect(page.locator("th[data-column=probability]")).to_have_count(1)
    page.shot("list")
    assert faults_in_the_dark(page, look) == []
    # All that the filter holds, more than the first screenful.
    page.goto_path("/deals?status=open&amount__gte=1500&limit=1")
    page.get_by_label(say("Select all"), exact=True).check()
    page.locator("[data-whole]").click()
    page.locator("[data-bulk$='/tag']").click()
    dialog = page.locator("#dialog[open]")
    dialog.locator("input[type=text], input:not([type])").first.fill("spring")
    page.shot("list-bulk")
    dialog.get_by_role("button", name=re.compile("^" + re.escape(say("Tag")))).click()
    page.locator("#toasts").get_by_role("button", name=say("Undo")).wait_for()
    assert Deal.objects.filter(tags=["spring"]).count() == BulkRun.objects.get().changed == 2
    page.shot("list-bulk-done")
    page.locator("#toasts").get_by_role("button", name=say("Undo")).click()
    expect(page.locator("#toasts")).to_contain_text(say("Taken back."))
    assert not Deal.objects.exclude(tags=[]).exists()
    # From the list into a record, and on to the next one in the list's order.
    page.goto_path("/deals?status=open&sort=amount")
    page.get_by_role("link", name="Cold store racking").click()
    page.locator("[data-key-next]").click()
    expect(page.locator("h1")).to_contain_text("Shuttle system")
    page.shot("list-next")


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
