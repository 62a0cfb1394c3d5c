"""A form is made, a stranger fills it in, and a deal with its task stands on the board."""

import re
from typing import Any

from playwright.sync_api import expect

from takt.gateways.intake.models import WebForm
from takt.sales.deals.models import Deal
from tests.journeys.axe import faults_of
from tests.journeys.looks import Look


def test_from_the_site_to_the_board(
    company: Any, admin: Any, anna: Any, as_person: Any, browser: Any, live_server: Any
) -> None:
    page = as_person(admin, Look("en", "light", 1440))
    page.goto_path("/settings/web-forms")
    page.get_by_role("link", name="New form").first.click()
    page.locator("input[name=name]").fill("Ask for a quote")
    page.get_by_label("Anna", exact=False).first.check()
    page.shot("web-form-new")
    with page.expect_navigation():
        page.get_by_role("button", name="Save").click()
    assert not faults_of(page)
    page.get_by_role("link", name="Try it").click()
    page.locator("[name=name]").fill("Ilse Maas")
    page.locator("[name=email]").fill("ilse@frisia.example")
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("#tried")).to_contain_text("Ask for a quote: Ilse Maas")
    page.shot("web-form-tried")
    assert not Deal.objects.filter(name__contains="Ilse").exists()

    phone = browser.new_context(viewport={"width": 390, "height": 844})
    visitor = phone.new_page()
    visitor.goto(live_server.url + WebForm.objects.get().path + "?utm_source=fair")
    visitor.locator("[name=name]").fill("Ilse Maas")
    visitor.locator("[name=email]").fill("ilse@frisia.example")
    visitor.locator("[name=message]").fill("Racks for 400 pallets")
    visitor.wait_for_timeout(2_200)  # what is sent sooner is a robot's
    visitor.get_by_role("button", name="Send").click()
    expect(visitor.get_by_role("status")).to_contain_text("Thank you")
    phone.close()

    rep = as_person(anna, Look("en", "light", 1440))
    rep.goto_path("/deals/board")
    card = rep.locator(".bd-card, [data-card]", has_text="Ilse Maas").first
    expect(card).to_contain_text(re.compile("Answer the web form"))
    rep.shot("web-form-deal")
