"""A walk through deals by keyboard, an objection and its decision, and a month approved and frozen."""

import datetime as dt
from typing import Any

from playwright.sync_api import expect

from takt.insight.audits.commands import confirm_deal, finish_audit, start_audit
from takt.insight.audits.models import AuditSession
from takt.insight.audits.rules import CODES
from takt.insight.bonus.commands import set_base, set_rule
from takt.insight.bonus.models import BonusAppeal, BonusSheet
from takt.insight.bonus.rules import first_of, last_month
from takt.kernel.events.commands import deliver_all
from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.office.notifications.models import Notification
from takt.sales.deals.queries.gates import today_of

DAY = dt.timedelta(days=1)


def audited(deal: Any, person: Any, auditor: Any, at: dt.datetime) -> AuditSession:
    """An audit that found one thing, to be put right on the same day."""
    by = Actor(auditor)
    session = start_audit(person=person, by=by, at=at)
    verdicts = dict.fromkeys(CODES, "pass") | {"A4": "fail"}
    said = {"A4": "No minutes of the visit"}
    confirm_deal(session, deal.pk, verdicts=verdicts, comments=said, fix_until=today_of(at), by=by, at=at)
    return finish_audit(session, by=by, at=at)


def test_audit_and_bonus(company: Any, anna: Any, dora: Any, person: Any, as_person: Any) -> None:
    now = dt.datetime.now(dt.UTC)
    auditor = person("olga", role="auditor", team=None)
    last = last_month(first_of(today_of(now)))
    noon = dt.datetime.combine(last, dt.time(12), dt.UTC)
    modes = {"A1": "enforce", "A4": "enforce"}
    set_rule(
        from_on=today_of(noon - 60 * DAY),
        single=95,
        repeated=90,
        modes=modes,
        by=Actor(dora),
        at=noon - 60 * DAY,
    )
    set_base(anna.pk, month=last, amount="80000", currency="RUB", by=Actor(dora), at=noon)
    audited(company[0], anna, auditor, noon + DAY)
    lately = audited(company[1], anna, auditor, now - 2 * DAY)

    # The walk: a verdict by its number, a comment, on to the next deal, all by keys.
    page = as_person(auditor)
    page.goto_path("/audit")
    page.get_by_role("link", name="Begin an audit").click()
    page.get_by_role("combobox", name="Person").select_option(label="Anna")
    page.get_by_role("button", name="Begin", exact=True).click()
    expect(page.locator("h1")).to_have_text("Anna")
    page.shot("walk")
    for place in (1, 2, 3):
        expect(page.locator("h1 + span")).to_have_text(f"{place}/3")
        page.keyboard.press("4")
        if place == 1:
            for _turn in range(3):
                if page.locator("input[name=A4][value=fail]").is_checked():
                    break
                page.keyboard.press("4")
            expect(page.locator("input[name=A4][value=fail]")).to_be_checked()
            page.get_by_label("Comment: Actions recorded").fill("The title says nothing")
            page.locator("h1").click()
        page.keyboard.press("c")
    expect(page.get_by_text("The title says nothing")).to_be_visible()
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_text("The audit is finished.")).to_be_visible()
    page.shot("report")
    deliver_all(list(Event.objects.values_list("pk", flat=True)), at=now)
    assert Notification.objects.filter(user=anna, kind="audit.failed").exists()

    # Her bonus line by line; she objects.
    mine = as_person(anna)
    mine.goto_path(f"/bonus/{anna.pk}?month={today_of(lately.finished_at):%Y-%m}")
    line = mine.locator(f"#line-{lately.pk}-A4")
    expect(line).to_contain_text("No minutes of the visit")
    line.locator("summary").click()
    line.get_by_label("Why it is no violation").fill("They are in the mail of Monday")
    mine.shot("objection")
    line.get_by_role("button", name="Object", exact=True).click()
    expect(line).to_contain_text("Anna objected")

    # The head decides with a reason, and approves the month before, which freezes it.
    head = as_person(dora)
    head.goto_path(f"/bonus/{anna.pk}?month={today_of(lately.finished_at):%Y-%m}")
    head.get_by_label("Why").fill("The mail says nothing of it")
    head.get_by_role("button", name="Refuse").click()
    expect(head.get_by_text("The objection is refused.")).to_be_visible()
    assert BonusAppeal.objects.get().verdict == "refused"
    if today_of(lately.finished_at) < first_of(today_of(now)):
        return  # in a month's first two days both audits are of the month before
    head.goto_path(f"/bonus?month={last:%Y-%m}")
    head.shot("month")
    head.get_by_role("link", name="Anna").click()
    head.get_by_role("button", name="Approve the month").click()
    expect(head.get_by_text("It is frozen")).to_be_visible()
    head.shot("frozen")
    sheet = BonusSheet.objects.get(person=anna)
    assert (sheet.percent, sheet.ledger["amount"]) == (95, "76000.00")
