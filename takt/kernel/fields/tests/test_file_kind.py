"""A field of one's own that holds a file: one of those attached to the record."""

import datetime as dt
import os
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from takt.kernel.events.models import Event
from takt.kernel.fields.commands import create_field
from takt.kernel.files import storing
from takt.kernel.files.commands import Upload, attach_files, delete_file, hold_file, sweep
from takt.kernel.files.models import File, HeldFile
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Invalid
from takt.kernel.recycling.participants import purge_named_files
from takt.kernel.settings.models import Setting
from takt.sales.catalog.models import Product
from takt.sales.deals import commands
from takt.sales.deals.models import Deal

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal(pipeline: Any, anna: Any, admin: Any, at: dt.datetime, tmp_path: Any, settings: Any) -> Deal:
    settings.TAKT_DATA_DIR = tmp_path
    create_field(
        entity="deal", name="Drawing", kind="file", slug="drawing", is_required=True, by=Actor(admin), at=at
    )
    return commands.create_deal(name="Crane", is_quick=False, custom={}, by=Actor(anna), at=at,
                                first_task=commands.NewTask(type="call", title="Call", due_at=at))  # fmt: skip


def attach(deal: Deal, name: str, by: Any, at: dt.datetime) -> int:
    return attach_files("deal", deal.pk, [Upload(name, [b"x"])], by=Actor(by), at=at)[0].pk


def test_chosen_among_the_records_own(
    deal: Deal, anna: Any, admin: Any, client_of: Any, api_of: Any, at: dt.datetime
) -> None:
    other = commands.create_deal(name="Other", is_quick=True, by=Actor(anna), at=at)
    file, foreign = attach(deal, "plan.dwg", anna, at), attach(other, "not.dwg", anna, at)
    with pytest.raises(Invalid) as refused:
        commands.edit_deal(deal, {"custom": {"drawing": foreign}}, by=Actor(anna), at=at)
    assert refused.value.errors[0].field == "custom.drawing"
    form = client_of(anna).get(f"/deals/{deal.pk}/edit").content.decode()
    assert "plan.dwg" in form and "not.dwg" not in form
    assert 'name="cf_drawing__file"' in client_of(anna).get("/deals/new").content.decode()
    commands.edit_deal(deal, {"custom": {"drawing": str(file)}}, by=Actor(anna), at=at)
    deal.refresh_from_db()
    assert deal.custom == {"drawing": file}
    page = client_of(anna).get(f"/deals/{deal.pk}").content.decode()
    assert f'href="/files/{file}">plan.dwg</a>' in page
    shown = client_of(anna).get("/deals?columns=name,cf_drawing").content.decode()
    assert "plan.dwg" in shown
    exported = client_of(admin).get("/deals?columns=name,cf_drawing&export=csv")
    assert "plan.dwg" in b"".join(exported.streaming_content).decode()
    assert api_of(anna).get(f"/deals/{deal.pk}").json()["custom"] == {"drawing": file}
    assert [d["id"] for d in api_of(anna).get(f"/deals?cf_drawing={file}").json()["items"]] == [deal.pk]
    assert "plan.dwg" in client_of(anna).get(f"/timeline/deal/{deal.pk}").content.decode()


def test_a_removed_file_stays_named_until_it_is_gone_for_good(
    deal: Deal, anna: Any, admin: Any, client_of: Any, at: dt.datetime
) -> None:
    file = attach(deal, "plan.dwg", anna, at)
    commands.edit_deal(deal, {"custom": {"drawing": file}}, by=Actor(anna), at=at)
    delete_file(file, by=Actor(anna), at=at)
    assert "A file in the recycle bin" in client_of(anna).get(f"/deals/{deal.pk}/edit").content.decode()
    commands.edit_deal(deal, {"about": "x", "custom": {"drawing": str(file)}}, by=Actor(anna), at=at)
    purge_named_files([file], by=Actor(admin), at=at)
    deal.refresh_from_db()
    assert deal.custom == {}


def test_a_file_is_attached_by_the_form_of_a_new_deal_and_not_lost_when_it_is_refused(
    deal: Deal, pipeline: Any, anna: Any, boris: Any, client_of: Any, at: dt.datetime
) -> None:
    browser = client_of(anna)
    sent = {
        "name": "",
        "pipeline": pipeline.pk,
        "owner": anna.pk,
        "about": "Long story",
        "cf_drawing": "",
        "cf_drawing__file": SimpleUploadedFile("plan <b>.dwg", b"lines"),
        "step_type": "call",
        "step_title": "Call",
        "step_due": "2027-01-04T10:00",
    }
    refused = browser.post("/deals/new", sent)
    page = refused.content.decode()
    held = HeldFile.objects.get()
    assert refused.status_code == 422
    assert "Long story" in page
    assert "plan _b_.dwg, uploaded just now" in page
    assert f'value="{held.word}" selected' in page
    again = sent | {"name": "Hall", "cf_drawing": held.word}
    del again["cf_drawing__file"]
    assert (
        client_of(boris).post("/deals/new", again | {"owner": boris.pk}).status_code == 422
    )  # another's file
    made = browser.post("/deals/new", again)
    assert made.status_code == 303, made.content.decode()
    new = Deal.objects.get(name="Hall")
    file = File.objects.get(kind="deal", object_id=new.pk)
    assert (new.custom, file.name, file.size, file.uploaded_by) == (
        {"drawing": file.pk},
        "plan _b_.dwg",
        5,
        anna,
    )
    assert not HeldFile.objects.exists()
    assert b"".join(browser.get(f"/files/{file.pk}").streaming_content) == b"lines"
    assert Event.objects.filter(kind="file.added").count() == 1


def test_a_required_file_is_asked_of_a_form_and_not_of_a_program_that_says_nothing(
    deal: Deal, anna: Any, at: dt.datetime
) -> None:
    with pytest.raises(Invalid) as refused:
        commands.create_deal(name="Bare", is_quick=True, custom={"drawing": ""}, by=Actor(anna), at=at)
    assert [e.field for e in refused.value.errors] == ["custom.drawing"]


def test_the_form_of_a_deal_that_stands_takes_a_file_with_the_rest(
    deal: Deal, anna: Any, client_of: Any, at: dt.datetime
) -> None:
    browser = client_of(anna)
    url = f"/deals/{deal.pk}/edit"
    file = SimpleUploadedFile("plan.dwg", b"x")
    refused = browser.post(url, {"probability": "900", "cf_drawing": "", "cf_drawing__file": file})
    held = HeldFile.objects.get()
    assert refused.status_code == 422 and held.word in refused.content.decode()
    assert browser.post(url, {"about": "More", "cf_drawing": held.word}).status_code in {200, 204, 302, 303}
    deal.refresh_from_db()
    first = File.objects.get(kind="deal", object_id=deal.pk)
    assert (deal.about, deal.custom) == ("More", {"drawing": first.pk})
    inline = browser.post(
        f"/deals/{deal.pk}/field/custom.drawing",
        {"cf_drawing": str(first.pk), "cf_drawing__file": SimpleUploadedFile("b.dwg", b"y")},
    )
    assert inline.status_code == 200 and "b.dwg" in inline.json()["cells"]["custom.drawing"]
    deal.refresh_from_db()
    assert deal.custom == {"drawing": first.pk + 1}


def test_a_file_that_is_too_large_leaves_the_rest_of_the_form(
    deal: Deal, admin: Any, anna: Any, client_of: Any, at: dt.datetime
) -> None:
    Setting.objects.create(key="file.max_mb", value=1, changed_at=at)
    big = SimpleUploadedFile("big.bin", b"x" * 1_200_000)
    answer = client_of(anna).post("/deals/new", {"cf_drawing": "", "cf_drawing__file": big, "name": "Kept"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "More than the 1 MB that are allowed." in page and 'value="Kept"' in page
    assert not HeldFile.objects.exists()


@pytest.mark.parametrize(("entity", "path"), [("company", "/companies"), ("contact", "/contacts")])
def test_customers_take_files_with_their_forms(
    entity: str, path: str, deal: Deal, admin: Any, anna: Any, client_of: Any, at: dt.datetime
) -> None:
    create_field(entity=entity, name="Card", kind="file", slug="card", by=Actor(admin), at=at)
    browser = client_of(anna)
    assert 'enctype="multipart/form-data"' in browser.get(f"{path}/new").content.decode()
    sent = {"name": "Frisia", "owner": anna.pk, "cf_card__file": SimpleUploadedFile("a.pdf", b"%PDF-1")}
    goal = browser.post(f"{path}/new", sent)["Location"]
    file = File.objects.get(kind=entity)
    assert goal == f"{path}/{file.object_id}"
    refused = browser.post(
        f"{goal}/edit",
        {"name": "", "cf_card": str(file.pk), "cf_card__file": SimpleUploadedFile("b.pdf", b"b")},
    )
    held = HeldFile.objects.get()
    assert refused.status_code == 422 and "b.pdf, uploaded just now" in refused.content.decode()
    browser.post(f"{goal}/edit", {"name": "Frisia", "cf_card": held.word})
    assert File.objects.filter(kind=entity, object_id=file.object_id).count() == 2


def test_products_take_files_with_their_form(
    deal: Deal, admin: Any, anna: Any, carla: Any, client_of: Any, at: dt.datetime
) -> None:
    create_field(entity="product", name="Sheet", kind="file", slug="sheet", by=Actor(admin), at=at)
    browser = client_of(admin)
    browser.post("/products/new", {"name": "Rack", "cf_sheet__file": SimpleUploadedFile("s.pdf", b"%PDF-1")})
    product = Product.objects.get(name="Rack")
    file = File.objects.get(kind="product", object_id=product.pk)
    assert product.custom == {"sheet": file.pk}
    assert client_of(anna).get(f"/files/{file.pk}").status_code == 200  # the catalog is everybody's
    assert "s.pdf" in client_of(anna).get(f"/products/{product.pk}").content.decode()
    no = {"kind": "product", "id": product.pk, "file": SimpleUploadedFile("x", b"x")}
    assert client_of(anna).post("/files", no).status_code == 403
    url = f"/products/{product.pk}"
    browser.post(url, {"name": "Rack", "cf_sheet": "", "cf_sheet__file": SimpleUploadedFile("t.pdf", b"t")})
    product.refresh_from_db()
    assert product.custom == {"sheet": file.pk + 1}


def test_a_program_uploads_first_and_names_the_file_then(
    deal: Deal, pipeline: Any, anna: Any, carla: Any, client_of: Any, api_of: Any, at: dt.datetime
) -> None:
    answer = client_of(anna).post("/api/v1/files/held", {"file": SimpleUploadedFile("a.txt", b"abc")})
    assert answer.status_code == 201
    value = answer.json()["value"]
    step = {"type": "call", "title": "Call", "due_at": "2027-01-04T10:00:00Z"}
    new = {"name": "By program", "pipeline": pipeline.pk, "first_task": step, "custom": {"drawing": value}}
    assert api_of(carla).post("/deals", new).status_code == 422
    made = api_of(anna).post("/deals", new)
    assert made.status_code == 201, made.content
    file = File.objects.get(kind="deal", object_id=made.json()["id"])
    assert made.json()["custom"] == {"drawing": file.pk}
    assert api_of(anna).patch(f"/deals/{deal.pk}", {"custom": {"drawing": value}}).status_code == 422  # used


def test_what_is_held_goes_after_a_day_with_its_bytes(deal: Deal, anna: Any, at: dt.datetime) -> None:
    held = hold_file(Upload("a", [b"a"]), by=Actor(anna), at=at)
    place = storing.path_of(held.stored)
    os.utime(place, (at.timestamp() - 2, at.timestamp() - 2))
    sweep(by=Actor(via="timer"), at=at + dt.timedelta(hours=23))
    assert place.exists() and HeldFile.objects.exists()
    sweep(by=Actor(via="timer"), at=at + dt.timedelta(hours=25))
    assert not place.exists() and not HeldFile.objects.exists()


def test_cells_of_lists_take_no_files(deal: Deal, anna: Any, client_of: Any) -> None:
    assert client_of(anna).get(f"/lists/deals/{deal.pk}/cf_drawing").status_code == 422
