"""What is deleted comes back as it was, goes for good after its days, and is shown to whom it concerns only."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from takt.kernel.access import rules as rights
from takt.kernel.events.models import Event, PersonKey
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.checks import checks
from takt.kernel.lib.refusals import Forbidden, NotFound
from takt.kernel.lists.acts import AT_ONCE
from takt.kernel.lists.commands import carry_on, start_bulk
from takt.kernel.lists.jobs import run_bulk
from takt.kernel.lists.models import BulkRun
from takt.kernel.recycling.commands import purge_old
from takt.kernel.recycling.rules import purged_at, restorable_until
from takt.ops.doctor.dump import canonical_lines
from takt.sales.activities.models import Note, Task
from takt.sales.contacts import commands as customers
from takt.sales.contacts.models import Company, Contact, Phone
from takt.sales.deals import commands as selling
from takt.sales.deals.models import Deal, DealContact

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def test_how_long() -> None:
    """Domain spec T-BIN."""
    deleted = dt.datetime(2027, 3, 1, 10, tzinfo=dt.UTC)
    assert restorable_until(deleted, 30) == dt.datetime(2027, 3, 31, 10, tzinfo=dt.UTC)
    assert purged_at(deleted, 30) == dt.datetime(2027, 4, 1, 4, tzinfo=dt.UTC)
    early = dt.datetime(2027, 3, 1, 4, tzinfo=dt.UTC)
    assert purged_at(early, 30) == dt.datetime(2027, 3, 31, 4, tzinfo=dt.UTC)


def sound() -> bool:
    assert not [(c.name, found) for c in checks if (found := c.find())]
    return True


@pytest.fixture
def acme(anna: Any, pipeline: Any, at: dt.datetime) -> Company:
    by = Actor(anna)
    acme = customers.create_company(name="Acme", phones=["+4930111111"], tags=["a"], by=by, at=at)
    jane = customers.create_contact(name="Jane", company=acme, emails=["j@acme.example"], by=by, at=at)
    selling.create_deal(name="Pumps", company=acme, contacts=[jane.pk], is_quick=True, by=by, at=at)
    selling.create_task(selling.NewTask(title="Alone", due_at=at), company=acme, by=by, at=at)
    selling.create_task(selling.NewTask(title="Both", due_at=at), contact=jane, by=by, at=at)
    selling.add_note(body="N", company=acme, by=by, at=at)
    return acme


def test_a_company_takes_its_own_tasks_along_and_brings_them_back(
    acme: Company, admin: Any, anna: Any, at: dt.datetime
) -> None:
    before = list(canonical_lines())
    customers.delete_company(acme, by=Actor(admin), at=at + DAY)
    assert set(Task.objects.visible_to(anna).values_list("title", flat=True)) == {"Contact Jane", "Both"}
    assert Deal.objects.visible_to(anna).get().next_task is not None
    assert sound()
    customers.restore_company(acme, by=Actor(admin), at=at + 2 * DAY)
    assert list(canonical_lines()) == before
    assert sound()


def test_what_had_been_removed_before_stays_removed(
    acme: Company, admin: Any, anna: Any, at: dt.datetime
) -> None:
    selling.delete_task(Task.objects.get(title="Alone"), by=Actor(anna), at=at + DAY)
    customers.delete_company(acme, by=Actor(admin), at=at + 2 * DAY)
    customers.restore_company(acme, by=Actor(admin), at=at + 3 * DAY)
    assert Task.objects.get(title="Alone").deleted_at is not None


ACTS = (
    (customers.delete_companies, customers.restore_companies, Company),
    (customers.delete_contacts, customers.restore_contacts, Contact),
    (selling.delete_deals, selling.restore_deals, Deal),
)


@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_restore_after_delete_changes_nothing(data: Any, admin: Any, pipeline: Any, at: dt.datetime) -> None:
    """Small random worlds; several deletions of several kinds, taken back in any order."""
    by = Actor(admin)
    with transaction.atomic():
        firms = [
            customers.create_company(name=f"F{n}", phones=["+4930111111"] * n, by=by, at=at) for n in range(3)
        ]
        people = [
            customers.create_contact(
                name=f"P{n}", company=data.draw(st.sampled_from([None, *firms])), by=by, at=at
            )
            for n in range(3)
        ]
        for n in range(3):
            selling.create_deal(
                name=f"D{n}",
                company=data.draw(st.sampled_from([None, *firms])),
                contacts=data.draw(st.lists(st.sampled_from([p.pk for p in people]), unique=True)),
                amount=data.draw(st.sampled_from([None, "10", "99.90"])),
                is_quick=True,
                by=by,
                at=at,
            )
        for n in range(data.draw(st.integers(0, 4))):
            about = data.draw(
                st.sampled_from([{"company": firms[0]}, {"contact": people[0]}, {"company": firms[1]}])
            )
            new = selling.NewTask(title=f"T{n}", due_at=at)
            selling.create_task(new, **about, by=by, at=at)
        before = list(canonical_lines())
        undo = []
        for step in range(data.draw(st.integers(1, 4))):
            delete, restore, model = data.draw(st.sampled_from(ACTS))
            alive = list(model.objects.alive().order_by("pk").values_list("pk", flat=True))
            if chosen := data.draw(st.lists(st.sampled_from(alive), unique=True) if alive else st.just([])):
                delete(chosen, by=by, at=at + step * DAY)
                undo.append((restore, chosen))
            assert sound()
        for restore, chosen in data.draw(st.permutations(undo)):
            restore(chosen, by=by, at=at + 9 * DAY)
            assert sound()
        assert list(canonical_lines()) == before
        transaction.set_rollback(True)


def test_five_hundred_at_once(admin: Any, pipeline: Any, at: dt.datetime) -> None:
    by = Actor(admin)
    firm = customers.create_company(name="F", by=by, at=at)
    for n in range(500):
        selling.create_deal(name=f"D{n}", company=firm, amount="5", is_quick=True, by=by, at=at)
    before = list(canonical_lines())
    ids = list(Deal.objects.values_list("pk", flat=True))
    with CaptureQueriesContext(
        connection,
    ) as asked:
        selling.delete_deals(ids, by=by, at=at + DAY)
        selling.restore_deals(ids, by=by, at=at + 2 * DAY)
    assert len(asked) < 40
    assert list(canonical_lines()) == before
    assert sound()


def test_a_deal_whose_owner_left_goes_to_his_lead(
    admin: Any, anna: Any, boris: Any, pipeline: Any, at: dt.datetime
) -> None:
    from takt.kernel.accounts.commands import deactivate_user

    deal = selling.create_deal(name="D", is_quick=True, by=Actor(anna), at=at)
    selling.delete_deal(deal, by=Actor(admin), at=at)
    deactivate_user(anna, by=Actor(admin), at=at)
    selling.restore_deal(deal, by=Actor(admin), at=at)
    assert Deal.objects.get().owner == boris
    assert Task.objects.get().assignee == boris
    assert sound()


class TestRights:
    def test_who_may_delete_nothing_has_no_bin(
        self,
        acme: Company,
        anna: Any,
        admin: Any,
        person: Callable[..., Any],
        at: dt.datetime,
        client_of: Callable[..., Any],
    ) -> None:
        customers.delete_company(acme, by=Actor(admin), at=at)
        auditor = person("olga", role="auditor", team=None)
        assert client_of(auditor).get("/recycle-bin").status_code == 403
        # A rep removes tasks, notes and files of his own, and nothing else.
        shown = client_of(anna).get("/recycle-bin").content.decode()
        assert "kind=note" in shown and "kind=company" not in shown
        for act in ("restore", "purge"):
            answer = client_of(anna).post(f"/recycle-bin/company/{act}", {"ids": acme.pk})
            assert answer.status_code in {403, 404}
        with pytest.raises(Forbidden):
            customers.restore_company(acme, by=Actor(anna), at=at)

    def test_others_see_and_restore_what_they_deleted_themselves(
        self, acme: Company, boris: Any, admin: Any, at: dt.datetime, monkeypatch: pytest.MonkeyPatch,
        client_of: Callable[..., Any],
    ) -> None:  # fmt: skip
        """A lead who may delete within his team."""
        lead = rights.Rights(rights.TEAM, rights.TEAM, rights.TEAM, rights.TEAM, True)
        monkeypatch.setitem(rights.BY_ROLE, "lead", lead)
        other = customers.create_company(name="Zeta", owner=boris, by=Actor(admin), at=at)
        customers.delete_company(other, by=Actor(admin), at=at)
        customers.delete_company(acme, by=Actor(boris), at=at)
        text = client_of(boris).get("/recycle-bin?kind=company").content.decode()
        assert "Acme" in text
        assert "Zeta" not in text
        assert "Remove for good" not in text
        with pytest.raises(NotFound):
            customers.restore_company(other, by=Actor(boris), at=at)
        with pytest.raises(Forbidden):
            customers.purge_companies([acme], by=Actor(boris), at=at)
        customers.restore_company(acme, by=Actor(boris), at=at)
        assert Company.objects.alive().filter(pk=acme.pk).exists()


class TestPurge:
    def test_a_company_goes_and_leaves_its_deals_and_people(
        self, acme: Company, admin: Any, anna: Any, at: dt.datetime
    ) -> None:
        customers.delete_company(acme, by=Actor(admin), at=at)
        customers.purge_companies([acme], by=Actor(admin), at=at)
        assert not Company.objects.exists()
        assert not Phone.objects.filter(company__isnull=False).exists()
        assert not Note.objects.exists()
        assert not Task.objects.filter(title="Alone").exists()
        deal = Deal.objects.get()
        assert deal.company is None
        assert "acme" not in deal.search
        assert Contact.objects.get().company is None
        assert Task.objects.get(title="Contact Jane").company is None
        assert Event.objects.filter(kind="company.purged", actor=admin.pk).count() == 1
        assert sound()

    def test_a_person_goes_with_what_the_history_knew_of_him(
        self, acme: Company, admin: Any, at: dt.datetime
    ) -> None:
        jane = Contact.objects.get()
        customers.delete_contact(jane, by=Actor(admin), at=at)
        customers.purge_contacts([jane], by=Actor(admin), at=at)
        assert not DealContact.objects.exists()
        assert not PersonKey.objects.filter(kind="contact", object_id=jane.pk).exists()
        assert "jane" not in Deal.objects.get().search
        assert sound()

    def test_a_deal_goes_with_everything_of_it(self, acme: Company, admin: Any, at: dt.datetime) -> None:
        deal = Deal.objects.get()
        with pytest.raises(NotFound):
            selling.purge_deals([deal], by=Actor(admin), at=at)
        selling.delete_deal(deal, by=Actor(admin), at=at)
        selling.purge_deals([deal], by=Actor(admin), at=at)
        assert not Deal.objects.exists()
        assert set(Task.objects.values_list("title", flat=True)) == {"Alone", "Both"}
        assert sound()

    def test_the_timer_takes_what_has_lain_its_days(
        self, acme: Company, admin: Any, takt: Any, at: dt.datetime
    ) -> None:
        """Decided 14: thirty times twenty-four hours."""
        jane, deal = Contact.objects.get(), Deal.objects.get()
        customers.delete_company(acme, by=Actor(admin), at=at)
        customers.delete_contact(jane, by=Actor(admin), at=at + DAY)
        selling.delete_deal(deal, by=Actor(admin), at=at)

        def purged(when: dt.datetime) -> dict[str, int]:
            return {kind: count for kind, count in purge_old(by=takt, at=when).items() if count}

        assert purged(at + 30 * DAY - dt.timedelta(seconds=1)) == {}
        assert purged(at + 30 * DAY) == {"deal": 1, "company": 1}
        assert purged(at + 30 * DAY) == {}
        assert purged(at + 31 * DAY) == {"contact": 1}
        assert not Task.objects.exists()
        assert sound()

    def test_who_was_merged_goes_with_the_survivor(self, acme: Company, admin: Any, at: dt.datetime) -> None:
        by = Actor(admin)
        other = customers.create_company(name="Acme 2", by=by, at=at)
        customers.merge_companies(acme, other, by=by, at=at)
        customers.delete_company(acme, by=by, at=at)
        customers.purge_companies([acme], by=by, at=at)
        assert not Company.objects.exists()
        assert sound()


class TestPages:
    def test_the_bin_is_one_page(
        self, acme: Company, admin: Any, at: dt.datetime, client_of: Callable[..., Any]
    ) -> None:
        client = client_of(admin)
        assert client.get("/recycle-bin").status_code == 200
        customers.delete_company(acme, by=Actor(admin), at=at)
        text = client.get("/recycle-bin?kind=company").content.decode()
        assert "Acme" in text
        assert "Restore all 1 shown" in text
        assert "Acme" not in client.get("/recycle-bin?kind=company&q=zeta").content.decode()
        assert client.get("/recycle-bin?kind=ship").status_code == 404
        assert (
            "Restore 1 record" in client.get(f"/recycle-bin/company/restore?ids={acme.pk}").content.decode()
        )
        answer = client.post("/recycle-bin/company/restore", {"ids": [acme.pk]})
        assert (answer.status_code, answer["Location"]) == (303, "/recycle-bin?kind=company")
        assert client.get(f"/companies/{acme.pk}").status_code == 200

    def test_all_of_a_filter(self, admin: Any, at: dt.datetime, client_of: Callable[..., Any]) -> None:
        by = Actor(admin)
        made = [customers.create_company(name=n, by=by, at=at) for n in ("Alpha", "Alpha two", "Beta")]
        customers.delete_companies(made, by=by, at=at)
        client = client_of(admin)
        client.post("/recycle-bin/company/restore", {"all": "1", "query": "q=alpha"})
        assert set(Company.objects.alive().values_list("name", flat=True)) == {"Alpha", "Alpha two"}
        page = {"all": "1", "query": "", "typed": "3"}
        assert client.post("/recycle-bin/company/purge", page).status_code == 422
        assert Company.objects.count() == 3
        assert client.post("/recycle-bin/company/purge", page | {"typed": "1"}).status_code == 303
        assert Company.objects.count() == 2

    def test_as_many_questions_for_many_rows(
        self, admin: Any, at: dt.datetime, client_of: Callable[..., Any]
    ) -> None:
        by, client = Actor(admin), client_of(admin)
        counts = []
        for n in (2, 20):
            made = [customers.create_company(name=f"C{n} {i}", by=by, at=at) for i in range(n)]
            customers.delete_companies(made, by=by, at=at)
            client.get("/recycle-bin?kind=company")
            with CaptureQueriesContext(connection) as asked:
                client.get("/recycle-bin?kind=company")
            counts.append(len(asked))
        assert counts[0] == counts[1]

    def test_many_from_the_list(
        self, acme: Company, admin: Any, anna: Any, client_of: Callable[..., Any]
    ) -> None:
        jane = Contact.objects.get()
        path = "/lists/contacts/bulk/delete"
        assert "1 record" in client_of(admin).get(f"{path}?ids={jane.pk}").content.decode()
        assert client_of(anna).post(path, {"ids": [jane.pk]}).status_code == 403
        assert client_of(admin).post(path, {"ids": [jane.pk]}).status_code == 303
        assert not Contact.objects.alive().exists()


class TestMany:
    """More than five hundred are brought back and removed by the worker, with progress and Stop."""

    @pytest.fixture
    def many(self, admin: Any, pipeline: Any, at: dt.datetime) -> list[int]:
        by = Actor(admin)
        firm = customers.create_company(name="F", by=by, at=at)
        ids = [
            selling.create_deal(name=f"D{n}", company=firm, amount="5", is_quick=True, by=by, at=at).pk
            for n in range(AT_ONCE + 1)
        ]
        selling.delete_deals(ids, by=by, at=at + DAY)
        return ids

    def test_all_come_back_piece_by_piece(
        self, many: list[int], admin: Any, client_of: Callable[..., Any]
    ) -> None:
        client = client_of(admin)
        asked = client.get("/recycle-bin/deal/restore?all=1&query=").content.decode()
        assert "in the background" in asked
        answer = client.post(
            "/recycle-bin/deal/restore", {"all": "1", "query": ""}, headers={"HX-Request": "true"}
        )
        assert answer.status_code == 200
        run = BulkRun.objects.get()
        assert (run.state, run.total, run.resource, run.act) == ("running", len(many), "bin_deals", "restore")
        assert "Stop" in answer.content.decode()
        assert not Deal.objects.alive().exists()
        run_bulk(run.pk)
        run.refresh_from_db()
        assert (run.state, run.changed, run.undo) == ("done", len(many), None)
        assert Deal.objects.alive().count() == len(many)
        shown = client.get(f"/lists/bulk/{run.pk}").content.decode()
        assert "501 records are back." in shown
        assert "Take back" not in shown
        assert sound()

    def test_a_stopped_purge_leaves_the_rest_in_the_bin(
        self, many: list[int], admin: Any, at: dt.datetime, client_of: Callable[..., Any]
    ) -> None:
        client, form = client_of(admin), {"all": "1", "query": ""}
        assert client.post("/recycle-bin/deal/purge", form | {"typed": "500"}).status_code == 422
        answer = client.post("/recycle-bin/deal/purge", form | {"typed": "501"})
        run = BulkRun.objects.get()
        assert (answer.status_code, answer["Location"]) == (303, f"/lists/bulk/{run.pk}")
        assert carry_on(run.pk, by=Actor(admin), at=at + DAY) is True
        assert client.post(f"/lists/bulk/{run.pk}/stop").status_code == 303
        run.refresh_from_db()
        assert (run.state, run.changed, run.undo) == ("stopped", 500, None)
        assert Deal.objects.count() == 1
        assert sound()

    def test_what_refuses_is_left_out_and_named(self, many: list[int], admin: Any, at: dt.datetime) -> None:
        by = Actor(admin)
        run = start_bulk("bin_deals", "restore", {}, ids=many, by=by, at=at)
        selling.purge_deals(many[:1], by=by, at=at)
        while carry_on(run.pk, by=by, at=at):
            pass
        run.refresh_from_db()
        assert (run.changed, run.skipped) == (500, 1)

    def test_rights(self, many: list[int], anna: Any, at: dt.datetime, client_of: Callable[..., Any]) -> None:
        for act in ("restore", "purge"):
            with pytest.raises(Forbidden):
                start_bulk("bin_deals", act, {}, ids=many, by=Actor(anna), at=at)
        # The bin's own page asks for the number to be typed: no list's dialog goes around it.
        assert client_of(anna).get("/lists/bin_deals/bulk/purge?ids=1").status_code == 404
