"""Merging and un-merging leave everything about how customers stand exactly as it was."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from takt.kernel.lib.actor import Actor
from takt.kernel.lib.checks import checks
from takt.ops.doctor.dump import canonical_lines
from takt.sales.contacts import classifiers, commands
from takt.sales.contacts.models import Company, Contact, Employment
from takt.sales.customers.commands import reckon
from takt.sales.customers.models import LadderMove, SegmentMove
from takt.sales.customers.tests.test_reckoning import buy

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)

judged = st.fixed_dictionaries(
    {},
    optional={
        **{c.name: st.sampled_from(["", *(code for code, _l in c.choices)]) for c in classifiers.CLASSIFIERS},
        "interests": st.lists(st.sampled_from(["racks", "shelves", "doors"]), max_size=3),
        "next_contact_on": st.none() | st.dates(dt.date(2026, 1, 1), dt.date(2027, 1, 1)),
        "region": st.sampled_from(["", "Utrecht"]),
    },
)
levels = st.none() | st.sampled_from(["A", "B", "C"])
moves = st.lists(st.tuples(st.integers(0, 1), st.none() | st.integers(0, 2), st.integers(0, 30)), max_size=5)


@pytest.fixture
def world(admin: Any, pipeline: Any, at: dt.datetime) -> Callable[..., Any]:
    """Each example begins with what the fixtures made and leaves nothing behind."""

    @contextmanager
    def made() -> Iterator[tuple[Actor, dt.datetime]]:
        with transaction.atomic():
            yield Actor(admin), at
            transaction.set_rollback(True)

    return made


@given(
    first=judged, second=judged, levels=st.tuples(levels, levels), moved=moves, reckoned=st.booleans(),
    take=st.sets(st.sampled_from([*classifiers.NAMES, "next_contact_on", "region"])), bought=st.integers(0, 2),
)  # fmt: skip
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_merging_and_back(
    world: Any, first: Any, second: Any, levels: Any, moved: Any, reckoned: bool, take: set[str], bought: int
) -> None:
    with world() as (by, at):
        companies = [
            commands.create_company(name=name, by=by, at=at, **given)
            for name, given in (("One", first), ("Other", second), ("Third", {}))
        ]
        for company, level in zip(companies, levels, strict=False):
            if level:
                commands.set_level(company, level, reason="Because", by=by, at=at)
        people = [
            commands.create_contact(name=n, company=companies[1], by=by, at=at) for n in ("Ilse", "Jan")
        ]
        for who, where, days in sorted(moved, key=lambda m: m[2]):
            target = None if where is None else companies[where]
            person = Contact.objects.get(pk=people[who].pk)
            if person.company_id != (target.pk if target else None):
                commands.move_contact(person, target, by=by, at=at + days * DAY)
        for number in range(bought):
            buy(companies[number], 100 * (number + 1), at, by)
        if reckoned:
            reckon(by=Actor(via="timer"), at=at + 2 * DAY)
        before = list(canonical_lines())
        _one, merge = commands.merge_companies(companies[0], companies[1], take=take, by=by, at=at)
        assert not Employment.objects.filter(company=companies[1]).exists()
        _two, both = commands.merge_contacts(people[0], people[1], by=by, at=at)
        assert not Employment.objects.filter(contact=people[1]).exists()
        bad = {c.name: found for c in checks if (found := c.find())}
        assert bad == {}
        commands.unmerge_contacts(both, by=by, at=at)
        commands.unmerge_companies(merge, by=by, at=at)
        assert list(canonical_lines()) == before
        commands.delete_company(companies[1], by=by, at=at)
        commands.delete_contact(people[0], by=by, at=at)
        commands.restore_contact(people[0], by=by, at=at)
        commands.restore_company(companies[1], by=by, at=at)
        assert list(canonical_lines()) == before


def test_what_the_survivor_gets(admin: Any, at: dt.datetime) -> None:
    by = Actor(admin)
    one = commands.create_company(name="One", loyalty="loyal", interests=["racks"], by=by, at=at)
    other = commands.create_company(
        name="Other", loyalty="hostile", competition="many", interests=["doors", "racks"], by=by, at=at
    )
    commands.set_level(other, "A", reason="Because", by=by, at=at)
    commands.merge_companies(one, other, by=by, at=at)
    one.refresh_from_db()
    assert (one.loyalty, one.competition, one.interests) == ("loyal", "many", ["racks", "doors"])
    assert (one.level, one.level_is_manual, one.level_reason) == ("A", True, "Because")


def test_purged_nothing_is_left(admin: Any, anna: Any, pipeline: Any, at: dt.datetime) -> None:
    by = Actor(admin)
    one = commands.create_company(name="One", by=by, at=at)
    ilse = commands.create_contact(name="Ilse", company=one, position="Buyer", by=by, at=at)
    jan = commands.create_contact(name="Jan", company=one, by=by, at=at)
    commands.move_contact(jan, None, by=by, at=at)
    reckon(by=Actor(via="timer"), at=at)
    commands.delete_company(one, by=by, at=at)
    commands.purge_companies([one], by=by, at=at)
    assert not Company.objects.filter(pk=one.pk).exists()
    assert not (Employment.objects.exists() or LadderMove.objects.exists() or SegmentMove.objects.exists())
    ilse.refresh_from_db()
    assert (ilse.company, ilse.completeness) == (None, 15)
    assert {c.name: found for c in checks if (found := c.find())} == {}
