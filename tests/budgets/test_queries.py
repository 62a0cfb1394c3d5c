"""No page and no list of the API asks the database more often because there is more in it."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver

from takt.insight.audits.commands import confirm_deal, finish_audit, judge_all, start_audit
from takt.insight.metrics.reports import REPORTS
from takt.insight.rituals.commands import keep_practice
from takt.kernel.accounts.commands import create_team, create_token, create_user
from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lists.commands import save_view
from takt.office.notifications.commands import notify
from takt.sales.catalog.commands import create_product
from takt.sales.contacts.commands import create_company, create_contact
from takt.sales.deals import commands
from takt.sales.deals.commands import NewLine, NewTask
from takt.sales.deals.models import Deal, Stage

pytestmark = pytest.mark.django_db
FEW, MANY = 10, 60
# The stable addresses of CONTRACT.md that stand today; what else there is, is found in the URLs.
PROMISED = {
    "/today", "/deals/board", "/deals", "/deals/PK", "/companies", "/companies/PK", "/contacts", "/contacts/PK",
    "/tasks", "/audit", "/standup", "/import", "/settings/users", "/reports/funnel", "/products",
}  # fmt: skip
NOT_A_READING_PAGE = (
    "sign-in",
    "sign-out",
    "set-up",
    "healthz",
    "readyz",
    "undo/",
    "api/",
    "static/",
    "manifest",
    "service-worker",
    "offline",
)


def addresses(resolver: URLResolver | None = None, before: str = "") -> Iterator[str]:
    for pattern in (resolver or get_resolver()).url_patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, path)
        elif isinstance(pattern, URLPattern) and not path.startswith(NOT_A_READING_PAGE):
            yield f"/{path}"


class Filled:
    """The cast with as many records of everything as is asked for."""

    def __init__(self, admin: Any, anna: Any, at: dt.datetime) -> None:
        self.admin, self.anna, self.at, self.number = Actor(admin), Actor(anna), at, 0
        self.stages = list(Stage.objects.order_by("pipeline_id", "position"))
        self.keys: dict[str, int] = {}
        list(addresses())  # the lists are known once their pages are

    def fill(self, wanted: int) -> None:
        while self.number < wanted:
            self.number += 1
            self._one(self.number)
        judge_all(by=self.admin, at=self.at)

    def _one(self, n: int) -> None:
        admin, anna = self.admin, self.anna
        at = self.at - dt.timedelta(hours=n)
        person = create_user(
            email=f"p{n}@takt.example", name=f"Person {n}", role="rep", password="correct horse", by=admin, at=at,
            team=create_team(f"Team {n}", by=admin, at=at),
        )  # fmt: skip
        create_token(f"token {n}", is_read_only=True, by=Actor(person), at=at)
        product = create_product(name=f"Rack {n}", price="10", currency="EUR", by=admin, at=at)
        company = create_company(name=f"Company {n}", by=anna, at=at)
        # Of everything one more, and of the first record's own things one more too.
        first = self.keys.setdefault("companies", company.pk)
        contact = create_contact(
            name=f"Ilse {n}", company=company, phones=[f"+31105550{n:03}"], by=anna, at=at
        )
        self.keys.setdefault("contacts", contact.pk)
        create_contact(name=f"Jan {n}", company=first, by=anna, at=at)
        deal = commands.create_deal(
            name=f"Deal {n}", company=company, contacts=[contact], amount="10", currency="EUR", owner=person,
            stage=self.stages[n % len(self.stages)], lines=[NewLine(product, n, "10")],
            first_task=NewTask(type="call", title=f"Call {n}", due_at=at), by=admin, at=at,
        )  # fmt: skip
        commands.assign_deal(deal, anna.user, by=admin, at=at)
        main = self.keys.setdefault("deals", deal.pk)
        self.keys.setdefault("tasks", deal.next_task_id or 0)
        self.keys.setdefault("products", product.pk)
        self.keys.setdefault("users", person.pk)
        keep_practice(f"What worked {n}", stage=self.stages[n % len(self.stages)].pk, by=admin, at=at)
        audit = start_audit(person=anna.user, sample=n, by=admin, at=at)
        self.keys.setdefault("audit", audit.pk)
        self.keys.setdefault("bonus", anna.user.pk)
        confirm_deal(audit, audit.deals.first().deal_id, verdicts={"A4": "fail"}, by=admin, at=at)
        finish_audit(audit, by=admin, at=at)
        commands.add_note(body=f"Note {n}", deal=main, by=anna, at=at)
        commands.create_task(NewTask(type="call", title=f"More {n}", due_at=at), deal=main, by=anna, at=at)
        commands.create_deal(name=f"Of the first {n}", company=first, contacts=[self.keys["contacts"]], is_quick=True,
                             by=anna, at=at)  # fmt: skip
        ended = commands.create_deal(
            name=f"Ended {n}", amount="5", currency="EUR", contacts=[contact], is_quick=True, by=anna, at=at
        )
        if n % 2:
            commands.win_deal(ended, by=anna, at=at)
        else:
            commands.lose_deal(ended, "price", by=anna, at=at)
        commands.set_lines(main, [NewLine(product, i + 1, "10") for i in range(n)], by=anna, at=at)
        commands.add_deal_type(name=f"Type {n}", by=admin, at=at)
        save_view("deals", f"View {n}", "status=open", by=anna, at=at)
        event = Event.objects.latest("id").pk
        for user in (admin.user, anna.user):
            notify(user.pk, event=event, kind="deal.handed_over_by_takt", params={"deal": "X"}, url="/deals/1",
                   by=admin, at=at)  # fmt: skip

    def key_for(self, path: str) -> int:
        return self.keys.get(path.split("/")[-2 if path.count("/") == 2 else 1], 0)


@pytest.fixture
def filled(admin: Any, anna: Any, pipeline: Any, at: dt.datetime) -> Filled:
    return Filled(admin, anna, at)


def counted(ask: Callable[[], Any]) -> tuple[int, list[str]]:
    ask()  # what is kept for the process is fetched once
    with CaptureQueriesContext(connection) as seen:
        ask()
    return len(seen), [re.sub(r"\d+", "N", q["sql"])[:160] for q in seen.captured_queries]


def grown(few: dict[str, Any], many: dict[str, Any]) -> dict[str, str]:
    """Addresses that ask more often, with the question that is asked again."""
    found = {}
    for path, (count, asked) in many.items():
        if path in few and count > few[path][0]:
            most = max(set(asked), key=lambda q: asked.count(q) - few[path][1].count(q))
            found[path] = f"{few[path][0]} → {count}: {asked.count(most)} times {most}"
    return found


def test_pages(filled: Filled, client_of: Callable[..., Any], admin: Any, anna: Any) -> None:
    filled.fill(2)
    # The day of the test's clock: what is due then is due for Today too.
    paths: dict[str, str] = {}
    for pattern in addresses():
        path = re.sub(r"<int:pk>", "PK", pattern)
        path = path.replace("<str:name>", "amount")  # a field of the deal
        if "<slug:name>" in path:
            paths |= {(p := path.replace("<slug:name>", name)): p for name in REPORTS}
        elif "<slug:kind>" in path:
            for kind, plural in (("deal", "deals"), ("company", "companies"), ("contact", "contacts")):
                paths[path.replace("<slug:kind>", kind)] = f"/timeline/{kind}/{filled.keys[plural]}"
        elif "PK" in path and (key := filled.keys.get(path.split("/")[1])):
            paths[path] = path.replace("PK", str(key))
        elif "<" not in path and "PK" not in path:
            paths[path] = path
    shown: dict[int, dict[str, Any]] = {}
    for wanted in (FEW, MANY):
        filled.fill(wanted)
        shown[wanted] = {}
        for user in (admin, anna):
            browser = client_of(user)
            for path, real in paths.items():
                if browser.get(real).status_code == 200:
                    shown[wanted][f"{path} as {user.name}"] = counted(lambda b=browser, r=real: b.get(r))
    missing = {p for p in PROMISED if not any(s.startswith(f"{p} as") for s in shown[MANY])}
    assert missing == set()
    assert len(shown[MANY]) > 60
    assert grown(shown[FEW], shown[MANY]) == {}


def test_lists_of_the_api(filled: Filled, api_of: Callable[..., Any], admin: Any, anna: Any) -> None:
    from takt.config.api import api

    paths = [
        path
        for path, item in api.get_openapi_schema(path_prefix="/api/v1/")["paths"].items()
        if "get" in item
    ]
    lists = [p for p in paths if "{" not in p]
    assert "/api/v1/deals" in lists
    shown: dict[int, dict[str, Any]] = {}
    for wanted in (FEW, MANY):
        filled.fill(wanted)
        shown[wanted] = {}
        for user in (admin, anna):
            program = api_of(user)
            for path in lists:
                real = f"{path}?limit=100&count=true"
                if program.get(real).status_code != 200:
                    real = path
                if program.get(real).status_code == 200:
                    shown[wanted][f"{path} as {user.name}"] = counted(lambda p=program, r=real: p.get(r))
    assert len(shown[MANY]) > 15
    assert grown(shown[FEW], shown[MANY]) == {}


def test_the_measure_finds_what_grows(filled: Filled, client_of: Callable[..., Any], anna: Any) -> None:
    """The positive control: a loop that asks once for each deal is told."""
    shown = {}
    for wanted in (2, 5):
        filled.fill(wanted)
        shown[wanted] = {"loop": counted(lambda: [d.company for d in Deal.objects.all()])}
    assert "loop" in grown(shown[2], shown[5])
