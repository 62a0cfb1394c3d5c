"""A deal talked over: a colleague named in a note, files attached, the deal shared and taken back."""

from typing import Any

from playwright.sync_api import expect

from takt.kernel.access.models import Grant
from takt.kernel.events.models import Event
from takt.kernel.files.models import File
from takt.sales.activities.models import Note


def test_a_colleague_is_named_by_keyboard(company: Any, anna: Any, as_person: Any) -> None:
    deal = company[0]
    page = as_person(anna)
    page.goto_path(f"/deals/{deal.pk}")
    note = page.locator("#note-body")
    note.click()
    page.keyboard.type("Price agreed, ")
    page.keyboard.type("@")
    offered = page.get_by_role("listbox")
    expect(offered.get_by_role("option")).to_have_count(5)
    page.keyboard.type("car")
    expect(offered.get_by_role("option")).to_have_text(["Carlacan't see this"])
    for _back in range(3):
        page.keyboard.press("Backspace")
    page.keyboard.type("bo")
    expect(offered.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(note).to_have_value("Price agreed, @Boris ")
    page.keyboard.type("and @Carla, see https://example.com/offer")
    page.get_by_role("button", name="Add the note").click()
    expect(page.get_by_role("alert")).to_contain_text("can't see this record: Carla")
    expect(page.locator(".tl-name")).to_have_text(["@Boris", "@Carla"])
    expect(page.get_by_role("link", name="https://example.com/offer")).to_be_visible()
    assert Event.objects.get(kind="note.added").payload["mentions"] == [Note.objects.get().author_id + 1]
    page.get_by_role("button", name="Pin the note on top").click()
    expect(page.locator("#pinned")).to_contain_text("Price agreed")


def test_files_are_chosen_dropped_and_brought_back(
    company: Any, anna: Any, as_person: Any, tmp_path: Any, settings: Any
) -> None:
    settings.TAKT_DATA_DIR = tmp_path
    deal = company[0]
    page = as_person(anna)
    page.goto_path(f"/deals/{deal.pk}")
    files = page.locator("[data-files]")
    files.locator("[data-upload-input]").set_input_files(
        [
            {"name": "offer.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 x"},
            {"name": "page.html", "mimeType": "text/html", "buffer": b"<script>alert(1)</script>"},
        ]
    )
    expect(files.locator(".fl-file")).to_have_count(2)
    expect(page.get_by_text("2 files are attached.")).to_be_visible()
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File(["dropped"], "dropped.txt"));
            const place = document.querySelector("[data-files]");
            place.dispatchEvent(new DragEvent("dragover", {bubbles: true, cancelable: true, dataTransfer: data}));
            place.dispatchEvent(new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer: data}));
        }"""
    )
    expect(files.get_by_role("link", name="dropped.txt", exact=True)).to_be_visible()
    with page.expect_download() as got:
        files.get_by_role("link", name="page.html", exact=True).click()
    assert got.value.suggested_filename == "page.html"
    files.get_by_role("button", name="Remove dropped.txt").click()
    expect(files.locator(".fl-file")).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(files.locator(".fl-file")).to_have_count(3)
    assert File.objects.filter(deleted_at=None).count() == 3


def test_shared_seen_and_taken_back(
    company: Any, anna: Any, carla: Any, as_person: Any, client_of: Any
) -> None:
    deal = company[0]
    seeing = client_of(carla)
    assert seeing.get(f"/deals/{deal.pk}").status_code == 404
    page = as_person(anna)
    page.goto_path(f"/deals/{deal.pk}")
    people = page.locator(f"#people-{deal.pk}")
    people.get_by_label("Add a colleague").click()
    people.get_by_role("link", name="Share with a colleague").click()
    dialog = page.locator("#dialog-body")
    dialog.locator("input[role=combobox]").fill("Carla")
    page.locator(".ts-dropdown [role=option]", has_text="Carla").click()
    dialog.get_by_text("May edit").click()
    dialog.get_by_role("button", name="Share").click()
    expect(people.get_by_text("Carla")).to_be_visible()
    expect(people).to_contain_text("May edit")
    assert Grant.objects.get().user == carla
    assert seeing.get(f"/deals/{deal.pk}").status_code == 200
    people.get_by_role("button", name="Watch").click()
    expect(people.get_by_role("button", name="Watching")).to_be_visible()
    people.get_by_role("button", name="No longer share with Carla").click()
    expect(people.get_by_text("Carla")).to_have_count(0)
    assert seeing.get(f"/deals/{deal.pk}").status_code == 404
