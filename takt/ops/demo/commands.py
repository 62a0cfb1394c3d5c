"""The demo company: made by the same commands as everything else, on a simulated clock that ends now."""

import datetime as dt
import random
import secrets
from dataclasses import dataclass, field
from decimal import Decimal

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from takt.gateways.intake.commands import create_web_form
from takt.insight.audits.commands import judge_all
from takt.insight.bonus.commands import set_rule
from takt.insight.pace.commands import flag_deals, keep_pace
from takt.kernel.access.reach import demand
from takt.kernel.accounts.commands import create_team, create_user, set_up_organisation
from takt.kernel.accounts.models import Team, User
from takt.kernel.events.unit import command
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Refused
from takt.kernel.money.commands import set_rate
from takt.ops.demo.history import Action, Clock, Story, fill_dense, fill_past, next_step, tell
from takt.ops.demo.words import WORDS, Words
from takt.sales.activities.models import TaskType
from takt.sales.catalog.commands import create_product
from takt.sales.catalog.models import Product
from takt.sales.contacts.commands.importing import CompanyRow, ContactRow, import_companies, import_contacts
from takt.sales.contacts.models import Source
from takt.sales.customers.commands import reckon
from takt.sales.deals.commands import add_note, create_pipeline, install_template
from takt.sales.deals.commands.importing import DealRow, SoldLine, Stay, TaskRow, import_deals, import_tasks
from takt.sales.deals.models import DealType, LossReason, Pipeline, Stage
from takt.sales.deals.queries.gates import today_of

SEED = 20_260_301
MOST_COUNTED = 10_000
COMPANIES = 210
BORN_DAYS = 365
CAST = {
    "anna": ("rep", 0),
    "boris": ("lead", 0),
    "carla": ("rep", 1),
    "dora": ("head", None),
    "admin": ("admin", None),
}
CURRENCIES = {
    "EUR": Decimal("1.08"),
    "USD": Decimal(1),
    "CNY": Decimal("0.14"),
    "RUB": Decimal("0.011"),
}  # in USD


@dataclass
class Cast:
    """The people of the demo: the five known ones, leads and reps."""

    users: dict[str, User]
    reps: list[User]
    passwords: dict[str, str]


@command
def load_demo(language: str, *, by: Actor, at: dt.datetime) -> dict[str, str]:
    """Fill an empty database with the demo company; answers the passwords of its five known people."""
    if User.objects.exists():
        raise Refused(_("The demo company is loaded into an empty database only."), code="not_empty")
    draw, words = random.Random(SEED), WORDS[language]
    start = at - dt.timedelta(days=BORN_DAYS + 5)
    pipeline = install_template("b2b", language, by=by, at=start)
    cast = _people(words, language, by=by, at=start, draw=draw)
    _rates(by=by, at=start)
    products = _products(words, by=by, at=start)
    customers = _customers(words, cast, by=by, at=start, draw=draw)
    clock = Clock(at, timezone.get_default_timezone(), draw)
    stories = _stories(cast, clock, draw)
    deals = _deals(stories, pipeline, cast, customers, products, words, by=by, at=at, draw=draw)
    _tasks(stories, deals, cast, words, clock, by=by, at=at, draw=draw)
    for story, (pk, _row) in list(zip(stories, deals, strict=True))[::9]:
        add_note(
            draw.choice(words.notes),
            deal=pk,
            by=Actor(cast.reps[story.owner], via=by.via),
            at=story.created_at,
        )
    _second_pipeline(language, by=by, at=at)
    names = {"en": "Ask for a quote", "ru": "Запросить предложение", "zh-hans": "索取报价"}
    reps = [user.pk for user in cast.reps]
    create_web_form(name=names[language], pipeline=pipeline, owners=reps, language=language, by=by, at=at)
    for months in range(12, -1, -1):  # how customers stood over the year
        reckon(by=by, at=at - dt.timedelta(days=30 * months))
    judge_all(by=by, at=at)
    head = Actor(cast.users["dora"], via=by.via)  # the rule by which the firm pays its bonus
    set_rule(
        from_on=today_of(start), single=95, repeated=90, modes={"A1": "enforce", "A4": "enforce", "A6": "warn"},
        by=head, at=start,
    )  # fmt: skip
    keep_pace(by=by, at=at)
    flag_deals(by=by, at=at)
    return cast.passwords


def _people(words: Words, language: str, *, by: Actor, at: dt.datetime, draw: random.Random) -> Cast:
    top = create_team(name={"en": "Sales", "ru": "Продажи", "zh-hans": "销售部"}[language], by=by, at=at)
    teams = [create_team(name=name, parent=top, by=by, at=at) for name in words.teams]
    users, passwords = {}, {}
    for slug, (role, team) in CAST.items():
        email, password = f"{slug}@takt.example", secrets.token_urlsafe(9)
        passwords[email] = password
        users[slug] = create_user(
            email, words.cast[slug], role, top if team is None else teams[team],
            language=language, password=password, is_demo=True, by=by, at=at,
        )  # fmt: skip
    reps = [users["anna"], users["carla"]]
    for number, group in enumerate(teams):
        if number:
            _colleague(words, number * 5, "lead", group, language, by=by, at=at)
        for seat in range(2 if number < 2 else 3):
            reps.append(_colleague(words, number * 5 + seat + 1, "rep", group, language, by=by, at=at))
    return Cast(users, reps, passwords)


def _colleague(
    words: Words, number: int, role: str, team: Team, language: str, *, by: Actor, at: dt.datetime
) -> User:
    first, last = words.first[number % 20], words.last[(number * 3 + 1) % 20]
    name = f"{last}{first}" if language == "zh-hans" else f"{first} {last}"
    return create_user(
        f"colleague{number}@takt.example", name, role, team, language=language, is_demo=True, by=by, at=at
    )


def _rates(*, by: Actor, at: dt.datetime) -> None:
    own = CURRENCIES.get(settings.TAKT_CURRENCY)
    if own is None:
        return
    for month in range(13):
        day = (at + dt.timedelta(days=30 * month)).date()
        drift = 1 + Decimal((month * 7) % 5 - 2) / 200
        for currency, in_usd in CURRENCIES.items():
            if currency != settings.TAKT_CURRENCY:
                set_rate(currency, day, round(in_usd / own * drift, 6), by=by, at=at)


def _products(words: Words, *, by: Actor, at: dt.datetime) -> list[Product]:
    return [
        create_product(name=n, series=s, price=p, currency=settings.TAKT_CURRENCY, by=by, at=at)
        for n, s, p in words.products
    ]


@dataclass
class Customer:
    """A company that deals are made with, and its people."""

    owner: int
    row: CompanyRow
    people: list[ContactRow]
    company: int = 0
    contacts: list[int] = field(default_factory=list)


def _customers(
    words: Words, cast: Cast, *, by: Actor, at: dt.datetime, draw: random.Random
) -> list[Customer]:
    roots = [(r, k) for r in words.company_roots for k in words.company_kinds]
    draw.shuffle(roots)
    sources = list(Source.objects.order_by("position").values_list("pk", flat=True))
    joint = "" if words.cast["anna"] == "安娜" else " "
    customers = [
        _customer(number, f"{root}{joint}{kind}", joint, words, cast, sources, draw)
        for number, (root, kind) in enumerate(roots[:COMPANIES])
    ]
    for customer, pk in zip(
        customers, import_companies([c.row for c in customers], by=by, at=at), strict=True
    ):
        customer.company = pk
        for person in customer.people:
            person.company = pk
    keys = iter(import_contacts([p for c in customers for p in c.people], by=by, at=at))
    for customer in customers:
        customer.contacts = [next(keys) for _person in customer.people]
    return customers


def _customer(
    number: int, name: str, joint: str, words: Words, cast: Cast, sources: list[int], draw: random.Random
) -> Customer:
    seller = number % len(cast.reps)
    owner, source = cast.reps[seller].pk, draw.choice(sources)
    company = CompanyRow(
        name=name,
        owner=owner,
        source=source,
        industry=draw.choice(words.industries),
        region=draw.choice(words.regions),
        phones=[f"{words.phone}55{number:05d}"],
        website=f"https://company{number}.example",
        employees=draw.randrange(20, 3000),
    )
    people = []
    for seat in range(draw.choice([1, 2, 2, 3])):
        first, last = draw.choice(words.first), draw.choice(words.last)
        people.append(
            ContactRow(
                name=f"{first} {last}" if joint else f"{last}{first}",
                owner=owner,
                position=draw.choice(words.jobs),
                phones=[f"{words.phone}66{number:04d}{seat}"],
                emails=[f"person{seat}@company{number}.example"],
                source=source,
            )
        )
    return Customer(seller, company, people)


def _stories(cast: Cast, clock: Clock, draw: random.Random) -> list[Story]:
    stories = []
    for owner in range(len(cast.reps)):
        is_star = owner in (0, 1)
        for _deal in range(100 if is_star else 76):
            ago = BORN_DAYS * (draw.random() ** (1.6 if is_star else 1.2))
            born = clock.at_work(clock.now - dt.timedelta(days=ago + 0.2))
            story = tell(owner, born, clock, draw, pace=draw.uniform(0.7, 1.2))
            fill_past(story, clock, draw, every=9)
            stories.append(story)
        own = [s for s in stories if s.owner == owner]
        fill_dense(own, clock, draw, per_day=32 if is_star else 18)
    return stories


def _deals(
    stories: list[Story], pipeline: Pipeline, cast: Cast, customers: list[Customer], products: list[Product],
    words: Words, *, by: Actor, at: dt.datetime, draw: random.Random,
) -> list[tuple[int, DealRow]]:  # fmt: skip
    stages = list(Stage.objects.filter(pipeline=pipeline).order_by("position"))
    types = list(DealType.objects.order_by("position"))
    reasons = list(LossReason.objects.filter(is_system=False, needs_comment=False).order_by("position"))
    others = [c for c in ("EUR", "USD") if c != settings.TAKT_CURRENCY]
    rows = []
    for story in stories:
        customer = draw.choice([c for c in customers if c.owner == story.owner])
        product, quantity = draw.choice(products), Decimal(draw.randrange(1, 9))
        currency = settings.TAKT_CURRENCY if draw.random() > 0.06 else draw.choice(others)
        factor = CURRENCIES.get(settings.TAKT_CURRENCY, Decimal(1)) / CURRENCIES.get(currency, Decimal(1))
        price = (
            Decimal(product.price or 0) * (factor if currency != settings.TAKT_CURRENCY else 1)
        ).quantize(Decimal(1))
        subject = draw.choice(words.subjects)
        expected = (story.created_at + dt.timedelta(days=draw.randrange(50, 120))).date()
        if story.status == "open" and expected < at.date() and draw.random() > 0.15:
            expected = at.date() + dt.timedelta(days=draw.randrange(4, 80))
        rows.append(
            DealRow(
                name=words.deal_name.format(subject=subject, region=draw.choice(words.regions)),
                pipeline=pipeline.pk,
                stage=stages[story.steps[-1].stage].pk,
                owner=cast.reps[story.owner].pk,
                currency=currency,
                created_at=story.created_at,
                status=story.status,
                company=customer.company,
                company_name=customer.row.name,
                type=draw.choice(types).pk,
                source=customer.row.source,
                amount=price * quantity,
                expected_close_on=expected,
                cycle_start_at=story.created_at,
                closed_at=story.closed_at,
                loss_reason=draw.choice(reasons).pk if story.status == "lost" else None,
                loss_comment=draw.choice(words.loss_comments) if story.status == "lost" else "",
                probability=draw.choice([None] * 12 + [35, 80]) if story.status == "open" else None,
                contacts=customer.contacts[:2],
                contact_names=[p.name for p in customer.people[:2]],
                lines=[SoldLine(product.pk, quantity, price)],
                stays=[Stay(stages[s.stage].pk, s.entered_at, s.left_at, s.exit) for s in story.steps],
                last_activity_at=max(
                    [story.steps[-1].entered_at, *(a.done_at for a in story.actions if a.done_at)]
                ),
            )  # fmt: skip
        )
    return list(zip(import_deals(rows, by=by, at=at), rows, strict=True))


def _tasks(
    stories: list[Story], deals: list[tuple[int, DealRow]], cast: Cast, words: Words, clock: Clock,
    *, by: Actor, at: dt.datetime, draw: random.Random,
) -> None:  # fmt: skip
    types = {t.slug: t for t in TaskType.objects.all()}
    rows = []

    def add(story: Story, pk: int, deal: DealRow, action: Action) -> None:
        choice = words.actions[action.kind]
        # What is still to do is named as an order, what is done as a fact or an order kept.
        title, result = draw.choice(choice if action.done_at else choice[-1:])
        rows.append(
            TaskRow(
                type=types[action.kind].pk,
                type_slug=action.kind,
                title=title.format(person=deal.contact_names[0] if deal.contact_names else ""),
                due_at=action.due_at,
                assignee=deal.owner,
                created_at=action.created_at,
                status="done" if action.done_at else "open",
                done_at=action.done_at,
                deal=pk,
                company=deal.company,
                contact=deal.contacts[0] if deal.contacts else None,
                result=result if action.done_at else "",
                minutes=types[action.kind].default_minutes,
                actor=cast.reps[story.owner],
            )  # fmt: skip
        )

    for story, (pk, deal) in zip(stories, deals, strict=True):
        for action in story.actions:
            add(story, pk, deal, action)
        if story.status == "open":
            share = 0.4 if story.owner in (0, 1) else 0.25
            if (step := next_step(story, clock, draw, today_share=share)) is not None:
                add(story, pk, deal, step)
    import_tasks(rows, by=by, at=at)


def _second_pipeline(language: str, *, by: Actor, at: dt.datetime) -> None:
    names = {
        "en": ("Service", ["Request", "Visit planned", "Work accepted"]),
        "ru": ("Сервис", ["Заявка", "Выезд назначен", "Работа принята"]),
        "zh-hans": ("服务", ["请求", "已安排上门", "已验收"]),
    }[language]
    stages = [{"name": n, "probability": p} for n, p in zip(names[1], (30, 60, 90), strict=True)]
    create_pipeline(name=names[0], stages=stages, by=by, at=at)


def own_records() -> int:
    """How many records people made themselves since the demo was loaded: those of a user, not of the demo; of very
    many the first 10,000."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT FROM event WHERE via <> 'demo' AND actor IS NOT NULL"
            f" AND kind LIKE '%%.created' LIMIT {MOST_COUNTED}) own"
        )
        return int(cursor.fetchone()[0])


@command
def remove_demo(
    *, name: str, email: str, password: str, language: str, template: str, by: Actor, at: dt.datetime
) -> User:
    """Start afresh with a new administrator; refused, with a count, once there are records of one's own."""
    demand(by, "administer")
    if not User.objects.filter(is_demo=True).exists():
        raise Refused(_("There is no demo company here."), code="no_demo")
    if count := own_records():
        sentence = ngettext(
            "There is %(count)d record of your own beside the demo. Export it first, then start with an empty data folder.",
            "There are %(count)d records of your own beside the demo. Export them first, then start with an empty data folder.",
            count,
        )
        raise Refused(sentence % {"count": count}, code="own_records")
    _empty_everything()
    return set_up_organisation(name, email, password, language, template, by=Actor(via="ui"), at=at)


def _empty_everything() -> None:
    """The one place where history is emptied: the demo's is nobody's."""
    from takt.ops.doctor.dump import every_table

    tables = ", ".join(connection.ops.quote_name(t) for t in every_table())
    guarded = ("event", "event_subject")
    with connection.cursor() as cursor:
        for table in guarded:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(f"TRUNCATE {tables}, django_session RESTART IDENTITY")
        for table in guarded:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
