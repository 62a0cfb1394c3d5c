"""A field of one's own that holds a file: one of those attached to the record."""

import datetime as dt
from typing import Any

import pytest

from takt.kernel.fields.commands import create_field
from takt.kernel.files.commands import Upload, attach_files, delete_file
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Invalid
from takt.kernel.recycling.participants import purge_named_files
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
    assert 'name="cf_drawing"' not in client_of(anna).get("/deals/new").content.decode()
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


def test_products_have_no_files(admin: Any, at: dt.datetime) -> None:
    with pytest.raises(Invalid):
        create_field(entity="product", name="Sheet", kind="file", by=Actor(admin), at=at)
