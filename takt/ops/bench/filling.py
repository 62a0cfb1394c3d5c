"""A database of a given size: one pipeline of seven stages, 20 users, 60 % closed, as many tasks as deals."""

import datetime as dt
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection

from takt.insight.audits.commands import judge_all
from takt.insight.pace.commands import flag_deals, keep_pace
from takt.kernel.accounts.commands import create_team, create_user
from takt.kernel.accounts.models import User
from takt.kernel.events.unit import command
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.bulk import copy_rows, next_ids
from takt.kernel.lib.names import grams, search_text, sort_key
from takt.kernel.lists.commands import gather_words
from takt.sales.activities.models import TaskType
from takt.sales.contacts.rules import twin_key
from takt.sales.customers.commands import reckon
from takt.sales.deals.commands import install_template
from takt.sales.deals.commands.importing import DealRow, Stay, TaskRow, import_deals, import_tasks
from takt.sales.deals.models import LossReason, Stage

CHUNK = 5000
USERS = 20
HEAD = "bench-head@takt.example"
REP = "bench-rep0@takt.example"
LEAD = "bench-lead@takt.example"
ADMIN = "bench-admin@takt.example"
_SYLLABLES = [
    "nor",
    "vel",
    "tar",
    "ming",
    "sol",
    "bek",
    "lan",
    "dor",
    "fer",
    "ost",
    "kal",
    "rin",
    "zem",
    "hua",
    "lek",
]


def _word(draw: random.Random) -> str:
    return "".join(draw.choices(_SYLLABLES, k=3)).capitalize()


@command
def prepare(*, by: Actor, at: dt.datetime) -> list[User]:
    """The people and the pipeline; a database that has any users is refused by the caller."""
    install_template("b2b", "en", by=by, at=at)
    team = create_team("Bench", by=by, at=at)
    create_user(HEAD, "Bench Head", "head", team, by=by, at=at)
    create_user(LEAD, "Bench Lead", "lead", team, by=by, at=at)
    create_user(ADMIN, "Bench Administrator", "admin", team, by=by, at=at)
    return [
        create_user(f"bench-rep{i}@takt.example", f"Bench Rep {i}", "rep", team, by=by, at=at)
        for i in range(USERS - 1)
    ]


@command
def companies(
    count: int, owners: list[int], draw: random.Random, *, by: Actor, at: dt.datetime
) -> list[tuple[int, str]]:
    """Companies by COPY, without events: they are what deals hang on, not what is measured."""
    ids = next_ids("company", count)
    names = [f"{_word(draw)} {_word(draw)} {i}" for i in range(count)]
    copy_rows(
        "company",
        ["id", "name", "sort_key", "twin_key", "search", "search_grams", "owner_id", "tax_id", "industry", "region", "address",
         "website", "about", "tags", "created_at", "updated_at", "version"],
        (
            (
                pk, n, sort_key(n), twin_key(n), search_text(n), grams(n), draw.choice(owners), "", "", "", "", "", "",
                [], at, at, 1,
            )
            for pk, n in zip(ids, names, strict=True)
        ),
    )  # fmt: skip
    return list(zip(ids, names, strict=True))


_GIVEN = ["Anna", "Иван", "Мария", "Jonas", "Ольга", "Wei", "Claire", "Пётр"]
_FAMILY = ["Sommer", "Кузнецов", "Петрова", "Ferreira", "Соколов", "Duval", "Орлова", "Lindqvist"]
_CHINESE = ["张伟", "王芳", "李娜", "刘洋", "陈静", "杨明", "赵磊", "黄海燕"]


@command
def people(
    firms: list[tuple[int, str]], owners: list[int], draw: random.Random, *, by: Actor, at: dt.datetime
) -> None:
    """A person with a telephone number in every company, in three alphabets."""
    ids = next_ids("contact", len(firms))
    rows: list[tuple[Any, ...]] = []
    phones: list[tuple[Any, ...]] = []
    for number, (pk, (company, _name)) in enumerate(zip(ids, firms, strict=True)):
        name = (
            draw.choice(_CHINESE)
            if number % 8 == 0
            else f"{draw.choice(_GIVEN)} {draw.choice(_FAMILY)} {_word(draw)}"
        )
        phone = f"+4930{draw.randrange(10**6, 10**8)}"
        text = search_text(name, phone, phone.replace("+49", "0"))
        rows.append(
            (
                pk,
                name,
                sort_key(name),
                twin_key(name),
                text,
                grams(text),
                company,
                draw.choice(owners),
                "",
                "",
                [],
                at,
                at,
                1,
            )
        )
        phones.append((pk, phone, "work", 0))
    copy_rows(
        "contact",
        ["id", "name", "sort_key", "twin_key", "search", "search_grams", "company_id", "owner_id", "position", "about",
         "tags", "created_at", "updated_at", "version"],
        iter(rows),
    )  # fmt: skip
    copy_rows("phone", ["contact_id", "number", "kind", "position"], iter(phones))


def fill(deals: int, *, at: dt.datetime, say: Callable[[str], None]) -> None:
    """Write `deals` deals with their history, tasks and companies, chunk by chunk."""
    by, draw = Actor(via="demo"), random.Random(7)
    owners = [u.pk for u in prepare(by=by, at=at)]
    firms = companies(max(1, deals // 5), owners, draw, by=by, at=at)
    people(firms, owners, random.Random(11), by=by, at=at)
    stages = list(Stage.objects.order_by("position").values_list("pk", flat=True))
    reasons = list(LossReason.objects.filter(is_system=False).values_list("pk", flat=True))
    call = TaskType.objects.get(slug="call")
    for start in range(0, deals, CHUNK):
        rows = [
            _deal(i, owners, firms, stages, reasons, draw, at)
            for i in range(start, min(start + CHUNK, deals))
        ]
        ids = import_deals(rows, by=by, at=at)
        import_tasks([_task(pk, r, call, draw, at) for pk, r in zip(ids, rows, strict=True)], by=by, at=at)
        say(f"{start + len(rows)} of {deals} deals")
    gather_words(by=by, at=at)
    reckon(by=by, at=at)
    judge_all(by=by, at=at)
    keep_pace(by=by, at=at)
    flag_deals(by=by, at=at)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _deal(
    number: int, owners: list[int], firms: list[tuple[int, str]], stages: list[int], reasons: list[int],
    draw: random.Random, at: dt.datetime,
) -> DealRow:  # fmt: skip
    born = at - dt.timedelta(days=draw.uniform(1, 720))
    company, name = draw.choice(firms)
    chance = draw.random()
    status = "won" if chance < 0.3 else "lost" if chance < 0.6 else "open"
    reached = 7 if status == "won" else draw.randrange(1, 8)
    step = (at - born) / (reached + 1)
    stays = []
    for place in range(reached):
        left = born + step * (place + 1)
        is_last = place == reached - 1
        exit = (status if status != "open" else "") if is_last else "advanced"
        stays.append(
            Stay(stages[place], born + step * place, None if is_last and status == "open" else left, exit)
        )
    closed = stays[-1].left_at if status != "open" else None
    return DealRow(
        name=f"{_word(draw)} {number}", pipeline=_pipeline(stages[0]), stage=stays[-1].stage, owner=draw.choice(owners),
        currency=settings.TAKT_CURRENCY, created_at=born, status=status, company=company, company_name=name,
        amount=Decimal(draw.randrange(500, 200_000)), cycle_start_at=born, closed_at=closed, stays=stays,
        expected_close_on=(at + dt.timedelta(days=draw.randrange(-20, 120))).date(),
        loss_reason=draw.choice(reasons) if status == "lost" else None,
    )  # fmt: skip


_pipelines: dict[int, int] = {}


def _pipeline(stage: int) -> int:
    if stage not in _pipelines:
        _pipelines[stage] = Stage.objects.values_list("pipeline_id", flat=True).get(pk=stage)
    return _pipelines[stage]


def _task(deal: int, row: DealRow, call: TaskType, draw: random.Random, at: dt.datetime) -> TaskRow:
    is_open = row.status == "open"
    due = (
        at + dt.timedelta(hours=draw.uniform(-40, 200)) if is_open else row.created_at + dt.timedelta(days=1)
    )
    return TaskRow(
        type=call.pk, type_slug=call.slug, title=f"Call about {row.name}", due_at=due, assignee=row.owner,
        created_at=row.created_at, status="open" if is_open else "done", done_at=None if is_open else due, deal=deal,
        company=row.company, result="" if is_open else "Reached",
    )  # fmt: skip
