import datetime as dt
from typing import Any

import pytest

from takt.kernel.events.models import Event
from takt.kernel.events.sealing import unseal_all
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refused, Stale
from takt.sales.contacts import commands
from takt.sales.contacts.models import Company, Contact, Source


def last(kind: str) -> Event:
    return Event.objects.filter(kind=kind).latest("id")


def subjects(event: Event) -> set[tuple[str, int]]:
    return set(event.subjects.values_list("kind", "object_id"))


@pytest.fixture
def acme(anna: Any, at: dt.datetime) -> Company:
    return commands.create_company(
        name="Acme GmbH",
        phones=["+49 30 123456", ("+49 30 654321", "mobile"), "+49 30 123456"],
        emails=["Info@Acme.EXAMPLE", "sales@acme.example"],
        website="acme.example",
        tax_id="DE123",
        tags=["key", "key", " east "],
        by=Actor(anna),
        at=at,
    )


@pytest.fixture
def jane(anna: Any, acme: Company, at: dt.datetime) -> Contact:
    return commands.create_contact(
        name="Jane Roe",
        company=acme,
        phones=["+49 171 5550142"],
        emails=["jane@acme.example"],
        by=Actor(anna),
        at=at,
    )


class TestCreateCompany:
    def test_works(self, acme: Company, anna: Any) -> None:
        assert acme.owner == anna
        assert list(acme.phones.order_by("position").values_list("number", "kind")) == [
            ("+4930123456", "work"),
            ("+4930654321", "mobile"),
        ]
        assert list(acme.emails.order_by("position").values_list("address", flat=True)) == [
            "info@acme.example",
            "sales@acme.example",
        ]
        assert acme.website == "https://acme.example"
        assert acme.tags == ["key", "east"]

    def test_event(self, acme: Company, anna: Any, at: dt.datetime) -> None:
        event = last("company.created")
        assert (event.actor, event.at, event.payload["name"]) == (anna.pk, at, "Acme GmbH")
        assert subjects(event) == {("company", acme.pk)}

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"name": " "}, "name"),
            ({"name": "x" * 10_000}, "name"),
            ({"name": "a\x00b"}, "name"),
            ({"name": "A", "phones": ["+49 30 123456", "nonsense"]}, "phones.1"),
            ({"name": "A", "phones": ["1"] * 21}, "phones"),
            ({"name": "A", "emails": ["not@"]}, "emails.0"),
            ({"name": "A", "website": "javascript:alert(1)"}, "website"),
            ({"name": "A", "employees": "-1"}, "employees"),
            ({"name": "A", "employees": "1e9"}, "employees"),
            ({"name": "A", "founded_year": 3000}, "founded_year"),
            ({"name": "A", "annual_revenue": "NaN"}, "annual_revenue"),
            ({"name": "A", "owner": 999_999}, "owner"),
            ({"name": "A", "owner": "ghost@nowhere.example"}, "owner"),
            ({"name": "A", "source": "9" * 30}, "source"),
            ({"name": "A", "parent": 10**30}, "parent"),
        ],
    )
    def test_refuses(self, given: dict[str, Any], field: str, anna: Any, at: dt.datetime) -> None:
        with pytest.raises(Invalid) as refusal:
            commands.create_company(**given, by=Actor(anna), at=at)
        assert [e.field for e in refusal.value.errors] == [field]
        assert not Company.objects.exists()

    @pytest.mark.parametrize(
        "name", ["Ёж 🦔", "深圳市华为技术有限公司", "‮evil", "<script>alert(1)</script>", 'O\'Neil "Q"']
    )
    def test_any_script_is_kept_as_typed(self, name: str, anna: Any, at: dt.datetime) -> None:
        assert commands.create_company(name=name, by=Actor(anna), at=at).name == name

    def test_permissions(self, person: Any, carla: Any, anna: Any, at: dt.datetime) -> None:
        with pytest.raises(Forbidden):
            commands.create_company(name="A", by=Actor(person("otto", role="auditor")), at=at)
        with pytest.raises(Forbidden):
            commands.create_company(name="A", owner=carla, by=Actor(anna), at=at)


class TestEditCompany:
    def test_works_and_notes_what_changed(self, acme: Company, anna: Any, at: dt.datetime) -> None:
        commands.edit_company(
            acme.pk,
            {"name": "Acme AG", "phones": ["+49 30 654321"], "industry": "Steel"},
            by=Actor(anna),
            at=at,
        )
        acme.refresh_from_db()
        assert (acme.name, acme.version, acme.sort_key) == ("Acme AG", 2, "acme ag")
        assert list(acme.phones.values_list("number", "kind")) == [("+4930654321", "mobile")]
        assert {c["field"] for c in last("company.edited").payload["changes"]} == {
            "name",
            "phones",
            "industry",
        }
        assert "4930654321" in acme.search
        assert "4930123456" not in acme.search

    def test_equal_values_are_no_change(self, acme: Company, anna: Any, at: dt.datetime) -> None:
        changes = {"name": "Acme GmbH", "phones": ["+4930123456", "+4930654321"], "tags": ["key", "east"]}
        commands.edit_company(acme, changes | {"owner": anna.pk}, by=Actor(anna), at=at)
        acme.refresh_from_db()
        assert acme.version == 1
        assert not Event.objects.filter(kind="company.edited").exists()

    def test_stale_unknown_and_hidden(self, acme: Company, anna: Any, carla: Any, at: dt.datetime) -> None:
        with pytest.raises(Stale):
            commands.edit_company(acme, {"name": "B"}, version=7, by=Actor(anna), at=at)
        with pytest.raises(Invalid) as refusal:
            commands.edit_company(acme, {"deleted_at": None, "id": 1}, by=Actor(anna), at=at)
        assert {e.code for e in refusal.value.errors} == {"unknown_field"}
        with pytest.raises(NotFound):
            commands.edit_company(acme.pk, {"name": "Stolen"}, by=Actor(carla), at=at)

    def test_no_company_stands_above_itself(self, acme: Company, anna: Any, at: dt.datetime) -> None:
        child = commands.create_company(name="Child", parent=acme, by=Actor(anna), at=at)
        for parent in (acme, child):
            with pytest.raises(Invalid) as refusal:
                commands.edit_company(acme, {"parent": parent.pk}, by=Actor(anna), at=at)
            assert refusal.value.errors[0].code == "circle"

    def test_a_new_owner_is_a_fact_of_its_own(
        self, acme: Company, anna: Any, boris: Any, carla: Any, at: dt.datetime
    ) -> None:
        with pytest.raises(Forbidden):
            commands.edit_company(acme, {"owner": carla.email}, by=Actor(anna), at=at)
        commands.edit_company(acme, {"owner": boris.email.upper()}, by=Actor(boris), at=at)
        assert last("company.owner_changed").payload["new_name"] == "Boris"
        assert not Event.objects.filter(kind="company.edited").exists()

    def test_the_first_source_is_kept(
        self, acme: Company, anna: Any, admin: Any, takt: Any, at: dt.datetime
    ) -> None:
        commands.install_sources("en", by=takt, at=at)
        fair, referral = Source.objects.get(name="Trade fair"), Source.objects.get(name="Referral")
        commands.edit_company(acme, {"source": fair.pk}, by=Actor(anna), at=at)
        for new in (referral.pk, None):
            with pytest.raises(Refused) as refusal:
                commands.edit_company(acme, {"source": new}, by=Actor(anna), at=at)
            assert refusal.value.code == "source_is_fixed"
        with pytest.raises(Refused):
            commands.edit_company(acme, {"source": ""}, by=Actor(admin), at=at)
        commands.edit_company(acme, {"source": "referral"}, by=Actor(admin), at=at)
        acme.refresh_from_db()
        assert acme.source == referral


class TestContact:
    def test_what_is_personal_is_sealed(self, jane: Contact) -> None:
        event = last("contact.created")
        assert "Jane" not in str(event.payload)
        assert "jane@" not in str(event.payload)
        sealed = unseal_all([bytes(event.sealed)])[0]  # type: ignore[arg-type]
        assert sealed == {"name": "Jane Roe", "phones": ["+491715550142"], "emails": ["jane@acme.example"]}

    def test_moving_keeps_the_history_of_both_companies(
        self, jane: Contact, acme: Company, anna: Any, at: dt.datetime
    ) -> None:
        other = commands.create_company(name="Other", by=Actor(anna), at=at)
        commands.edit_contact(jane, {"company": other.pk, "position": "CFO"}, by=Actor(anna), at=at)
        moved = last("contact.moved")
        assert subjects(moved) == {("contact", jane.pk), ("company", acme.pk), ("company", other.pk)}
        assert last("contact.edited").payload["fields"] == ["position"]
        assert "CFO" not in str(last("contact.edited").payload)

    def test_a_hidden_company_is_answered_like_a_missing_one(
        self, jane: Contact, anna: Any, carla: Any, at: dt.datetime
    ) -> None:
        hidden = commands.create_company(name="Hidden", by=Actor(carla), at=at)
        said = []
        for company in (hidden.pk, 999_999):
            with pytest.raises(Invalid) as refusal:
                commands.edit_contact(jane, {"company": company}, by=Actor(anna), at=at)
            said.append([(e.field, e.code, str(e.message)) for e in refusal.value.errors])
        assert said[0] == said[1]

    def test_an_owner_who_left_may_stay(
        self, jane: Contact, anna: Any, boris: Any, admin: Any, at: dt.datetime
    ) -> None:
        from takt.kernel.accounts.models import User

        User.objects.filter(pk=anna.pk).update(is_active=False)
        commands.edit_contact(jane, {"owner": str(anna.pk), "position": "CEO"}, by=Actor(boris), at=at)
        jane.refresh_from_db()
        assert (jane.position, jane.owner) == ("CEO", anna)

    def test_search_finds_numbers_as_people_write_them(self, jane: Contact, anna: Any) -> None:
        from takt.kernel.lib.search import matching

        for words in ("0171 5550142", "+491715550142", "jane@acme", "ROE jane"):
            assert Contact.objects.filter(matching(words)).get() == jane
        assert not Contact.objects.filter(matching("acme gmbh")).exists()


class TestMarking:
    def test_tags(self, acme: Company, anna: Any, carla: Any, at: dt.datetime) -> None:
        assert (
            commands.tag_companies([acme.pk], add=["vip", "key"], remove=["east"], by=Actor(anna), at=at) == 1
        )
        acme.refresh_from_db()
        assert acme.tags == ["key", "vip"]
        assert last("company.tagged").payload == {"added": ["vip"], "removed": ["east"]}
        with pytest.raises(NotFound):
            commands.tag_companies([acme.pk], add=["x"], by=Actor(carla), at=at)

    def test_handing_over_is_all_or_nothing(
        self, acme: Company, jane: Contact, anna: Any, carla: Any, dora: Any, at: dt.datetime
    ) -> None:
        theirs = commands.create_company(name="Carla's", by=Actor(carla), at=at)
        with pytest.raises(NotFound):
            commands.assign_companies([acme.pk, theirs.pk], anna.pk, by=Actor(anna), at=at)
        assert commands.assign_companies([acme.pk, theirs.pk], carla.email, by=Actor(dora), at=at) == 1
        assert commands.assign_contacts([jane], None, by=Actor(dora), at=at) == 1
        jane.refresh_from_db()
        assert jane.owner is None
        assert Contact.objects.visible_to(carla).filter(pk=jane.pk).exists()


class TestBin:
    def test_only_the_administrator_deletes_and_restores(
        self, acme: Company, jane: Contact, anna: Any, admin: Any, at: dt.datetime
    ) -> None:
        with pytest.raises(Forbidden):
            commands.delete_company(acme, by=Actor(anna), at=at)
        commands.delete_company(acme, by=Actor(admin), at=at)
        commands.delete_contact(jane, by=Actor(admin), at=at)
        assert not Company.objects.visible_to(admin).exists()
        with pytest.raises(Forbidden):
            commands.restore_company(acme.pk, by=Actor(anna), at=at)
        commands.restore_company(acme.pk, by=Actor(admin), at=at)
        commands.restore_contact(jane.pk, by=Actor(admin), at=at)
        assert Company.objects.visible_to(anna).get().phones.count() == 2
        with pytest.raises(NotFound):
            commands.restore_company(acme.pk, by=Actor(admin), at=at)


def test_sources_come_in_the_language_of_the_organisation(takt: Any, db: Any, at: dt.datetime) -> None:
    for language in ("ru", "ru", "zh-hans"):
        commands.install_sources(language, by=takt, at=at)
    assert Source.objects.count() == 14
