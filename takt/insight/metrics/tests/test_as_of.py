"""What a report said at each of many moments, it says again when it is asked as of that moment."""

import dataclasses
import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from takt.insight.metrics.reports import REPORTS, figures
from takt.insight.metrics.reports.asking import scope_of
from takt.kernel.events.facts import Fact
from takt.kernel.events.unit import record
from takt.kernel.lib.actor import Actor
from takt.kernel.money.commands import set_rate
from takt.sales.activities.commands import NewTask
from takt.sales.catalog.models import Product
from takt.sales.deals import commands
from takt.sales.deals.commands import NewLine, NewPerson, lines
from takt.sales.deals.models import Deal

HOUR = dt.timedelta(hours=1)
BY_TODAY = {"as_of", "notes"}  # said of the past only


class Watch:
    """A clock of one's own, and what every report said whenever it was looked at."""

    def __init__(self, start: dt.datetime, readers: dict[str, Any], filters: list[dict[str, Any]]) -> None:
        self.now, self.readers, self.filters, self.looks = start, readers, filters, 0
        self.seen: list[tuple[dt.datetime, str, str, dict[str, Any], dict[str, Any]]] = []

    def later(self, hours: float = 30) -> dt.datetime:
        self.now += hours * HOUR
        return self.now

    def look(self) -> None:
        """The whole of it each time, and one of the narrower views in turn."""
        views: list[tuple[str, dict[str, Any]]] = [("all", asked) for asked in self.filters]
        views += [(reader, {}) for reader in self.readers if reader != "all"]
        narrow = views[1:]
        self.looks += 1
        for reader, asked in (views[0], narrow[self.looks % len(narrow)]):
            for name in REPORTS:
                found = figures(name, scope_of(self.readers[reader], asked, at=self.now))
                self.seen.append((self.now, reader, name, asked, told(found)))


def told(found: dict[str, Any]) -> dict[str, Any]:
    tables = {(t["part"], t["name"]): t["rows"] for t in found["tables"] if t["name"] != "followed"}
    return {key: value for key, value in found.items() if key not in BY_TODAY} | {"tables": tables}


@pytest.fixture
def eventful(
    pipeline: Any, anna: Any, boris: Any, carla: Any, dora: Any, admin: Any, at: dt.datetime, settings: Any
) -> Watch:
    """A month in which everything happens to eight deals, looked at after each act."""
    settings.TAKT_CURRENCY = "RUB"
    by, boss = Actor(user=admin), Actor(user=dora)
    filters: list[dict[str, Any]] = [
        {},
        {"from": "2026-03-05", "to": "2026-03-20"},
        {"owner": anna.pk},
        {"team": "North"},
        {"pipeline": pipeline.pk},
    ]
    watch = Watch(at, {"all": None, "lead": boris, "rep": anna}, filters)
    for currency, rate in (("EUR", "90"), ("USD", "75.5")):
        set_rate(currency, at.date(), rate, by=by, at=at)
    stages = list(pipeline.stages.order_by("position"))
    other = commands.create_pipeline(
        name="Service", stages=[{"name": "Asked", "probability": 20}], by=by, at=at
    )
    first = stages[0].pk
    step = NewTask(type="call", title="Talk about the offer", due_at=at + 900 * HOUR)
    deals: dict[str, Deal] = {}

    def start(name: str, owner: Any, amount: str | None, currency: str, **more: Any) -> None:
        person = NewPerson(name=f"Client of {name}", phone="", email="")
        deals[name] = commands.create_deal(
            name=name, pipeline=more.pop("pipeline", pipeline), owner=owner, amount=amount, currency=currency,
            new_person=person, first_task=step, by=by, at=watch.now, **more,
        )  # fmt: skip

    start("moved", anna, "1000", "EUR")
    start("won", anna, "2000", "USD")
    start("lost", carla, "3000.50", settings.TAKT_CURRENCY)
    watch.look()
    watch.later()
    start("unrated", carla, "700", "CHF")
    start("handed", anna, None, "EUR", expected_close_date="2026-04-10", probability=35)
    watch.look()

    def act(
        change: Callable[..., Any], *given: Any, who: Actor = boss, hours: float = 30, **more: Any
    ) -> None:
        watch.later(hours)
        change(*given, by=who, at=watch.now, **more)
        watch.look()

    product = Product.objects.create(name="Mill", sort_key="mill", price=Decimal(55), currency="EUR",
        series="M", created_at=at, updated_at=at)  # fmt: skip
    mills = lambda n: [NewLine(product=product, quantity=n, price="50")]  # noqa: E731
    act(commands.move_deal, deals["moved"].pk, stages[3].pk)
    act(commands.edit_deal, deals["moved"].pk, {"amount": "1500", "expected_close_date": "2026-05-02"})
    act(commands.edit_deal, deals["handed"].pk, {"amount": "800"})
    act(commands.move_deal, deals["moved"].pk, stages[1].pk, hours=0.5)
    act(commands.edit_stage, stages[1].pk, {"probability": 47}, who=by)
    act(commands.edit_deal, deals["moved"].pk, {"currency": "CHF"})
    act(commands.edit_deal, deals["moved"].pk, {"currency": "USD", "probability": 5})
    act(commands.assign_deal, deals["handed"].pk, carla.pk)
    act(commands.win_deal, deals["won"].pk, amount="2222.22")
    act(commands.win_deal, deals["unrated"].pk)
    act(commands.lose_deal, deals["lost"].pk, "price")
    act(commands.move_deals, [deals["handed"].pk, deals["moved"].pk], stages[2].pk)
    act(commands.reopen_deal, deals["lost"].pk, next_task=step)
    act(commands.edit_deal, deals["lost"].pk, {"amount": "4000", "currency": "EUR"})
    act(commands.reopen_deal, deals["won"].pk, stage=first, next_task=step)
    act(commands.change_pipeline, deals["won"].pk, other.pk)
    act(commands.lose_deal, deals["lost"].pk, "competitor")
    act(commands.assign_deals, [deals["handed"].pk, deals["won"].pk], boris.pk)
    act(commands.delete_deal, deals["moved"].pk, who=by)
    act(commands.restore_deal, deals["moved"].pk, who=by)
    act(commands.edit_deal, deals["moved"].pk, {"amount": "1600"})
    act(commands.set_lines, deals["moved"].pk, mills(40))
    act(commands.set_lines, deals["moved"].pk, [], sets_amount=False)
    act(commands.edit_deal, deals["moved"].pk, {"amount": None, "expected_close_date": None})
    act(commands.win_deal, deals["won"].pk)
    act(commands.delete_deal, deals["unrated"].pk, who=by)
    act(commands.edit_deal, deals["handed"].pk, {"name": "Renamed", "probability": None})
    return watch


def test_every_moment_is_told_as_it_was(eventful: Watch) -> None:
    assert len(eventful.seen) > 300
    last = eventful.later()
    wrong = []
    for moment, reader, name, asked, then in eventful.seen:
        given = asked | {"as_of": moment.isoformat()}
        again = told(figures(name, scope_of(eventful.readers[reader], given, at=last)))
        for key, value in then.items():
            if key != "tables" and again[key] != value:
                wrong.append(f"{moment} {reader} {name} {asked} {key}: {again[key]}, not {value}")
        for key, rows in then["tables"].items():
            if not same(key, rows, again["tables"][key]):
                wrong.append(f"{moment} {reader} {name} {asked} {key}: {again['tables'][key]}, not {rows}")
    assert not wrong, "\n".join(wrong[:20]) + f"\n{len(wrong)} in all"


def same(key: tuple[str, str], then: list[Any], again: list[Any]) -> bool:
    """Products are today's by declaration; a list names only deals that the reader may still see, as they are called."""
    if key[1] in {"by_product", "by_series", "list_value", "prices"}:
        return True
    if key[1] == "snapshot":
        worth = {"list_value", "not_converted"}
        then, again = (
            [{k: v for k, v in row.items() if k not in worth} for row in rows] for rows in (then, again)
        )
    if key[1] == "no_date":
        then, again = ([row | {"name": ""} for row in rows] for rows in (then, again))
        return all(row in then for row in again)
    return then == again


def test_a_day_is_told_as_it_ended(eventful: Watch) -> None:
    """The last look of a day in the organisation's zone is what that day says later."""
    from takt.insight.metrics.reports.scope import zone

    last_of: dict[tuple[dt.date, str], dict[str, Any]] = {}
    for moment, reader, name, asked, then in eventful.seen:
        if reader == "all" and not asked:
            last_of[moment.astimezone(zone()).date(), name] = then
    last = eventful.later()
    for (day, name), then in last_of.items():
        again = told(figures(name, scope_of(None, {"as_of": day.isoformat()}, at=last)))
        assert again["totals"] == then["totals"], (day, name)


def test_what_history_cannot_tell_is_said(eventful: Watch, admin: Any, api_of: Callable[..., Any]) -> None:
    now = figures("funnel", scope_of(None, {}, at=eventful.now))
    assert now["notes"] == []
    moment = eventful.seen[0][0].isoformat().replace("+00:00", "Z")
    past = api_of(admin).get("/reports/funnel", {"as_of": moment}).json()
    assert past["as_of"] == moment
    assert {"present", "undone", "rates"} <= {note["code"] for note in past["notes"]}


@dataclasses.dataclass(frozen=True)
class LinesAsTheyWere(Fact):
    """As products were noted before their events kept the deal's amount."""

    kind = "deal.lines_set"
    sentence = ""
    lines: list[dict[str, Any]]
    total: str
    currency: str


def test_the_amount_between_two_sets_of_products_is_marked(
    pipeline: Any, anna: Any, at: dt.datetime, settings: Any, monkeypatch: Any
) -> None:
    """Nobody noted what it was, so it is taken from the products and counted in a note."""

    def note(deal: Deal, rows: Any, *, old_amount: Any, by: Actor, at: dt.datetime) -> None:
        fact = LinesAsTheyWere([{"product": r.product_id} for r in rows], str(lines.total_of(rows)), "EUR")
        record(fact, about=deal, by=by, at=at)

    monkeypatch.setattr(lines, "note_lines", note)
    by = Actor(user=anna)
    step = NewTask(type="call", title="Talk about the offer", due_at=at + 90 * HOUR)
    deal = commands.create_deal(
        name="Mills", amount="10", currency=settings.TAKT_CURRENCY, first_task=step, by=by, at=at
    )
    product = Product.objects.create(name="Mill", sort_key="mill", created_at=at, updated_at=at)
    for hours, count in ((1, 2), (3, 5)):
        commands.set_lines(
            deal.pk, [NewLine(product=product, quantity=count, price="50")], by=by, at=at + hours * HOUR
        )
    asked = {"as_of": (at + 2 * HOUR).isoformat()}
    found = figures("funnel", scope_of(None, asked, at=at + 9 * HOUR))
    assert found["totals"]["open_amount"] == "100.00"
    [note] = [note for note in found["notes"] if note["code"] == "amounts"]
    assert note["deals"] == 1
    before = figures("funnel", scope_of(None, {"as_of": at.isoformat()}, at=at + 9 * HOUR))
    assert before["totals"]["open_amount"] == "10.00"
    assert "amounts" not in {note["code"] for note in before["notes"]}


def test_the_amount_between_two_sets_of_products_is_known_since_their_events_keep_it(
    pipeline: Any, anna: Any, at: dt.datetime, settings: Any
) -> None:
    by = Actor(user=anna)
    step = NewTask(type="call", title="Talk about the offer", due_at=at + 90 * HOUR)
    deal = commands.create_deal(
        name="Mills", amount="10", currency=settings.TAKT_CURRENCY, first_task=step, by=by, at=at
    )
    product = Product.objects.create(name="Mill", sort_key="mill", created_at=at, updated_at=at)
    for hours, count in ((1, 2), (3, 5)):
        new = [NewLine(product=product, quantity=count, price="50")]
        commands.set_lines(deal.pk, new, sets_amount=hours == 3, by=by, at=at + hours * HOUR)
    for hours, amount in ((2, "10.00"), (4, "250.00")):
        asked = {"as_of": (at + hours * HOUR).isoformat()}
        found = figures("funnel", scope_of(None, asked, at=at + 9 * HOUR))
        assert found["totals"]["open_amount"] == amount
        assert "amounts" not in {note["code"] for note in found["notes"]}


def test_a_deal_handed_on_counts_in_the_past_without_its_name(eventful: Watch, anna: Any) -> None:
    """Anna's figures of a past day hold the deal that was hers; a list of deals names it to her no more."""
    moment = next(m for m, reader, *_ in eventful.seen if reader == "rep")
    then = scope_of(anna, {"as_of": moment.isoformat()}, at=eventful.now)
    found = figures("forecast", then)
    gone = set(Deal.objects.exclude(owner=anna).values_list("pk", flat=True))
    listed = {row["id"] for t in found["tables"] if t["name"] == "no_date" for row in t["rows"]}
    assert found["totals"]["no_date"] > len(listed)
    assert not listed & gone


def test_the_past_reaches_no_list_of_today(
    eventful: Watch, admin: Any, client_of: Callable[..., Any]
) -> None:
    browser = client_of(admin)
    assert b"/deals?" in browser.get("/reports/funnel").content
    page = browser.get("/reports/funnel", {"as_of": "2026-03-10"})
    assert b'id="notes"' in page.content
    assert b'href="/deals?' not in page.content
