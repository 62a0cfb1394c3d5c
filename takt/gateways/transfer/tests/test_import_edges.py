"""Import through the pages, the API and the command line; export and back."""

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from takt.gateways.transfer.models import Import, SavedMapping
from takt.gateways.transfer.running import carry_out
from takt.sales.contacts.models import Company
from takt.sales.deals.models import Deal

pytestmark = pytest.mark.django_db


def sent(text, name="companies.csv"):
    return SimpleUploadedFile(name, text.encode(), content_type="text/csv")


def test_from_upload_to_undo_in_a_browser(client_of, admin, pipeline):
    client = client_of(admin)
    assert client.get("/import").status_code == 200
    answer = client.post(
        "/import", {"kind": "companies", "file": sent("Firm name;Town\nAcme;Köln\nBeta;Bonn\n")}
    )
    job = Import.objects.get()
    assert answer.headers["Location"] == f"/import/{job.pk}"
    page = client.get(f"/import/{job.pk}").content.decode()
    assert "Firm name" in page and "Acme" in page
    columns = {"column-0-0": "", "column-0-1": "region", "act": "check"}
    assert client.post(f"/import/{job.pk}/set-up", columns).status_code == 422
    columns |= {"column-0-0": "name", "mapping_name": "Firms"}
    assert client.post(f"/import/{job.pk}/set-up", columns).status_code == 302
    assert 'hx-trigger="every 1s"' in client.get(f"/import/{job.pk}").content.decode()
    assert client.get(f"/import/{job.pk}/progress").status_code == 200
    carry_out(job.pk)
    assert client.get(f"/import/{job.pk}/progress").headers["HX-Refresh"] == "true"
    assert "Start the import" in client.get(f"/import/{job.pk}").content.decode()
    assert not Company.objects.exists()
    client.post(f"/import/{job.pk}/start")
    carry_out(job.pk)
    assert set(Company.objects.values_list("name", "region")) == {("Acme", "Köln"), ("Beta", "Bonn")}
    assert "Acme" in client.get(f"/import/{job.pk}").content.decode()
    client.post(f"/import/{job.pk}/undo")
    carry_out(job.pk)
    assert not Company.objects.exists()
    assert client.get(f"/import/{job.pk}").status_code == 200
    client.post("/import", {"kind": "companies", "file": sent("Firm name;Town\nGamma;Ulm\n")})
    other = Import.objects.exclude(pk=job.pk).get()
    saved = SavedMapping.objects.get()
    client.post(f"/import/{other.pk}/set-up", {"kind": "companies", "saved": saved.pk, "act": "look"})
    other.refresh_from_db()
    assert other.parts[0]["mapping"] == ["name", "region"]


def test_a_file_of_headings_only_has_nothing_to_start(client_of, admin, pipeline):
    client = client_of(admin)
    client.post("/import", {"kind": "companies", "file": sent("Name,Region\n")})
    job = Import.objects.get()
    client.post(f"/import/{job.pk}/set-up", {"column-0-0": "name", "act": "check"})
    carry_out(job.pk)
    page = client.get(f"/import/{job.pk}").content.decode()
    assert "no rows below its headings" in page and "Start the import" not in page


def test_refused_rows_come_as_a_file(client_of, admin, pipeline):
    client = client_of(admin)
    client.post("/import", {"kind": "companies", "file": sent("Name,Employees\nAcme,many\n=cmd,3\n")})
    job = Import.objects.get()
    client.post(f"/import/{job.pk}/set-up", {"column-0-0": "name", "column-0-1": "employees"})
    carry_out(job.pk)
    assert "many" in client.get(f"/import/{job.pk}").content.decode()
    text = b"".join(client.get(f"/import/{job.pk}/refused.csv").streaming_content).decode("utf-8-sig")
    assert text.splitlines()[0] == "Name,Employees,Takt: line,Takt: reason"
    assert text.splitlines()[1].startswith("Acme,many,2,") and "cmd" not in text


def test_only_importers_import_and_only_their_own(client_of, anna, dora, admin, pipeline):
    assert client_of(anna).get("/import").status_code == 403
    assert (
        client_of(anna).post("/import", {"kind": "companies", "file": sent("Name\nA\n")}).status_code == 403
    )
    client_of(admin).post("/import", {"kind": "companies", "file": sent("Name\nA\n")})
    assert client_of(dora).get(f"/import/{Import.objects.get().pk}").status_code == 404


def test_what_is_no_table_is_refused_with_a_sentence(client_of, admin):
    answer = client_of(admin).post("/import", {"kind": "companies", "file": sent("", "empty.csv")})
    assert answer.status_code == 422
    answer = client_of(admin).post(
        "/import",
        {"kind": "companies", "file": SimpleUploadedFile("x.xlsx", b"\x89PNG\r\n\x1a\n" + bytes(64))},
    )
    assert answer.status_code == 422
    assert not Import.objects.exists()


def test_names_of_files_and_columns_are_only_text(client_of, admin):
    client = client_of(admin)
    client.post(
        "/import", {"kind": "companies", "file": sent("Name,<img src=x onerror=1>\nA,<b>x</b>\n", "<i>.csv")}
    )
    page = client.get(f"/import/{Import.objects.get().pk}").content.decode()
    assert "<img src=x" not in page and "<b>x</b>" not in page and "<i>.csv" not in page


def test_programs_import_check_and_undo(api_of, admin, pipeline):
    api = api_of(admin)
    body = {"kind": "companies", "file": sent("Name\nAcme\n"), "dry_run": "true"}
    answer = api.client.post("/api/v1/imports", body)
    assert answer.status_code == 201, answer.content
    pk = answer.json()["id"]
    carry_out(pk)
    assert api.get(f"/imports/{pk}").json()["state"] == "ready"
    assert not Company.objects.exists()
    answer = api.client.post("/api/v1/imports", {"kind": "companies", "file": sent("Name\nAcme\n")})
    pk = answer.json()["id"]
    carry_out(pk)
    found = api.get(f"/imports/{pk}").json()
    assert (found["state"], found["created"]) == ("done", 1)
    assert api.post(f"/imports/{pk}/undo").status_code == 200
    carry_out(pk)
    assert api.get(f"/imports/{pk}").json()["state"] == "undone"
    assert len(api.get("/imports").json()["items"]) == 2
    assert (
        api.client.post("/api/v1/imports", {"kind": "planets", "file": sent("Name\nA\n")}).status_code == 422
    )


def test_command_line_writes_json_and_exports_back(table, pipeline, anna, boris, tmp_path):
    path = table(
        ["ID", "Name", "Owner", "Amount", "Company"],
        ["k1", "One", "Anna", "10", "Acme"],
        ["k2", "=Two", "Boris", "20", ""],
    )
    out = io.StringIO()
    call_command("import", "deals", str(path), "--dry-run", "--json", stdout=out)
    assert json.loads(out.getvalue())["created"] == 2 and not Deal.objects.exists()
    out = io.StringIO()
    call_command("import", "deals", str(path), stdout=out)
    assert "read 2, created 2, updated 0, skipped 0, refused 0" in out.getvalue()
    for name in ("all.csv", "all.xlsx"):
        call_command("export", "deals", str(tmp_path / name), stdout=io.StringIO())
        out = io.StringIO()
        call_command("import", "deals", str(tmp_path / name), "--json", stdout=out)
        answer = json.loads(out.getvalue())
        assert (answer["created"], answer["updated"], answer["skipped"]) == (0, 0, 2)
    bad = table(["Name", "Owner"], ["A", "Nobody"])
    with pytest.raises(SystemExit):
        call_command("import", "deals", str(bad), stdout=io.StringIO())
    with pytest.raises(CommandError):
        call_command("import", "deals", str(tmp_path / "none.csv"), stdout=io.StringIO())


def test_the_database_counts_again_after_a_large_import(client_of, admin, pipeline, monkeypatch):
    def asked(name):
        with CaptureQueriesContext(connection) as queries:
            client_of(admin).post("/api/v1/imports", {"kind": "companies", "file": sent(f"name\n{name}\n")})
            job = Import.objects.latest("pk")
            carry_out(job.pk)
        return [q["sql"] for q in queries if q["sql"] == "ANALYZE"]

    assert asked("Acme") == []
    monkeypatch.setattr("takt.gateways.transfer.running.MANY", 1)
    assert asked("Beta") == ["ANALYZE"]
