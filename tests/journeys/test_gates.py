"""A gate holds a deal up on the board and on its page, asks for what is missing, and lets it through."""

import datetime as dt
import re
from typing import Any

from playwright.sync_api import expect

from takt.kernel.lib.actor import Actor
from takt.sales.deals import commands
from takt.sales.deals.commands import NewCriterion, NewField
from takt.sales.deals.models import Stage
from tests.journeys.axe import faults_in_the_dark
from tests.journeys.looks import Look


def _enforced(pipeline: Any, dora: Any, admin: Any) -> list[Stage]:
    now = dt.datetime.now(dt.UTC)
    stages = list(Stage.objects.filter(pipeline=pipeline).order_by("position"))
    for stage in stages:
        commands.set_gate(stage, criteria=[], fields=[], by=Actor(dora), at=now)
    commands.set_gate(
        stages[0], criteria=[NewCriterion("The hall was measured")], fields=[NewField("expected_close_date")],
        by=Actor(dora), at=now,
    )  # fmt: skip
    commands.set_gate_mode(pipeline, "enforce", is_confirmed=True, by=Actor(admin), at=now)
    return stages


def test_a_dropped_card_goes_back_and_the_dialog_asks(
    company: Any, pipeline: Any, anna: Any, dora: Any, admin: Any, as_person: Any
) -> None:
    stages = _enforced(pipeline, dora, admin)
    deal = company.get(name="Shuttle system")
    page = as_person(anna)
    page.goto_path("/deals/board")
    page.locator(f"#card-{deal.pk}").drag_to(
        page.locator(f"#cards-{stages[1].pk}"), target_position={"x": 60, "y": 12}
    )
    dialog = page.locator("#dialog[open]")
    dialog.wait_for()
    assert page.locator(f"#cards-{stages[0].pk} #card-{deal.pk}").count() == 1
    assert "Before the deal goes on, this is missing:" in dialog.inner_text()
    dialog.get_by_label("The hall was measured").check()
    dialog.get_by_label("Expected close date").fill("2031-05-05")
    with page.expect_navigation():
        dialog.get_by_role("button", name="Save and move").click()
    page.locator(f"#cards-{stages[1].pk} #card-{deal.pk}").wait_for()
    deal.refresh_from_db()
    assert (deal.stage, deal.expected_close_on) == (stages[1], dt.date(2031, 5, 5))


def test_an_administrator_asks_a_rep_answers_and_a_head_overrules(
    company: Any, pipeline: Any, anna: Any, dora: Any, admin: Any, as_person: Any, look: Look
) -> None:
    say = look.say
    first, second = Stage.objects.filter(pipeline=pipeline).order_by("position")[:2]
    page = as_person(admin, look)
    page.goto_path(f"/settings/pipelines/{pipeline.pk}")
    dialog = page.locator("#dialog[open]")
    # A stage more, in its own colour, moved up by one.
    page.get_by_role("link", name=say("Add a stage")).click()
    dialog.locator("[name=name]").fill("Sample tested")
    dialog.locator("[name=probability]").fill("95")
    dialog.locator("[name=color]").select_option("chart-2")
    page.shot("stage-new")
    with page.expect_navigation():
        dialog.get_by_role("button", name=re.compile(say("Add"))).click()
    row = page.locator("#stages tbody tr", has_text="Sample tested")
    row.get_by_role("button", name=say("Move %(name)s up", name="Sample tested")).click()
    expect(page.locator("#stages tbody tr").last).not_to_contain_text("Sample tested")
    page.shot("stages")
    assert faults_in_the_dark(page, look) == []
    # What the first stage asks for, what that would mean today, and from now on.
    page.locator(f"a[href='/settings/stages/{first.pk}/gate']").locator("visible=true").click()
    dialog.locator("[name=confirmed]").fill("The hall was measured")
    for box in reversed(dialog.locator("[name=check]:checked").all()):
        box.uncheck()
    for box in reversed(dialog.locator("[name=field]:checked").all()):
        box.uncheck()
    dialog.locator("[name=field][value=expected_close_date]").check()
    page.shot("stage-gate")
    with page.expect_navigation():
        dialog.get_by_role("button", name=re.compile(say("Save"))).click()
    page.goto_path(f"/settings/pipelines/{pipeline.pk}/gates")
    expect(page.locator("main")).to_contain_text("The hall was measured")
    page.shot("gates-preview")
    page.get_by_role("button", name=say("Enforce the gates")).click()
    expect(page.locator("[name=mode][value=enforce]")).to_be_checked()
    page.shot("pipeline")
    # The rep is asked for all of it at once, in a form to fill it in.
    deal, other = company.get(name="Dock levellers"), company.get(name="Shuttle system")
    rep = as_person(anna, look)
    rep.goto_path(f"/deals/{deal.pk}")
    tick = rep.get_by_role("checkbox", name="The hall was measured")
    tick.click()
    expect(rep.locator("[data-gate] [aria-checked=true]")).to_have_count(1)
    rep.shot("gate")
    rep.locator(f"button[name=stage][value='{second.pk}']").click()
    asked = rep.locator("#dialog[open]")
    expect(asked).not_to_contain_text("The hall was measured")
    asked.locator("[name=expected_close_date]").fill("2031-05-05")
    rep.shot("gate-asks")
    with rep.expect_navigation():
        asked.get_by_role("button", name=say("Save and move")).click()
    expect(rep.locator(f"button[name=stage][value='{second.pk}']")).to_have_attribute("aria-current", "step")
    # The head moves another all the same, with a reason that stays in the list.
    head = as_person(dora, look)
    head.goto_path(f"/deals/{other.pk}")
    head.locator(f"button[name=stage][value='{second.pk}']").click()
    forced = head.locator("#dialog[open]")
    forced.locator(".gt-force summary").click()
    forced.locator(".gt-force [name=reason]").fill("The customer is in a hurry")
    head.shot("gate-force")
    with head.expect_navigation():
        forced.get_by_role("button", name=say("Move all the same")).click()
    head.goto_path("/deals/gates")
    expect(head.locator("main")).to_contain_text("The customer is in a hurry")
    head.shot("gates-forced")
    assert faults_in_the_dark(head, look) == []
    assert {d.stage_id for d in company.filter(pk__in=[deal.pk, other.pk])} == {second.pk}
