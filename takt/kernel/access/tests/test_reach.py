"""Who sees and changes whose records (domain spec 5.2)."""

from typing import Any

import pytest

from takt.kernel.access.reach import colleagues_of, demand, may, may_add, owners_within, teams_below
from takt.kernel.accounts.models import Role
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden


def test_own_team_and_all(anna: Any, boris: Any, carla: Any, dora: Any, admin: Any) -> None:
    assert owners_within(anna, "deal") == {anna.pk}
    assert owners_within(boris, "deal") == {anna.pk, boris.pk}
    assert owners_within(boris, "deal", "edit") == {anna.pk, boris.pk}
    assert owners_within(dora, "deal") is None
    assert owners_within(admin, "deal", "delete") is None
    assert owners_within(None, "deal", "delete") is None


def test_only_administrators_delete_and_reps_dont_export(anna: Any, boris: Any, dora: Any) -> None:
    for person in (anna, boris, dora):
        assert owners_within(person, "deal", "delete") == frozenset()
    assert owners_within(anna, "deal", "export") == frozenset()
    assert owners_within(boris, "deal", "export") == {anna.pk, boris.pk}


def test_a_lead_reaches_the_teams_below(teams: Any, person: Any, anna: Any, carla: Any) -> None:
    olga = person("olga", role="lead", team="sales")
    assert {anna.pk, carla.pk, olga.pk} <= colleagues_of(olga)
    assert teams_below(None) == []


def test_auditors_read_only(person: Any) -> None:
    auditor = person("ulla", role="auditor")
    assert owners_within(auditor, "deal") is None
    assert owners_within(auditor, "deal", "edit") == frozenset()
    assert not may_add(auditor, "deal")


@pytest.mark.parametrize("act", ["administer", "import", "edit_catalog", "edit_pipelines"])
def test_acts_of_the_organisation(act: str, anna: Any, admin: Any) -> None:
    assert may(admin, act) and not may(anna, act)
    with pytest.raises(Forbidden):
        demand(Actor(user=anna), act)


@pytest.mark.parametrize("role", Role.values)
def test_every_role_has_its_rights(role: str) -> None:
    from takt.kernel.access.rules import rights_of

    for entity in ("deal", "company", "contact", "task", "note"):
        rights = rights_of(role, entity)
        assert rights.view >= rights.edit >= rights.delete
        assert rights.view >= rights.export
