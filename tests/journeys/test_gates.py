"""A gate holds a deal up on the board and on its page, asks for what is missing, and lets it through."""

import datetime as dt
from typing import Any

from takt.kernel.lib.actor import Actor
from takt.sales.deals import commands
from takt.sales.deals.commands import NewCriterion, NewField
from takt.sales.deals.models import Stage


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


def test_the_stepper_opens_the_same_dialog_and_the_checklist_can_be_ticked(
    company: Any, pipeline: Any, anna: Any, dora: Any, admin: Any, as_person: Any
) -> None:
    stages = _enforced(pipeline, dora, admin)
    deal = company.get(name="Dock levellers")
    page = as_person(anna)
    page.goto_path(f"/deals/{deal.pk}")
    tick = page.get_by_role("checkbox", name="The hall was measured")
    tick.click()
    page.locator('[data-gate] [aria-checked="true"]').wait_for()
    page.locator(f'.tk-steps button[value="{stages[1].pk}"]').click()
    dialog = page.locator("#dialog[open]")
    dialog.wait_for()
    assert "The hall was measured" not in dialog.inner_text()
    dialog.get_by_label("Expected close date").fill("2031-05-05")
    with page.expect_navigation():
        dialog.get_by_role("button", name="Save and move").click()
    page.locator(f'.tk-steps button[value="{stages[1].pk}"][aria-current="step"]').wait_for()
    assert "move=" not in page.url
