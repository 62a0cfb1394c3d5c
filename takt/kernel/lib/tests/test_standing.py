"""A standing question finds what the same query finds, whatever its values."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q, QuerySet
from django.test.utils import CaptureQueriesContext

from takt.kernel.accounts.models import Team, User
from takt.kernel.lib.standing import standing

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)


def person(name: str, team: Team | None = None) -> User:
    email = f"{name}@example.com"
    return User.objects.create(email=email, name=name, sort_key=name, role="rep", team=team, created_at=AT)


@standing
def by_key(pk: int) -> QuerySet[Any]:
    return User.objects.filter(pk=pk).select_related("team")


@standing
def named(name: str, before: dt.datetime, ids: tuple[int, ...] | None) -> QuerySet[Any]:
    rows = User.objects.filter(name=name, created_at__lt=before)
    return rows if ids is None else rows.filter(pk__in=ids)


@standing
def containing(word: str) -> QuerySet[Any]:
    return User.objects.filter(Q(name__contains=word)).values_list("name", flat=True).order_by("name")


@standing
def rows_of(pk: int) -> QuerySet[Any]:
    return User.objects.filter(pk=pk).values_list("pk", "name", named=True)


def test_each_value_finds_its_own() -> None:
    team = Team.objects.create(name="North")
    anna, boris = person("Anna", team), person("Boris")
    assert [u.name for u in by_key(anna.pk)] == ["Anna"]
    with CaptureQueriesContext(connection) as queries:
        found = by_key(anna.pk)
        assert found[0].team.name == "North"
    assert len(queries) == 1
    assert by_key(boris.pk) == [boris]
    assert by_key(boris.pk)[0].team is None
    assert by_key(0) == []


def test_what_is_no_value_belongs_to_the_words() -> None:
    anna, boris = person("Anna"), person("Boris")
    later, same = AT + dt.timedelta(days=1), AT
    assert named("Anna", later, None) == [anna]
    assert named("Boris", later, None) == [boris]
    assert named("Anna", same, None) == []
    assert named("Anna", later, (boris.pk,)) == []
    assert named("Anna", later, (anna.pk, boris.pk)) == [anna]
    assert named("Anna", later, ()) == []


def test_a_value_that_django_rewrites_is_built_anew() -> None:
    person("Anna")
    person("Boris")
    assert containing("nn") == ["Anna"]
    assert containing("o") == ["Boris"]


def test_rows_keep_their_shape() -> None:
    anna = person("Anna")
    assert rows_of(anna.pk)[0].name == "Anna"
    assert rows_of(anna.pk)[0].pk == anna.pk


@standing
def among(ids: frozenset[int], name: str) -> QuerySet[Any]:
    return User.objects.filter(pk__in=sorted(ids)).exclude(name=name).order_by("name")


def test_a_set_of_numbers_is_asked_by_its_size() -> None:
    anna, boris, carla = person("Anna"), person("Boris"), person("Carla")
    assert among(frozenset({anna.pk, boris.pk}), "Boris") == [anna]
    assert among(frozenset({carla.pk, boris.pk}), "Anna") == [boris, carla]
    assert among(frozenset({anna.pk, boris.pk, carla.pk}), "") == [anna, boris, carla]
    assert among(frozenset({carla.pk}), "") == [carla]
    assert among(frozenset(), "") == []


def test_a_number_beyond_the_database_finds_nothing() -> None:
    assert by_key(2**70) == []
