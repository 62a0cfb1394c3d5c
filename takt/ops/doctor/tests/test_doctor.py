"""Doctor finds what is broken, and says nothing where all is well."""

import datetime as dt
import json
from typing import Any

import pytest
from django.core.management import call_command

from takt.kernel.lib.actor import Actor
from takt.kernel.lib.checks import checks
from takt.ops.doctor.dump import canonical_lines
from takt.sales.deals import commands
from takt.sales.deals.models import Deal, OwnerPeriod, StagePassage, StageTotal

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal(anna: Any, pipeline: Any, at: dt.datetime) -> Deal:
    return commands.create_deal(name="A", amount="10", currency="EUR", is_quick=True, by=Actor(anna), at=at)


def broken() -> set[str]:
    return {c.name for c in checks if c.find()}


def test_a_sound_database_has_nothing_to_tell(deal: Deal, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("doctor", "--json")
    found = json.loads(capsys.readouterr().out)
    assert len(found) >= 9
    assert all(c["ok"] for c in found)


def test_each_damage_is_found(deal: Deal) -> None:
    StageTotal.objects.update(amount=11)
    assert broken() == {"deals.stage_total"}
    StageTotal.objects.update(amount=10)
    Deal.objects.update(next_task=None, next_due_at=None)
    assert broken() == {"deals.next_step"}
    StagePassage.objects.update(left_at=deal.created_at, exit="advanced")
    OwnerPeriod.objects.update(until_at=deal.created_at)
    assert broken() == {"deals.next_step", "deals.passage", "deals.owner_history"}
    with pytest.raises(SystemExit):
        call_command("doctor")


def test_undo_of_a_deletion_leaves_the_dump_unchanged(deal: Deal, admin: Any, at: dt.datetime) -> None:
    before = list(canonical_lines())
    assert any('"deal"' in line for line in before)
    commands.delete_deal(deal, by=Actor(admin), at=at)
    assert list(canonical_lines()) != before
    commands.restore_deal(deal, by=Actor(admin), at=at)
    assert list(canonical_lines()) == before
