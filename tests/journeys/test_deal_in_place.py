"""A deal's page worked on the spot: fields, need and decision, people."""

from typing import Any

from playwright.sync_api import expect

from takt.kernel.lib.actor import Actor
from takt.sales.contacts.commands import create_contact
from takt.sales.deals import commands
from takt.sales.deals.models import Deal, Qualification


def test_fields_by_keyboard_refused_and_written_by_two(
    company: Any, anna: Any, boris: Any, as_person: Any
) -> None:
    deal, page = company[0], as_person(anna)
    page.goto_path(f"/deals/{deal.pk}")
    about, tags = page.locator("[data-field=about]"), page.locator("[data-field=tags]")
    tags.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(tags.locator("input[name=tags]")).to_be_focused()
    page.keyboard.type("cold, urgent")
    page.keyboard.press("Tab")
    expect(about.locator("textarea")).to_be_focused()
    expect(tags).to_contain_text("urgent")
    page.keyboard.type("not this")
    page.keyboard.press("Escape")
    expect(about.locator("textarea")).to_have_count(0)
    expect(about.get_by_role("button")).to_be_focused()
    amount = page.locator("[data-field=amount]")
    amount.click()
    expect(amount.locator("input[name=amount]")).to_be_focused()
    page.keyboard.type("much")
    page.keyboard.press("Enter")
    expect(amount).to_contain_text("Enter an amount")
    expect(amount.locator("input[name=amount]")).to_have_value("much")
    page.keyboard.type("1 250,50")
    page.keyboard.press("Enter")
    expect(page.locator("[data-cell=head_amount]")).to_contain_text("1,250.50")
    name = page.locator("h1 [data-field=name]")
    name.click()
    expect(name.locator("input[name=name]")).to_be_focused()
    at = Deal.objects.get(pk=deal.pk).updated_at
    commands.edit_deal(deal.pk, {"name": "What Boris wrote"}, by=Actor(boris), at=at)
    page.keyboard.type("What Anna wrote")
    page.keyboard.press("Enter")
    expect(name).to_contain_text("What Boris wrote")
    expect(name.locator("input[name=name]")).to_have_value("What Anna wrote")
    name.get_by_role("button", name="Use mine").click()
    expect(name.locator("input[name=name]")).to_have_count(0)
    expect(page.locator("#timeline")).to_contain_text("What Anna wrote")
    found = Deal.objects.get(pk=deal.pk)
    assert (found.name, str(found.amount), found.tags, found.about) == (
        "What Anna wrote", "1250.50", ["cold", "urgent"], "",
    )  # fmt: skip
    page.locator("button[name=stage]").nth(1).click()
    expect(page.locator("button[name=stage]").nth(1)).to_have_attribute("aria-current", "step")


def test_need_questions_and_another_person(company: Any, anna: Any, as_person: Any) -> None:
    deal = company[0]
    create_contact(name="Ilse van Rottum", owner=anna, by=Actor(anna), at=deal.created_at)
    page = as_person(anna)
    page.goto_path(f"/deals/{deal.pk}")
    page.locator("#needs > summary").click()
    need = page.locator("[data-field=need_text]")
    need.click()
    expect(need.locator("textarea")).to_be_focused()
    page.keyboard.type("Two halls")
    page.keyboard.press("Control+Enter")
    expect(need.locator("textarea")).to_have_count(0)
    page.get_by_text("BANT and MEDDIC questions").click()
    form = page.locator("#qualification")
    for question in ("need", "budget"):
        form.locator(f"label:has(input[name={question}][value='2'])").click()
    form.locator("label:has(input[name=timing][value='1'])").click()
    form.get_by_label("How we know: Champion").fill("https://x.example/mail/1")
    form.get_by_role("button", name="Save the answers").click()
    expect(page.locator("#deal-scores")).to_contain_text("5/8 · qualified")
    expect(form.get_by_role("link", name="Open the link")).to_be_visible()
    assert Qualification.objects.get(deal=deal).need_text == "Two halls"
    person = page.locator(".dl-person", has_text="Person 0")
    person.locator("summary").click()
    person.get_by_role("link", name="Replace or change the role").click()
    dialog = page.locator("#dialog-body")
    dialog.locator("input[role=combobox]").first.click()
    page.keyboard.type("Ilse")
    page.locator(".ts-dropdown [role=option]", has_text="Ilse van Rottum").click()
    dialog.get_by_label("Role in the deal").select_option("champion")
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator(".dl-person", has_text="Ilse van Rottum")).to_contain_text("Champion")
    expect(page.locator(".dl-person", has_text="Person 0")).to_have_count(0)
    page.locator("button[name=stage]").nth(1).click()
    expect(page.locator("button[name=stage]").nth(1)).to_have_attribute("aria-current", "step")
