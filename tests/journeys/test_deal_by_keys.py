"""A deal from a column and its products, without a mouse."""

from decimal import Decimal
from typing import Any

from playwright.sync_api import expect

from takt.kernel.lib.actor import Actor
from takt.sales.catalog.commands import create_product
from takt.sales.deals.models import Deal, DealLine


def test_a_quick_deal_costs_its_words_and_six_keys(company: Any, anna: Any, as_person: Any) -> None:
    page = as_person(anna)
    page.goto_path("/deals/board")
    column = page.locator(".bd-col").nth(2)
    stage = column.locator("[data-cards]").get_attribute("data-stage")
    column.locator("summary", has_text="Add deal").focus()
    pressed = 0
    for words, key in (("", "Enter"), ("Mezzanine", "Tab"), ("Ilse van Rottum", "Tab"), ("+49 30 5550199", "Tab"),
                       ("4200", "Enter")):  # fmt: skip
        page.keyboard.type(words)
        page.keyboard.press(key)
        pressed += 1
        if not words:
            expect(column.get_by_label("Deal", exact=True)).to_be_focused()
    card = column.locator(".bd-card", has_text="Mezzanine")
    expect(card).to_be_visible()
    assert pressed <= 6
    made = Deal.objects.get(name="Mezzanine")
    assert (made.owner, made.stage_id, made.amount) == (anna, int(stage or 0), Decimal(4200))
    assert made.next_task_id is not None
    assert made.parts.get().contact.name == "Ilse van Rottum"


def test_products_are_typed_ordered_and_summed_up(company: Any, anna: Any, dora: Any, as_person: Any) -> None:
    deal = company[0]
    for name, price in (("Rack", "100"), ("Shuttle", "1000")):
        create_product(name=name, price=price, currency="EUR", by=Actor(dora), at=deal.created_at)
    page = as_person(anna)
    page.goto_path(f"/deals/{deal.pk}")
    page.get_by_label("Edit the products").focus()
    page.keyboard.press("Enter")
    form = page.locator("[data-line-form]")
    expect(form).to_be_visible()
    for number, (name, quantity, discount) in enumerate(
        (("Rack", "3", "10%"), ("Shuttle", "1", "50")), start=1
    ):
        row = form.locator("tbody tr").nth(number - 1)
        expect(row.locator("input[role=combobox]")).to_be_focused()
        page.keyboard.type(name)
        expect(page.locator(".ts-dropdown [role=option]", has_text=name).first).to_be_visible()
        page.keyboard.press("Enter")
        row.locator("input[name=quantity]").focus()
        page.keyboard.type(quantity)
        row.locator("input[name=discount]").focus()
        page.keyboard.type(discount)
        if number == 1:
            page.keyboard.press("Enter")  # a fresh line
    expect(form.locator("[data-sum]")).to_contain_text("€1,220.00")
    expect(form.locator("[data-total]").first).to_have_text("€270.00")
    page.keyboard.press("Alt+ArrowUp")
    expect(form.locator("tbody tr").first).to_contain_text("Shuttle")
    page.shot("deal-lines")
    page.set_viewport_size({"width": 390, "height": 844})
    page.shot("deal-lines-390")
    page.set_viewport_size({"width": 1280, "height": 720})
    expect(form.locator("[data-line-remove]").first).to_be_in_viewport(ratio=1)
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-field=amount]")).to_contain_text("from the products")
    deal.refresh_from_db()
    assert deal.amount == Decimal("1220.00")
    names = DealLine.objects.filter(deal=deal).order_by("position").values_list("product__name", flat=True)
    assert list(names) == ["Shuttle", "Rack"]
