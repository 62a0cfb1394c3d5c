"""Notes: colleagues named in them, changed, pinned, removed and brought back; shown without any markup."""

import datetime as dt
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from takt.kernel.events.commands import deliver_all
from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refused, Stale
from takt.kernel.lists.notes import pieces_of
from takt.office.notifications.jobs import tell_of_watched
from takt.office.notifications.models import Notification
from takt.ops.doctor.dump import canonical_lines
from takt.sales.activities.mentions import mentioned
from takt.sales.activities.models import Note, Task
from takt.sales.contacts.commands import create_company
from takt.sales.deals import commands
from takt.sales.deals.commands import NewTask
from takt.sales.deals.models import Deal


@pytest.fixture
def deal(pipeline: Any, anna: Any, at: dt.datetime) -> Deal:
    return commands.create_deal(name="Crane", is_quick=True, by=Actor(anna), at=at)


def told(user: Any, at: dt.datetime) -> list[str]:
    deliver_all(list(Event.objects.values_list("pk", flat=True)), at=at)
    return [n.sentence for n in Notification.objects.filter(user=user).order_by("pk")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@Anna please", [1]),
        ("ask @anna, @Anna Lind and @BO", [1, 2, 3]),
        ("@Anna Lindqvist", [1]),
        ("mail anna@bo.example", []),
        ("@@Anna", []),
        ("@Annabel", []),
        ("(@Bo)", [3]),
        ("nothing", []),
    ],
)
def test_who_is_meant(text: str, found: list[int]) -> None:
    assert mentioned(text, [(1, "Anna"), (2, "Anna Lind"), (3, "Bo")]) == found


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see https://a.example/x?y=1.", ["https://a.example/x?y=1"]),
        ("(https://a.example/w_(x))", ["https://a.example/w_(x)"]),
        ("javascript:alert(1) data:text/html,x //a.example", []),
        ('"https://a.example/"><script>', ["https://a.example/"]),
        ("http://", []),
    ],
)
def test_links(text: str, links: list[str]) -> None:
    pieces = pieces_of(text)
    assert [p.url for p in pieces if p.url] == links
    assert "".join(p.text for p in pieces) == text


@pytest.mark.django_db
class TestNotes:
    def test_a_mention_tells_only_who_may_see_it(
        self, deal: Deal, anna: Any, boris: Any, carla: Any, at: dt.datetime
    ) -> None:
        note = commands.add_note("@Boris @Carla @Anna look", deal=deal, by=Actor(anna), at=at)
        assert note.not_told == ["Carla"]
        assert told(boris, at) == ["Anna mentioned you on “Crane”"]
        assert told(carla, at) == [] and told(anna, at) == []

    def test_a_share_taken_back_before_delivery_tells_nothing(
        self, deal: Deal, anna: Any, carla: Any, at: dt.datetime
    ) -> None:
        commands.share_deal(deal, carla, by=Actor(anna), at=at)
        note = commands.add_note("@Carla look", deal=deal, by=Actor(anna), at=at)
        assert note.not_told == []
        commands.unshare_deal(deal, carla, by=Actor(anna), at=at)
        assert told(carla, at) == []

    def test_an_unowned_company_is_open_to_all(self, anna: Any, carla: Any, at: dt.datetime) -> None:
        company = create_company(name="Nord", owner=None, by=Actor(anna), at=at)
        commands.add_note("@Carla look", company=company, by=Actor(anna), at=at)
        assert told(carla, at) == ["Anna mentioned you on “Nord”"]

    def test_an_edit_tells_only_who_is_new(
        self, deal: Deal, anna: Any, boris: Any, dora: Any, at: dt.datetime
    ) -> None:
        note = commands.add_note("@Boris look", deal=deal, by=Actor(anna), at=at)
        commands.edit_note(note, "@Boris @Dora look", by=Actor(anna), at=at + dt.timedelta(minutes=1))
        assert len(told(boris, at)) == 1 and len(told(dora, at)) == 1
        fact = Event.objects.get(kind="note.edited")
        assert fact.payload["changes"][0] == {
            "field": "body",
            "old": "@Boris look",
            "new": "@Boris @Dora look",
        }

    def test_only_ones_own_is_changed_or_removed(
        self, deal: Deal, anna: Any, boris: Any, carla: Any, admin: Any, at: dt.datetime
    ) -> None:
        note = commands.add_note("Mine", deal=deal, by=Actor(anna), at=at)
        for act in (
            lambda by: commands.edit_note(note, "x", by=by, at=at),
            lambda by: commands.delete_note(note, by=by, at=at),
        ):
            with pytest.raises(Forbidden):
                act(Actor(boris))
            with pytest.raises(NotFound):
                act(Actor(carla))
        with pytest.raises(Stale):
            commands.edit_note(note, "x", version=7, by=Actor(anna), at=at)
        with pytest.raises(Invalid):
            commands.edit_note(note, " ", by=Actor(anna), at=at)
        commands.delete_note(note, by=Actor(admin), at=at)

    def test_removed_text_is_gone_from_the_timeline_and_back_by_undo(
        self, deal: Deal, anna: Any, client_of: Any, at: dt.datetime
    ) -> None:
        client = client_of(anna)
        client.post("/notes", {"deal": deal.pk, "body": "first secret"})
        note = Note.objects.get()
        commands.edit_note(note, "second secret", by=Actor(anna), at=at)
        page = client.get(f"/deals/{deal.pk}").content.decode()
        assert "second secret" in page and "changed since" in page
        before = list(canonical_lines())
        client.post(f"/notes/{note.pk}/delete")
        page = client.get(f"/deals/{deal.pk}").content.decode()
        assert "secret" not in page and "The note was removed." in page
        bin_page = client.get("/recycle-bin?kind=note").content.decode()
        assert "second secret" in bin_page
        assert client.post("/recycle-bin/note/restore", {"ids": [note.pk]}).status_code == 303
        assert list(canonical_lines()) == before

    def test_pinned_on_top_latest_first(
        self, deal: Deal, anna: Any, carla: Any, client_of: Any, at: dt.datetime
    ) -> None:
        client = client_of(anna)
        assert 'id="pinned"' not in client.get(f"/deals/{deal.pk}").content.decode()
        one = commands.add_note("Older", deal=deal, by=Actor(anna), at=at)
        two = commands.add_note("Newer", deal=deal, by=Actor(anna), at=at)
        commands.pin_note(two, by=Actor(anna), at=at)
        commands.pin_note(one, by=Actor(anna), at=at + dt.timedelta(minutes=1))
        page = client.get(f"/deals/{deal.pk}").content.decode()
        top = page[page.index('id="pinned"') : page.index('id="timeline"')]
        assert top.index("Older") < top.index("Newer")
        assert client.post(f"/notes/{one.pk}/pin", {"pinned": ""}).status_code == 302
        assert Note.objects.get(pk=one.pk).pinned_at is None
        commands.share_deal(deal, carla, by=Actor(anna), at=at)
        assert client_of(carla).post(f"/notes/{two.pk}/pin", {"pinned": ""}).status_code == 403

    def test_no_markup_of_a_note_is_believed(
        self, deal: Deal, anna: Any, client_of: Any, at: dt.datetime
    ) -> None:
        hostile = (
            '<img src=x onerror=alert(1)> https://a.example/"onmouseover="alert(1) <script>alert(2)</script>'
        )
        commands.add_note(hostile, deal=deal, by=Actor(anna), at=at)
        page = client_of(anna).get(f"/deals/{deal.pk}").content.decode()
        assert "<img src=x" not in page and "<script>alert" not in page
        assert 'href="https://a.example/"' in page

    def test_files_go_along_or_the_note_isnt_written(
        self, deal: Deal, anna: Any, client_of: Any, tmp_path: Any, settings: Any
    ) -> None:
        settings.TAKT_DATA_DIR = tmp_path
        client = client_of(anna)
        client.post("/notes", {"deal": deal.pk, "body": "See", "file": SimpleUploadedFile("plan.txt", b"x")})
        assert "plan.txt" in client.get(f"/deals/{deal.pk}").content.decode()
        from takt.kernel.settings.models import Setting

        Setting.objects.create(key="file.max_mb", value=1, changed_at=dt.datetime.now(dt.UTC))
        big = SimpleUploadedFile("big.txt", b"x" * 1_200_000)
        assert client.post("/notes", {"deal": deal.pk, "body": "No", "file": big}).status_code == 422
        assert not Note.objects.filter(body="No").exists()

    def test_colleagues_are_offered_with_what_they_see(
        self, deal: Deal, anna: Any, boris: Any, carla: Any, client_of: Any
    ) -> None:
        offered = {p["text"]: p["sees"] for p in client_of(anna).get(f"/notes/people?deal={deal.pk}").json()}
        assert offered == {"Anna": True, "Boris": True, "Carla": False}
        assert client_of(carla).get(f"/notes/people?deal={deal.pk}").status_code == 404

    def test_watchers_hear_of_notes_and_moves_once(
        self, deal: Deal, anna: Any, boris: Any, at: dt.datetime
    ) -> None:
        commands.watch_deal(deal, by=Actor(boris), at=at)
        commands.watch_deal(deal, by=Actor(anna), at=at)
        commands.add_note("Look", deal=deal, by=Actor(anna), at=at)
        assert told(boris, at) == ["Anna wrote a note on “Crane”, which you watch"]
        later = at + dt.timedelta(hours=1)
        stage = deal.pipeline.stages.order_by("position")[1]
        commands.move_deal(deal, stage, by=Actor(anna), at=later)
        for _twice in range(2):
            assert tell_of_watched(later + dt.timedelta(seconds=40)) == 1
        assert told(boris, at)[1:] == ["Anna moved “Crane”, which you watch, to another stage"]
        assert told(anna, at) == []
        tell_of_watched(later + dt.timedelta(hours=1))  # after a standstill it goes back to where it was
        assert told(boris, at)[2:] == []
        assert tell_of_watched(later + dt.timedelta(hours=2)) == 0

    def test_api(self, deal: Deal, anna: Any, api_of: Any) -> None:
        api = api_of(anna)
        note = api.post("/notes", {"deal": deal.pk, "body": "One"}).json()
        changed = api.patch(f"/notes/{note['id']}", {"body": "Two", "pinned": True})
        assert changed.status_code == 200, changed.content
        assert changed.json()["body"] == "Two" and changed.json()["pinned_at"]


@pytest.mark.django_db
def test_a_single_task_comes_back_from_the_bin(
    deal: Deal, anna: Any, admin: Any, client_of: Any, at: dt.datetime
) -> None:
    when = at + dt.timedelta(days=9)
    task = commands.create_task(
        NewTask(type="call", title="Extra", due_at=when), deal=deal, by=Actor(anna), at=at
    )
    before = list(canonical_lines())
    commands.delete_task(task, by=Actor(anna), at=at)
    assert "Extra" in client_of(anna).get("/recycle-bin?kind=task").content.decode()
    assert commands.restore_tasks([task.pk], by=Actor(anna), at=at) == 1
    assert list(canonical_lines()) == before
    commands.delete_task(task, by=Actor(anna), at=at)
    # Its deal goes and comes back: what was removed before stays removed.
    commands.delete_deal(deal, by=Actor(admin), at=at + dt.timedelta(minutes=1))
    with pytest.raises(NotFound):
        commands.restore_tasks([task.pk], by=Actor(anna), at=at)
    commands.restore_deal(deal, by=Actor(admin), at=at + dt.timedelta(minutes=2))
    assert Task.objects.get(pk=task.pk).deleted_at is not None
    deal.refresh_from_db()
    commands.lose_deal(deal, "price", by=Actor(anna), at=at + dt.timedelta(minutes=3))
    with pytest.raises(Refused):
        commands.restore_tasks([task.pk], by=Actor(anna), at=at)
    commands.purge_tasks([task.pk], by=Actor(admin), at=at)
    assert not Task.objects.filter(pk=task.pk).exists()
