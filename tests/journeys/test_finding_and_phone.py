"""A person who never touches the mouse, and one who has only a thumb: 390 px wide, on the move."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from takt.sales.deals.models import Deal

PHONE = {"width": 390, "height": 844}


def test_everything_by_keyboard(company: Any, anna: Any, as_person: Any) -> None:
    page = as_person(anna)
    page.goto_path("/today")
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Search or run")
    expect(field).to_be_focused()
    page.keyboard.type("shuttle")
    first = page.locator("#palette-found [role=option]").first
    expect(first).to_contain_text("Shuttle system")
    expect(first).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", re.compile("palette-o0"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/deals/{company[1].pk}$"))
    page.wait_for_load_state("load")  # a key pressed before the scripts are there is nobody's
    # The record's own acts stand in the palette; Enter right after typing waits for the answer.
    page.keyboard.press("Control+k")
    page.keyboard.type("> lost")
    page.keyboard.press("Enter")
    expect(page.locator("#dialog")).to_be_visible()
    page.keyboard.press("Escape")
    # The same letters' keys on a Russian keyboard.
    page.evaluate("document.activeElement.blur()")
    page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'д', code: 'KeyL', bubbles: true}))"
    )
    expect(page.locator("#dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#dialog")).not_to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("d")
    expect(page).to_have_url(re.compile("/deals/board"))
    page.wait_for_load_state("load")
    page.keyboard.press("Shift+Slash")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    # What was opened lately is offered before anything is typed.
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-found")).to_contain_text("Shuttle system")
    page.keyboard.press("Escape")


def test_an_answer_that_comes_late_is_not_what_enter_opens(company: Any, anna: Any, as_person: Any) -> None:
    page = as_person(anna)
    page.goto_path(f"/deals/{company[0].pk}")
    page.wait_for_load_state("load")
    # The answer to the empty field comes after the first letter and before the letters' own question.
    page.evaluate("""() => {
      const real = window.fetch;
      window.fetch = (url, how) => !String(url).includes("q=&") ? real(url, how) : new Promise(done => {
        real(url, {headers: how.headers}).then(answer => { window.answerNow = () => done(answer); });
      });
    }""")
    page.keyboard.press("Control+k")
    page.evaluate("""async () => {
      const rest = ms => new Promise(done => setTimeout(done, ms));
      while (!window.answerNow) await rest(10);
      const field = document.querySelector("#palette input");
      field.value = "> lost";
      field.dispatchEvent(new InputEvent("input", {bubbles: true}));
      window.answerNow();
      await rest(20);
      field.dispatchEvent(new KeyboardEvent("keydown", {code: "Enter", key: "Enter", bubbles: true}));
    }""")
    expect(page.get_by_role("dialog", name="Lost")).to_be_visible()


def test_single_keys_can_be_switched_off(company: Any, anna: Any, as_person: Any) -> None:
    page = as_person(anna)
    page.goto_path("/settings/profile")
    page.get_by_label("Single keys as shortcuts").select_option("false")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("body[data-no-keys]")).to_have_count(1)
    page.goto_path(f"/deals/{company[0].pk}")
    page.keyboard.press("l")
    page.keyboard.press("Shift+Slash")
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "ru", "zh-hans"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_day_on_the_phone(language: str, scheme: Any, company: Any, anna: Any, as_person: Any) -> None:
    anna.language = language
    anna.save(update_fields=["language"])
    deal = company[1]
    page = as_person(anna)
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme=scheme)
    for path in ("/today", "/deals/board", "/deals", f"/deals/{deal.pk}", "/companies", f"/companies/{deal.company_id}", "/contacts", "/tasks", "/products", "/reports/funnel", "/settings", "/search?q=customer"):  # fmt: skip
        page.goto_path(path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        page.shot(f"phone-{language}-{scheme}{path.replace('/', '-').replace('?', '-')}")
        assert wide <= PHONE["width"], f"{path} is {wide} px wide"
    small = page.evaluate(
        "Array.from(document.querySelectorAll('.tk-bottom a, .tk-bottom button'), e => e.getBoundingClientRect()).filter(r => r.height < 44 || r.width < 44).length"
    )
    assert small == 0


def test_the_thumb_does_it_all(company: Any, anna: Any, as_person: Any) -> None:
    page = as_person(anna)
    page.set_viewport_size(PHONE)
    page.goto_path("/today")
    bottom = page.locator(".tk-bottom")
    # Find a customer by the end of his number, and call.
    bottom.locator("[data-palette]").click()
    page.keyboard.type("0102")
    page.locator("#palette-found [role=option]", has_text="Person 2").click()
    expect(page.locator("a[href^='tel:+49305550102']").first).to_be_visible()
    # A new deal from the middle of the bar.
    bottom.locator(".add").click()
    expect(page.locator("#dialog")).to_be_visible()
    page.locator("#dialog [name=name]").fill("From the road")
    page.keyboard.press("Escape")
    # Finish a task with its next step.
    deal = company[1]
    page.goto_path(f"/tasks/{deal.next_task_id}")
    page.locator("[data-key-complete]").first.click()
    expect(page.locator("#dialog")).to_be_visible()
    page.locator("#dialog [name=result]").fill("Agreed")
    page.locator("#dialog [name=next_title]").fill("Send the quote")
    page.locator("#dialog button.btn-primary").last.click()
    expect(page.locator("#dialog")).not_to_be_visible()
    assert Deal.objects.get(pk=deal.pk).next_task.title == "Send the quote"  # type: ignore[union-attr]


def test_the_worker_shows_a_page_of_its_own_without_a_network(
    company: Any, anna: Any, as_person: Any
) -> None:
    page = as_person(anna)
    page.goto_path("/today")
    page.evaluate("navigator.serviceWorker.ready.then(r => r.active.state)")
    kept = page.evaluate(
        "caches.keys().then(ks => Promise.all(ks.map(k => caches.open(k).then(c => c.keys())))).then(a => a.flat().map(r => new URL(r.url).pathname))"
    )
    assert kept and all(path == "/offline" or path.startswith("/static/") for path in kept)
