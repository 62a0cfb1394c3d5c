"""Fields made, changed, ordered, retired and brought back: who may, what is refused, and that no value is lost."""

from typing import Any

import pytest

from takt.kernel.events.models import Event
from takt.kernel.fields import commands
from takt.kernel.fields.models import FieldDefinition
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Stale
from takt.kernel.lists.timeline import timeline
from takt.sales.contacts.commands import create_company
from takt.sales.deals.commands import edit_deal
from takt.sales.deals.models import Deal

pytestmark = pytest.mark.django_db


def codes(refused: Any) -> set[tuple[str, str]]:
    return {(p.field, p.code) for p in refused.value.errors}


def test_a_field_has_a_name_for_programs_that_never_comes_twice(a_field: Any) -> None:
    assert a_field("Contract No. 7").slug == "contract_no_7"
    assert a_field("Контракт").slug == "kontrakt"
    assert a_field("地区").slug == "di_qu"
    assert a_field("!!").slug == "field"
    assert a_field("2nd visit").slug == "field_2nd_visit"
    assert a_field("contract no 7").slug == "contract_no_7_2"
    assert a_field("Contract No. 7", entity="company").slug == "contract_no_7"
    assert Event.objects.filter(kind="field.created").count() == 7


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"entity": "task"}, ("entity", "unknown")),
        ({"kind": "picture"}, ("kind", "unknown")),
        ({"name": "  "}, ("name", "required")),
        ({"name": "a" * 81}, ("name", "too_long")),
        ({"slug": "Two__words"}, ("slug", "invalid")),
        ({"slug": "x'; drop"}, ("slug", "invalid")),
        ({"slug": "taken"}, ("slug", "taken")),
        ({"kind": "choice"}, ("options", "required")),
        ({"kind": "choice", "options": ["A", "a "]}, ("options", "taken")),
        ({"kind": "choice", "options": [5]}, ("options", "invalid")),
        ({"options": ["A"]}, ("options", "invalid")),
    ],
)
def test_what_makes_no_field_is_refused(changed: Any, problem: Any, a_field: Any, dora: Any, at: Any) -> None:
    a_field("Taken")
    new = {"entity": "deal", "name": "New", "kind": "text"} | changed
    with pytest.raises(Invalid) as refused:
        commands.create_field(**new, by=Actor(dora), at=at)
    assert problem in codes(refused)


def test_only_who_may_edits_the_fields_of_all(a_field: Any, anna: Any, boris: Any, at: Any) -> None:
    row = a_field("Region")
    for person in (anna, boris):
        by = Actor(person)
        with pytest.raises(Forbidden):
            commands.create_field(entity="deal", name="Mine", kind="text", by=by, at=at)
        with pytest.raises(Forbidden):
            commands.edit_field(row, {"name": "Mine"}, by=by, at=at)
        with pytest.raises(Forbidden):
            commands.retire_field(row, by=by, at=at)
        with pytest.raises(Forbidden):
            commands.move_field(row, 0, by=by, at=at)


def test_kind_and_slug_never_change(a_field: Any, dora: Any, at: Any) -> None:
    row = a_field("Region")
    for change in ({"kind": "number"}, {"slug": "other"}, {"entity": "company"}, {"only_record": 1}):
        with pytest.raises(Invalid):
            commands.edit_field(row, change, by=Actor(dora), at=at)
    with pytest.raises(Stale):
        commands.edit_field(row, {"name": "Area"}, version=99, by=Actor(dora), at=at)


def test_an_option_is_renamed_retired_and_never_lost(
    a_field: Any, a_deal: Any, anna: Any, dora: Any, at: Any
) -> None:
    row = a_field("Region", "choice", options=["North", "South"])
    deal = a_deal(anna, region="north")
    by = Actor(dora)
    renamed = [{"key": "north", "label": "Far north"}, "East"]
    row = commands.edit_field(row, {"options": renamed}, by=by, at=at)
    assert [(o["key"], o["label"], o["is_active"]) for o in row.options] == [
        ("north", "Far north", True), ("east", "East", True), ("south", "South", False),
    ]  # fmt: skip
    row = commands.edit_field(row, {"options": ["East"]}, by=by, at=at)
    assert Deal.objects.get(pk=deal.pk).custom == {"region": "north"}
    edit_deal(deal, {"name": "Renamed", "custom": {"region": "north"}}, by=Actor(anna), at=at)
    with pytest.raises(Invalid) as refused:
        edit_deal(a_deal(anna, "Other"), {"custom": {"region": "north"}}, by=Actor(anna), at=at)
    assert codes(refused) == {("custom.region", "unknown")}


def test_fields_keep_their_order(a_field: Any, dora: Any, at: Any) -> None:
    first, second, third = a_field("A"), a_field("B"), a_field("C")
    commands.move_field(third, 0, by=Actor(dora), at=at)
    assert [f.name for f in FieldDefinition.objects.of("deal")] == ["C", "A", "B"]
    commands.move_field(first.pk, 99, by=Actor(dora), at=at)
    assert [f.name for f in FieldDefinition.objects.of("deal")] == ["C", "B", "A"]
    assert second.pk


def test_a_retired_field_keeps_its_values_and_brings_them_back(
    a_field: Any, a_deal: Any, anna: Any, dora: Any, at: Any
) -> None:
    row = a_field("Region")
    deal = a_deal(anna, region="North")
    commands.retire_field(row, by=Actor(dora), at=at)
    with pytest.raises(Invalid) as refused:
        edit_deal(deal, {"custom": {"region": "South"}}, by=Actor(anna), at=at)
    assert codes(refused) == {("custom.region", "unknown_field")}
    other = a_field("Other")
    edit_deal(deal, {"name": "Renamed", "custom": {"other": "x"}}, by=Actor(anna), at=at)
    assert Deal.objects.get(pk=deal.pk).custom == {"region": "North", "other": "x"}
    commands.restore_field(row, by=Actor(dora), at=at)
    edit_deal(deal, {"custom": {"region": "South"}}, by=Actor(anna), at=at)
    assert Deal.objects.get(pk=deal.pk).custom == {"region": "South", "other": "x"}
    assert other.slug == "other"


def test_a_field_of_one_deal_is_its_alone(a_field: Any, a_deal: Any, anna: Any, carla: Any, at: Any) -> None:
    one, other = a_deal(anna), a_deal(anna, "Other")
    new = {"entity": "deal", "name": "Gate code", "kind": "text", "only_record": one.pk}
    row = commands.create_field(**new, by=Actor(anna), at=at)
    edit_deal(one, {"custom": {"gate_code": "77"}}, by=Actor(anna), at=at)
    with pytest.raises(Invalid):
        edit_deal(other, {"custom": {"gate_code": "77"}}, by=Actor(anna), at=at)
    with pytest.raises(NotFound):
        commands.create_field(**new, by=Actor(carla), at=at)
    with pytest.raises(NotFound):
        commands.edit_field(row, {"name": "Mine"}, by=Actor(carla), at=at)
    commands.edit_field(row, {"name": "Code of the gate"}, by=Actor(anna), at=at)
    assert {e.kind for e in timeline("deal", one.pk, anna)} >= {
        "field.created",
        "field.edited",
        "deal.edited",
    }


def test_the_timeline_tells_old_and_new_under_the_name_of_the_day(
    a_field: Any, a_deal: Any, anna: Any, dora: Any, at: Any
) -> None:
    region = a_field("Region", "choice", options=["North", "South"])
    a_field("Worth", "money")
    a_field("Buyer", "user")
    deal = a_deal(anna, region="north")
    values = {"region": "south", "worth": {"amount": "5", "currency": "EUR"}, "buyer": anna.pk}
    edit_deal(deal, {"custom": values}, by=Actor(anna), at=at)
    commands.edit_field(region, {"name": "Area"}, by=Actor(dora), at=at)
    entry = next(e for e in timeline("deal", deal.pk, anna) if e.kind == "deal.edited")
    assert {(c.label, c.old, c.new) for c in entry.changes} == {
        ("Region", "North", "South"), ("Worth", "–", "5.00 EUR"), ("Buyer", "–", "Anna"),
    }  # fmt: skip


def test_a_hidden_company_is_neither_chosen_nor_shown(
    a_field: Any, a_deal: Any, anna: Any, carla: Any, dora: Any, at: Any, client_of: Any, api_of: Any
) -> None:
    a_field("Partner", "company")
    hidden = create_company(name="Secret Partners", by=Actor(carla), at=at)
    deal = a_deal(anna)
    for ref in (hidden.pk, 10**12):
        with pytest.raises(Invalid) as refused:
            edit_deal(deal, {"custom": {"partner": ref}}, by=Actor(anna), at=at)
        assert codes(refused) == {("custom.partner", "unknown")}
    edit_deal(deal, {"custom": {"partner": hidden.pk}}, by=Actor(dora), at=at)
    browser = client_of(anna)
    for path in (
        f"/deals/{deal.pk}",
        f"/deals/{deal.pk}/edit",
        "/deals?columns=name,cf_partner",
        "/deals?export=csv",
    ):
        answer = browser.get(path)
        if answer.status_code == 403:
            continue
        page = b"".join(answer).decode()
        assert "Secret" not in page, path
    assert api_of(anna).get(f"/deals/{deal.pk}").json()["custom"] == {}
    assert api_of(dora).get(f"/deals/{deal.pk}").json()["custom"] == {"partner": hidden.pk}
    entry = next(e for e in timeline("deal", deal.pk, anna) if e.kind == "deal.edited")
    assert entry.changes[0].new == "Hidden from you"
    # Who can't see it leaves it as it stands.
    edit_deal(deal, {"name": "Renamed", "custom": {"partner": hidden.pk}}, by=Actor(anna), at=at)
    assert Deal.objects.get(pk=deal.pk).custom == {"partner": hidden.pk}


def test_what_is_required_is_asked_of_who_fills_a_form_alone(
    a_field: Any, a_deal: Any, anna: Any, at: Any
) -> None:
    a_field("Region", is_required=True)
    a_field("Other")
    deal = a_deal(anna)  # nobody was asked
    edit_deal(deal, {"custom": {"other": "x"}}, by=Actor(anna), at=at)
    with pytest.raises(Invalid) as refused:
        a_deal(anna, "New", other="x")
    assert codes(refused) == {("custom.region", "required")}
    edit_deal(deal, {"custom": {"region": "North"}}, by=Actor(anna), at=at)
    with pytest.raises(Invalid) as refused:
        edit_deal(deal, {"custom": {"region": " "}}, by=Actor(anna), at=at)
    assert codes(refused) == {("custom.region", "required")}
