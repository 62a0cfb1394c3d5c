"""A person who never touches the mouse, and one who has only a thumb: 390 px wide, on the move."""

import re
from typing import Any

from playwright.sync_api import expect

from takt.kernel.lib.actor import Actor
from takt.kernel.lists.commands import gather_words
from takt.sales.contacts.commands import create_company
from takt.sales.deals.models import Deal
from tests.journeys.axe import faults_in_the_dark
from tests.journeys.looks import Look


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


def test_one_box_finds_it_whatever_the_letters(
    company: Any, anna: Any, carla: Any, takt: Any, as_person: Any, look: Look
) -> None:
    now, say = company[0].created_at, look.say
    create_company(name="Северная Логистика", owner=anna, by=Actor(anna), at=now)
    create_company(name="上海物流有限公司", owner=anna, by=Actor(anna), at=now)
    create_company(name="Shuttle rival", owner=carla, by=Actor(carla), at=now)
    gather_words(by=takt, at=now)  # as every night
    page = as_person(anna, look)
    page.goto_path("/today")
    page.locator("[data-palette]").locator("visible=true").first.click()
    field, found = page.locator("#palette-q"), page.locator("#palette-found [role=option]")
    for asked, answer in (
        ("shuttel", "Shuttle system"),  # a typing error
        ("логист", "Северная Логистика"),
        ("物", "上海物流有限公司"),
        ("50102", "Person 2"),  # the end of a number
    ):
        field.fill(asked)
        expect(found.filter(has_text=answer).first).to_be_visible()
        page.shot(f"palette-{answer.split()[0]}")
        expect(found.filter(has_text="Shuttle rival")).to_have_count(0)
    field.fill("> " + say("New task"))
    expect(found.filter(has_text=say("New task")).first).to_be_visible()
    page.shot("palette-acts")
    assert faults_in_the_dark(page, look) == []
    page.goto_path("/search?q=customer")
    expect(page.locator(".ls-hits li").first).to_be_visible()
    page.shot("search")
    assert faults_in_the_dark(page, look) == []
    if not look.is_phone:
        page.keyboard.press("Escape")
        page.locator("h1").click()
        page.keyboard.press("Shift+Slash")
        expect(page.locator("#keys")).to_be_visible()
        page.shot("keys")


def test_no_page_is_wider_than_a_phone(company: Any, anna: Any, as_person: Any, phone: Look) -> None:
    deal = company[1]
    page = as_person(anna, phone)
    for path in ("/today", "/deals/board", "/deals", f"/deals/{deal.pk}", "/companies", f"/companies/{deal.company_id}", "/contacts", "/tasks", "/products", "/reports/funnel", "/settings", "/search?q=customer"):  # fmt: skip
        page.goto_path(path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        page.shot(f"phone{path.replace('/', '-').replace('?', '-')}")
        assert wide <= phone.width, f"{path} is {wide} px wide"
    small = page.evaluate(
        "Array.from(document.querySelectorAll('.tk-bottom a, .tk-bottom button'), e => e.getBoundingClientRect()).filter(r => r.height < 44 || r.width < 44).length"
    )
    assert small == 0


def test_the_thumb_does_it_all(company: Any, anna: Any, as_person: Any, phone: Look) -> None:
    say, page = phone.say, as_person(anna, phone)
    page.goto_path("/today")
    bottom, dialog = page.locator(".tk-bottom"), page.locator("#dialog[open]")
    # Find a customer by the end of his number, and call.
    bottom.locator("[data-palette]").tap()
    page.locator("#palette-q").fill("0102")
    page.locator("#palette-found [role=option]", has_text="Person 2").tap()
    call = page.locator("a[href^='tel:+49305550102']").first
    expect(call).to_be_visible()
    assert call.bounding_box()["height"] >= 44
    page.shot("thumb-call")
    # A new deal from the middle of the bar, to its end: it stands there with its next step.
    page.wait_for_load_state("load")
    bottom.locator(".add").tap()
    dialog.locator("[name=name]").fill("From the road")
    dialog.locator("[name=amount]").fill("4200")
    dialog.locator("[name=step_title]").fill("Send the drawing")
    page.shot("thumb-new")
    with page.expect_navigation():
        dialog.get_by_role("button", name=say("Add the deal")).tap()
    made: Any = Deal.objects.get(name="From the road")
    assert (made.amount, made.next_task.title) == (4200, "Send the drawing")
    # Finish a task with its next step, from the plan of the day.
    deal = company[1]
    page.goto_path("/today")
    page.get_by_role("button", name=say("Complete: %(title)s", title="Call about Shuttle system")).tap()
    form = page.locator(f"#complete-{deal.next_task_id}")
    form.locator("[name=result]").fill("Agreed")
    form.locator("[name=next_title]").fill("Send the quote")
    page.shot("thumb-complete")
    form.locator("button[type=submit].btn-primary").tap()
    expect(form).to_have_count(0)
    assert Deal.objects.select_related("next_task").get(pk=deal.pk).next_task.title == "Send the quote"  # type: ignore[union-attr]
    # Move it on, on its own page, and another one on the board.
    page.goto_path(f"/deals/{deal.pk}")
    page.shot("thumb-deal")
    with page.expect_navigation():
        page.locator("button[name=stage]").nth(1).tap()
    expect(page.locator("button[name=stage]").nth(1)).to_have_attribute("aria-current", "step")
    page.goto_path("/deals/board")
    card = page.locator(f"#card-{made.pk}")
    card.locator("summary").tap()
    page.shot("thumb-board")
    stages = list(made.pipeline.stages.order_by("position"))
    expect(card.locator(f"[data-move-to='{stages[0].pk}']")).to_be_hidden()  # it stands there
    card.locator(f"[data-move-to='{stages[1].pk}']").tap()
    expect(page.locator("#toasts").get_by_role("button", name=say("Undo"))).to_be_visible()
    assert Deal.objects.get(pk=made.pk).stage.position == 2
    assert Deal.objects.get(pk=deal.pk).stage.position == 2


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
