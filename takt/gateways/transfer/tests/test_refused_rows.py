"""Refused rows as a file that can be mended and imported; imports that break off."""

import csv
import datetime as dt
import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import translation

from takt.gateways.transfer import commands, files, queries
from takt.gateways.transfer.fields import KINDS, mapped
from takt.gateways.transfer.kinds import Companies
from takt.gateways.transfer.models import Import
from takt.gateways.transfer.running import carry_out
from takt.kernel.lib.actor import Actor
from takt.sales.contacts.models import Company
from takt.sales.deals.models import Deal

pytestmark = pytest.mark.django_db


def rows_of(content):
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_refused_rows_mended_are_an_import_of_their_own(
    bring, table, pipeline, anna, admin, client_of, tmp_path
):
    header = ["ID", "Name", "Status", "Loss reason", "Amount", "Close date"]
    good, bad = ["k1", "One", "lost", "Price", "5", "2026-01-02"], ["k2", "=Two", "open", "", "many", ""]
    job = bring("deals", table(header, good, bad), keep_going=True, owner=anna.pk, by=admin)
    answer = client_of(admin).get(f"/import/{job.pk}/refused.csv")
    content = b"".join(answer.streaming_content)
    assert "\t=Two" in content.decode()
    path = tmp_path / "mended.csv"
    path.write_bytes(content.replace(b"many", b"6"))
    part = files.part_of(files.keep_path(path), path.name, "deals")
    assert part["mapping"] == [*job.parts[0]["mapping"], None, None]
    job = bring("deals", path, owner=anna.pk, by=admin)
    assert (job.state, job.count("created")) == (Import.State.DONE, 1)
    assert set(Deal.objects.values_list("name", flat=True)) == {"One", "=Two"}


@pytest.mark.parametrize("language", ["en", "ru", "zh-hans"])
@pytest.mark.parametrize("kind", list(KINDS))
def test_line_and_reason_are_no_fields_in_any_language(bring, table, kind, language):
    job = Import(parts=[{"header": [], "name": "x"}], pk=0)
    with translation.override(language):
        header, _lines = queries.refused_table(job, 0)
    assert mapped(kind, header) == [None, None]


def test_each_file_has_its_own_refused_rows(table, pipeline, admin, client_of, bring):
    one = table(["Name", "Employees"], ["Acme", "many"], name="one.csv")
    two = table(["Region", "Name", "Employees"], ["North", "Beta", "lots"], name="two.csv")
    job = bring("companies", one, two, by=admin)
    client = client_of(admin)
    for number, cells in enumerate((["Acme", "many", "2"], ["North", "Beta", "lots", "2"])):
        found = rows_of(b"".join(client.get(f"/import/{job.pk}/{number}/refused.csv").streaming_content))
        assert len(found) == 2 and found[1][:-1] == cells
    assert client.get(f"/import/{job.pk}/2/refused.csv").status_code == 404
    assert f"/import/{job.pk}/1/refused.csv" in client.get(f"/import/{job.pk}").content.decode()


def test_the_command_line_writes_them_too(table, pipeline, tmp_path):
    path = table(["Name", "Employees"], ["Acme", "many"], ["=Beta", "lots"])
    target, out = tmp_path / "refused.csv", io.StringIO()
    with pytest.raises(SystemExit):
        call_command("import", "companies", str(path), "--refused", str(target), "--json", stdout=out)
    found = rows_of(target.read_bytes())
    assert found[0] == ["Name", "Employees", "Takt: line", "Takt: reason"]
    assert [r[:3] for r in found[1:]] == [["Acme", "many", "2"], ["\t=Beta", "lots", "3"]]
    assert json.loads(out.getvalue())["refused"] == 2
    assert not list(files.folder().iterdir())


def test_pace_is_told_at_the_end(bring, table, pipeline, admin, client_of):
    path = table(["Name"], ["Acme"], ["Beta"])
    job = bring("companies", path, by=admin)
    assert job.pace and job.pace > 0
    assert "rows per second" in client_of(admin).get(f"/import/{job.pk}").content.decode()
    out = io.StringIO()
    call_command("import", "companies", str(path), stdout=out)
    assert "rows per second" in out.getvalue()


@pytest.mark.parametrize("wrong", ["heading", "field", "shape", "folder", "missing", "empty", "picture"])
def test_the_command_line_says_what_is_wrong(table, pipeline, tmp_path, wrong):
    path, mapping = table(["Firm"], ["Acme"]), tmp_path / "map.json"
    texts = {"heading": '{"Firma": "name"}', "field": '{"Firm": "nome"}', "shape": "[1]"}
    mapping.write_text(texts.get(wrong, '{"Firm": "name"}'))
    given = {"folder": tmp_path, "missing": tmp_path / "none.csv"}.get(wrong, path)
    if wrong in {"empty", "picture"}:
        path.write_bytes(b"" if wrong == "empty" else b"\x89PNG\r\n\x1a\n" + bytes(64))
    with pytest.raises(CommandError):
        call_command("import", "companies", str(given), "--map", str(mapping), stdout=io.StringIO())
    assert not Company.objects.exists() and not list(files.folder().iterdir())


def test_a_mapping_of_ones_own_is_used(table, pipeline, tmp_path):
    path, mapping = table(["Firm", "Name"], ["Acme", "left out"]), tmp_path / "map.json"
    mapping.write_text('{"firm": "name"}')
    call_command("import", "companies", str(path), "--map", str(mapping), stdout=io.StringIO())
    assert list(Company.objects.values_list("name", flat=True)) == ["Acme"]


def test_an_error_of_takts_own_ends_the_import_and_says_so(bring, table, pipeline, monkeypatch):
    def broken(*_args):
        raise ValueError("a bug")

    path = table(["Name"], *([f"Company {n}"] for n in range(1500)))
    with monkeypatch.context() as patch:
        patch.setattr(Companies, "plan", broken)
        job = bring("companies", path)
    assert job.state == Import.State.FAILED and "error" in job.problem
    job = bring("companies", path, write=False)
    commands.begin_import(job, by=Actor(), at=dt.datetime.now(dt.UTC))
    passes = iter([Companies.create])

    def once(self, rows):
        return next(passes)(self, rows)

    with monkeypatch.context() as patch:
        patch.setattr(Companies, "create", once)
        job = carry_out(job.pk)
    assert (job.state, Company.objects.count()) == (Import.State.STOPPED, 1000)
    with monkeypatch.context() as patch:
        patch.setattr("takt.gateways.transfer.commands.undoing._remove", broken)
        commands.undo_import(job, by=Actor(), at=dt.datetime.now(dt.UTC))
        job = carry_out(job.pk)
    assert job.state == Import.State.DONE and job.problem
    commands.undo_import(job, by=Actor(), at=dt.datetime.now(dt.UTC))
    assert carry_out(job.pk).state == Import.State.UNDONE and not Company.objects.exists()


def test_programs_send_at_most_ten_files_and_leave_none_behind(api_of, admin, pipeline):
    def sent(content, count=1):
        given = [SimpleUploadedFile(f"{n}.csv", content) for n in range(count)]
        return api_of(admin).client.post("/api/v1/imports", {"kind": "companies", "file": given})

    assert sent(b"Name\nAcme\n", 11).status_code == 422
    assert sent(b"\x89PNG\r\n\x1a\n").status_code == 422
    assert not list(files.folder().iterdir()) and not Import.objects.exists()
