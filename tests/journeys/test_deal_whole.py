"""A deal from its first word to its end and back, and the colleagues in it."""

import datetime as dt
import re
from typing import Any

from playwright.sync_api import expect

from takt.kernel.access.models import Grant
from takt.kernel.lib.actor import Actor
from takt.sales.catalog.commands import create_product
from takt.sales.deals.models import Deal
from tests.journeys.axe import faults_in_the_dark
from tests.journeys.looks import Look


def _in_days(days: int) -> str:
    return (dt.date.today() + dt.timedelta(days=days)).isoformat()


def test_a_deal_from_its_form_to_its_end_and_back(
    company: Any, anna: Any, dora: Any, as_person: Any, look: Look
) -> None:
    create_product(name="Rack", price="100", currency="EUR", by=Actor(dora), at=company[0].created_at)
    say, page = look.say, as_person(anna, look)
    page.goto_path("/deals")
    # The full form: a known company is found while it is typed, a new person is added with the deal.
    page.locator("[data-dialog='/deals/new']").locator("visible=true").first.click()
    dialog = page.locator("#dialog[open]")
    dialog.locator("[name=name]").fill("Mezzanine")
    dialog.locator("[name=amount]").fill("4 200,50")
    dialog.locator("[name=currency]").select_option("EUR")
    dialog.locator("#new-company-ts-control").click()
    page.keyboard.type("customer 1")
    page.locator(".ts-dropdown [role=option]", has_text="Customer 1").click()
    dialog.locator("#new-contact-ts-control").click()
    page.keyboard.type("Ilse van Rottum")
    page.locator(".ts-dropdown .create, .ts-dropdown [role=option]", has_text="Ilse").first.click()
    dialog.locator("[name=email]").fill("ilse@c.example")
    dialog.locator("[name=step_title]").fill("Ask Ilse which hall comes first")
    page.shot("deal-new")
    with page.expect_navigation():
        dialog.get_by_role("button", name=say("Add the deal")).click()
    deal: Any = Deal.objects.get(name="Mezzanine")
    assert (deal.company.name, str(deal.amount), deal.next_task.title) == (
        "Customer 1", "4200.50", "Ask Ilse which hall comes first",
    )  # fmt: skip
    # Products make the amount.
    page.goto_path(f"/deals/{deal.pk}")
    page.get_by_label(say("Edit the products")).click()
    row = dialog.locator("[data-lines] tbody tr").first
    row.locator("input[role=combobox]").click()
    page.keyboard.type("Rack")
    page.locator(".ts-dropdown [role=option]", has_text="Rack").click()
    row.locator("[name=quantity]").fill("3")
    row.locator("[name=discount]").fill("10%")
    expect(dialog.locator("[data-sum]")).to_contain_text("270")
    page.shot("deal-lines")
    with page.expect_navigation():
        dialog.get_by_role("button", name=re.compile(say("Save"))).click()
    expect(page.locator("[data-cell=head_amount]")).to_contain_text("270")
    page.shot("deal")
    assert faults_in_the_dark(page, look) == []
    # Put off instead of parked in a stage, with a day and a reason.
    page.locator(".tk-head details.tk-menu summary").click()
    page.shot("deal-menu")
    page.get_by_role("link", name=say("Put off"), exact=True).click()
    dialog.locator("[name=until]").fill(_in_days(30))
    dialog.locator("[name=snooze_reason]").fill("The hall is being built")
    with page.expect_navigation():
        dialog.get_by_role("button", name=say("Put off")).click()
    expect(page.locator(".tk-head .tk-chip.warn")).to_be_visible()
    # Lost with a reason, and to be tried again.
    page.locator("[data-key-lost]").click()
    dialog.locator("label.tk-opt").first.click()
    dialog.locator("[name=try_again_on]").fill(_in_days(60))
    page.shot("deal-lose")
    with page.expect_navigation():
        dialog.get_by_role("button", name=say("Lost")).click()
    expect(page.locator(".tk-head .tk-chip.late")).to_be_visible()
    page.shot("deal-lost")
    page.goto_path("/deals?status=lost")
    expect(page.locator(f"#row-{deal.pk}")).to_contain_text("270")
    expect(page.locator("#list tfoot, #list .ls-total").first).to_contain_text("1")
    page.shot("deals-lost")
    # Back to work: it needs a next step.
    page.goto_path(f"/deals/{deal.pk}")
    page.get_by_role("link", name=say("Return to work")).click()
    dialog.locator("[name=step_title]").fill("Ask about the second hall")
    page.shot("deal-reopen")
    with page.expect_navigation():
        dialog.get_by_role("button", name=say("Return to work")).click()
    expect(page.locator(".nx-title")).to_have_text("Ask about the second hall")
    deal.refresh_from_db()
    assert (deal.status, str(deal.amount)) == ("open", "270.00")


def test_colleagues_in_a_deal(company: Any, anna: Any, carla: Any, as_person: Any, look: Look) -> None:
    say, deal = look.say, company[0]
    page = as_person(anna, look)
    page.goto_path(f"/deals/{deal.pk}")
    people = page.locator(f"#people-{deal.pk}")
    for number, link in enumerate(("share", "watchers"), start=1):
        people.get_by_label(say("Add a colleague")).click()
        people.locator(f"a[href$='/{link}']").click()
        dialog = page.locator("#dialog[open]")
        expect(people.locator("details[open]")).to_have_count(0)
        expect(dialog.locator("input[role=combobox]")).to_be_focused()
        dialog.locator("input[role=combobox]").click()  # a second click leaves the keys where they are
        page.keyboard.type("Carla")
        expect(page.locator(".ts-dropdown .active", has_text="Carla")).to_be_visible()
        page.keyboard.press("Enter")
        expect(dialog.locator(".ts-control .item", has_text="Carla")).to_be_visible()
        page.shot(f"deal-{link}")
        page.keyboard.press("Control+Enter")
        expect(people.get_by_text("Carla")).to_have_count(number)
    people.scroll_into_view_if_needed()
    page.shot("deal-colleagues")
    note = page.locator("#note-body")
    note.click()
    page.keyboard.type("Price agreed, @Car")
    page.get_by_role("listbox").get_by_role("option", name="Carla").click()
    page.get_by_role("button", name=say("Add the note")).click()
    expect(page.locator(".tl-name")).to_have_text(["@Carla"])
    page.get_by_role("button", name=say("Pin the note on top")).click()
    expect(page.locator("#pinned")).to_contain_text("Price agreed")
    page.shot("deal-talk")
    hers = as_person(carla, look)
    assert hers.goto_path(f"/deals/{deal.pk}").status == 200
    hers.shot("deal-shared")
    people.get_by_role("button", name=say("No longer share with %(name)s", name="Carla")).click()
    expect(
        people.get_by_role("button", name=say("No longer share with %(name)s", name="Carla"))
    ).to_have_count(0)
    assert list(Grant.objects.filter(user=carla)) == []
