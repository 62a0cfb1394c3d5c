"""A customer known from all sides: what he bought and how he stands, judged anew, his people coming and going."""

import datetime as dt
import re
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import expect

from takt.kernel.lib.actor import Actor
from takt.sales.contacts.commands import create_company, create_contact
from takt.sales.contacts.models import Company, Contact
from takt.sales.customers.commands import reckon
from takt.sales.deals import commands
from takt.sales.deals.commands import NewCriterion, NewPerson, NewTask
from takt.sales.deals.models import Deal, Stage
from tests.journeys.axe import faults_in_the_dark
from tests.journeys.looks import Look

DAY = dt.timedelta(days=1)


@pytest.fixture
def frisia(company: Any, anna: Any, takt: Any) -> Company:
    """A customer who bought twice, the second time for more, whom one person stands for; his parent and a rival."""
    now, by = dt.datetime.now(dt.UTC), Actor(anna)
    holding = create_company(name="Frisia Holding", by=by, at=now - 90 * DAY)
    frisia: Company = create_company(
        name="Frisia Kühlhaus", parent=holding, phones=["+49 30 5550999"], by=by, at=now - 90 * DAY
    )
    create_company(name="Северная Логистика", by=by, at=now - 90 * DAY)
    ilse = NewPerson("Ilse van Rottum", phone="+49 30 5550177")
    for number, days in enumerate((60, 5)):
        at = now - days * DAY
        more: Any = {"contacts": [Contact.objects.get(name=ilse.name).pk]} if number else {"new_person": ilse}
        deal = commands.create_deal(
            name=f"Racks {number + 1}", company=frisia, amount=str(1000 + 500 * number), currency=settings.TAKT_CURRENCY,
            first_task=NewTask(type="call", title="Call", due_at=at), by=by, at=at, **more,
        )  # fmt: skip
        commands.win_deal(deal, by=by, at=at)
        reckon(by=takt, at=at + DAY)
    return frisia


def test_a_customer_from_all_sides(frisia: Company, anna: Any, as_person: Any, look: Look) -> None:
    say, page = look.say, as_person(anna, look)
    page.goto_path(f"/companies/{frisia.pk}")
    # The figures are fetched when they come into view; what is looked at meanwhile is replaced.
    page.locator("#ladder, [hx-get*='customers/panel']").first.evaluate("it => it.scrollIntoView()")
    expect(page.locator("#sales")).to_contain_text(say("Repeat purchases"))
    expect(page.locator("#sales")).to_contain_text(re.compile(r"\+50[.,]0\s?%"))
    expect(page.locator("#ladder")).to_contain_text(say("Repeat purchase"))
    expect(page.locator("#deals-panel")).to_contain_text("Racks 2")
    expect(page.locator("#group")).to_contain_text("Frisia Holding")
    page.shot("company-money")
    page.locator("h1").scroll_into_view_if_needed()
    standing, dialog = page.locator("#standing"), page.locator("#dialog[open]")
    expect(standing.locator("a[href*='segment=']")).to_be_visible()
    # The level is set by hand, with a reason, and then left to the rule again.
    standing.get_by_role("link", name=say("Set the level")).click()
    dialog.locator("label.tk-opt", has_text=re.compile("^B")).click()
    dialog.get_by_label(say("Why")).fill("Strategic")
    page.shot("company-level")
    with page.expect_navigation():
        dialog.get_by_role("button", name=re.compile(say("Set by hand"))).click()
    expect(standing).to_contain_text("Strategic")
    # Judged by the classifiers.
    standing.locator("[href$='/classify']").first.click()
    dialog.locator("[name=loyalty]").select_option("loyal")
    dialog.locator("[name=interests]").fill("racks, shelves")
    page.shot("company-classify")
    with page.expect_navigation():
        dialog.get_by_role("button", name=re.compile(say("Save"))).click()
    expect(standing).to_contain_text(say("Loyal"))
    page.shot("company")
    assert faults_in_the_dark(page, look) == []
    frisia.refresh_from_db()
    assert (frisia.level, frisia.level_is_manual, frisia.loyalty) == ("B", True, "loyal")
    assert frisia.interests == ["racks", "shelves"]


def test_a_person_goes_to_another_company(frisia: Company, anna: Any, as_person: Any, look: Look) -> None:
    say, page = look.say, as_person(anna, look)
    ilse = Contact.objects.get(name="Ilse van Rottum")
    page.goto_path(f"/contacts/{ilse.pk}")
    expect(page.locator("a[href^='tel:']").first).to_be_visible()
    page.locator("#places").get_by_role("link", name=say("Move to another company")).click()
    dialog = page.locator("#dialog[open]")
    dialog.locator("input[role=combobox]").first.click()
    page.keyboard.type("север")
    page.locator(".ts-dropdown [role=option]", has_text="Северная").click()
    dialog.locator("[name=reason]").fill("Promoted")
    page.shot("contact-move")
    with page.expect_navigation():
        dialog.get_by_role("button", name=re.compile(say("Move"))).click()
    expect(page.locator("#places")).to_contain_text("Северная Логистика")
    expect(page.locator("#places")).to_contain_text("Promoted")
    page.shot("contact")
    assert faults_in_the_dark(page, look) == []
    page.goto_path(f"/companies/{frisia.pk}")
    page.locator("#former summary").click()
    expect(page.locator("#former")).to_contain_text("Ilse van Rottum")
    page.shot("company-former")
    assert Deal.objects.filter(parts__contact=ilse).count() == 2


def test_the_rules_of_customers_and_their_lists(
    frisia: Company, anna: Any, dora: Any, admin: Any, as_person: Any, look: Look
) -> None:
    say, page = look.say, as_person(admin, look)
    page.goto_path("/settings/customers")
    rule = page.locator("section", has=page.locator("#mode-contacts_per_line"))
    rule.locator("select[name=mode]").select_option("enforce")
    rule.get_by_role("button", name=say("Save")).click()
    expect(page.locator("#mode-contacts_per_line")).to_have_value("enforce")
    page.shot("customers-rules")
    for path, found in (("segments", say("Champions")), ("ladder", say("Repeat purchase")), ("levels", "Frisia"), ("lines", "Frisia"), ("forgotten", say("Days without contact"))):  # fmt: skip
        page.goto_path(f"/customers/{path}")
        expect(page.locator("main")).to_contain_text(found)
        page.shot(f"customers-{path}")
        assert faults_in_the_dark(page, look) == [], path
    page.goto_path("/customers/levels")
    page.get_by_role("checkbox", name="Frisia Kühlhaus").check()
    page.get_by_role("button", name=say("Confirm the chosen levels")).click()
    expect(page.locator("main tr", has_text="Frisia Kühlhaus")).to_have_count(0)
    assert Company.objects.get(pk=frisia.pk).level == "A"
    # At least two people of a customer per line of business, asked for before a deal goes on.
    now, by = dt.datetime.now(dt.UTC), Actor(anna)
    first, second = Stage.objects.filter(pipeline__name="B2B sales").order_by("position")[:2]
    commands.set_gate(
        first, criteria=[NewCriterion(check="contacts_in_line", number=2)], fields=[], by=Actor(dora), at=now
    )
    commands.set_gate_mode(first.pipeline, "enforce", is_confirmed=True, by=Actor(admin), at=now)
    deal = commands.create_deal(
        name="Racks 3", company=frisia, contacts=[Contact.objects.get(name="Ilse van Rottum").pk],
        first_task=NewTask(type="call", title="Call", due_at=now + DAY), by=by, at=now,
    )  # fmt: skip
    kees = create_contact(name="Kees Bakker", company=frisia, phones=["+49 30 5550178"], by=by, at=now)
    rep = as_person(anna, look)
    rep.goto_path(f"/deals/{deal.pk}")
    rep.locator(f"button[name=stage][value='{second.pk}']").click()
    expect(rep.locator("#dialog[open] .gt-missing li")).to_have_count(1)
    rep.shot("customers-two-people")
    commands.attach_contact(deal.pk, kees.pk, by=by, at=now)
    rep.goto_path(f"/deals/{deal.pk}")
    rep.locator(f"button[name=stage][value='{second.pk}']").click()
    expect(rep.locator(f"button[name=stage][value='{second.pk}']")).to_have_attribute("aria-current", "step")
