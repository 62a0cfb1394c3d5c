"""An administrator's own fields, two cards of one customer, and a mistake taken back from the recycle bin."""

import datetime as dt
import re
from typing import Any

import pytest
from playwright.sync_api import expect

from takt.kernel.lib.actor import Actor
from takt.sales.contacts.commands import create_company
from takt.sales.contacts.commands.twins import compare
from takt.sales.contacts.models import Company
from takt.sales.deals import commands
from takt.sales.deals.models import Deal
from tests.journeys.looks import Look


def test_a_field_of_ones_own_from_settings_to_the_filter(
    company: Any, admin: Any, anna: Any, as_person: Any, look: Look
) -> None:
    say = look.say
    page = as_person(admin, look)
    page.goto_path("/settings/fields/deal")
    form = page.locator("form", has=page.locator("#new-field-name"))
    form.locator("#new-field-name").fill("Temperature")
    form.locator("#new-field-kind").select_option("choice")
    form.locator("#new-field-options").fill("Chilled\nFrozen")
    page.shot("fields-new")
    form.get_by_role("button", name=say("Add the field")).click()
    expect(page.locator("#fields")).to_contain_text("Temperature")
    page.shot("fields")

    rep = as_person(anna, look)
    deal = company[0]
    rep.goto_path(f"/deals/{deal.pk}/edit")
    rep.get_by_label("Temperature").select_option(label="Frozen")
    rep.shot("fields-form")
    rep.locator("form", has=rep.get_by_label("Temperature")).get_by_role(
        "button", name=re.compile(say("Save"))
    ).first.click()
    expect(rep.get_by_text("Frozen").first).to_be_visible()
    frozen = next(iter(Deal.objects.get(pk=deal.pk).custom.values()))
    rep.goto_path(f"/deals?cf_temperature={frozen}&columns=name,amount,cf_temperature")
    expect(rep.get_by_role("link", name=deal.name)).to_be_visible()
    expect(rep.get_by_role("link", name=company[1].name)).to_have_count(0)
    rep.shot("fields-list")


@pytest.fixture
def twins(anna: Any, company: Any, takt: Any) -> list[Company]:
    """One customer twice: in Latin letters with a deal, in Cyrillic without one."""
    at = dt.datetime.now(dt.UTC)
    first = create_company(name="Severnaya Logistika", phones=["+7 495 555-01-01"], by=Actor(anna), at=at)
    second = create_company(name="Северная Логистика", phones=["+7 (495) 555 01 01"], by=Actor(anna), at=at)
    commands.create_deal(name="Pallets", company=second, is_quick=True, by=Actor(anna), at=at)
    compare("company", [first.pk, second.pk], by=takt, at=at)
    return [first, second]


def test_two_cards_of_one_customer_are_merged_and_taken_apart(
    twins: list[Company], admin: Any, as_person: Any, look: Look
) -> None:
    say = look.say
    page = as_person(admin, look)
    page.goto_path("/duplicates")
    pair = page.locator(".ct-pair", has_text="Severnaya")
    expect(pair).to_be_visible()
    page.shot("duplicates")
    pair.get_by_role("link", name=say("Merge"), exact=True).click()
    expect(page.locator(".ct-merge")).to_be_visible()
    page.shot("merge")
    page.locator(".ct-merge").get_by_role("button", name=say("Merge"), exact=True).click()
    expect(page.locator("h1")).to_be_visible()
    stays = Company.objects.get(pk__in=[t.pk for t in twins], deleted_at=None)
    assert Deal.objects.get(name="Pallets").company_id == stays.pk
    page.shot("merged")
    loser = next(t for t in twins if t.pk != stays.pk)
    page.goto_path(f"/companies/{loser.pk}")
    assert page.url.endswith(f"/companies/{stays.pk}")
    page.get_by_role("button", name=say("Take apart")).first.click()
    expect(page.get_by_role("button", name=say("Take apart"))).to_have_count(0)
    assert Company.objects.filter(pk__in=[t.pk for t in twins], deleted_at=None).count() == 2


def test_a_deleted_deal_comes_back_from_the_bin(company: Any, admin: Any, as_person: Any, look: Look) -> None:
    say = look.say
    deal = company[1]
    commands.delete_deal(deal, by=Actor(admin), at=dt.datetime.now(dt.UTC))
    page = as_person(admin, look)
    assert page.goto_path(f"/deals/{deal.pk}").status == 404
    page.goto_path("/recycle-bin")
    expect(page.get_by_text("Shuttle system")).to_be_visible()
    page.shot("bin")
    page.locator("summary", has_text=say("All that is shown")).click()
    page.get_by_role("link", name=re.compile(re.escape(say("Restore all %(count)s shown", count=1)))).click()
    dialog = page.get_by_role("dialog")
    page.shot("bin-restore")
    dialog.get_by_role("button", name=say("Restore"), exact=True).click()
    expect(page.get_by_text("Shuttle system")).to_have_count(0)
    assert page.goto_path(f"/deals/{deal.pk}").status == 200
    deal.refresh_from_db()
    assert deal.next_task.status == "open"
