"""`bin/takt import KIND FILE…`: the same import as in the browser, carried out here."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from takt.gateways.transfer import commands, files, queries, writing
from takt.gateways.transfer.fields import KINDS
from takt.gateways.transfer.models import Import, ImportRow
from takt.gateways.transfer.presets import PRESETS, Preset
from takt.gateways.transfer.reading import Unreadable
from takt.gateways.transfer.running import carry_out, now
from takt.kernel.accounts.models import User
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Refusal

SHOWN = 100


class Command(BaseCommand):
    help = "Read records from CSV or XLSX."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=[*KINDS, "leads"], metavar="KIND", help=", ".join(KINDS))
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--preset", default="", choices=["", *PRESETS], help="a known program's files")
        parser.add_argument("--map", type=Path, metavar="FILE.json", help="heading: field")
        parser.add_argument("--by", metavar="EMAIL", help="whose import it is; default: Takt itself")
        parser.add_argument("--owner", metavar="EMAIL", help="who is responsible where the file doesn't say")
        parser.add_argument("--pipeline", metavar="NAME", help="of deals, where the file doesn't say")
        parser.add_argument("--currency", metavar="CODE")
        parser.add_argument("--encoding")
        parser.add_argument("--delimiter")
        parser.add_argument("--sheet")
        parser.add_argument("--date-order", choices=["dmy", "mdy"])
        parser.add_argument("--decimal", choices=[".", ","])
        parser.add_argument(
            "--create-missing", action="store_true", help="add unknown types, sources, stages"
        )
        parser.add_argument("--dry-run", action="store_true", help="check only, write nothing")
        parser.add_argument(
            "--keep-going", action="store_true", help="leave refused rows out, write the others"
        )
        parser.add_argument("--refused", type=Path, metavar="FILE.csv", help="write the refused rows there")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["kind"] == "leads":
            raise CommandError("This Takt has no leads yet; import them as companies, contacts or deals.")
        try:
            answer = self.carry_out(options)
        except OSError as error:
            raise CommandError(f"{error.filename} cannot be read or written: {error.strerror}.") from error
        except Refusal as refusal:
            lines = [str(refusal.detail), *(str(e.message) for e in refusal.errors)]
            raise CommandError(" ".join(dict.fromkeys(lines))) from refusal
        if options["json"]:
            self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2))
        else:
            self.say(answer)
        if answer["state"] not in {"done", "ready"} or answer["refused"]:
            sys.exit(1)

    def carry_out(self, options: dict[str, Any]) -> dict[str, Any]:
        by = Actor(user=_user(options["by"]), via="ui")
        chosen = _chosen(options)
        parts = _parts(options)
        kind, preset = options["kind"], options["preset"]
        try:
            job = commands.start_import(kind, parts, options=chosen, preset=preset, by=by, at=now())
        except Refusal:
            files.forget(parts)
            raise
        try:
            try:
                job = commands.set_up_import(job, job.parts, options=chosen, by=by, at=now())
            except Refusal:
                commands.delete_import(job, by=by, at=now())
                raise
            job = carry_out(job.pk)
            if job.state == Import.State.READY and not options["dry_run"]:
                commands.begin_import(job, by=by, at=now())
                job = carry_out(job.pk)
            answer = _answer(job)
            if options["refused"]:
                _write_refused(job, options["refused"])
        except (KeyboardInterrupt, SystemExit):
            job.refresh_from_db()
            if job.state in {Import.State.CHECKING, Import.State.RUNNING}:
                commands.stop_import(job, by=by, at=now())
            raise
        job.refresh_from_db()
        if job.state != Import.State.STOPPED:
            files.forget(job.parts)  # a stopped one may go on from its page
        if options["dry_run"] and job.state in {Import.State.READY, Import.State.REFUSED}:
            commands.delete_import(job, by=by, at=now())
        return answer

    def say(self, answer: dict[str, Any]) -> None:
        counted = "read %(read)d, created %(created)d, updated %(updated)d, skipped %(skipped)d, refused %(refused)d"
        for part in answer["files"]:
            self.stdout.write(f"{part['file']} ({part['kind']}): {counted % part}")
            for row in part["rows"][:SHOWN]:
                self.stdout.write(f"  line {row['line']}: {row['reason']}")
            if len(part["rows"]) > SHOWN:
                self.stdout.write(
                    f"  … and {len(part['rows']) - SHOWN} more refused rows (--json lists them all)"
                )
        self.stdout.write(f"Rows: {counted % answer}")
        if answer["rows_per_second"]:
            self.stdout.write(f"{answer['rows_per_second']} rows per second")
        if answer["problem"]:
            self.stdout.write(answer["problem"])
        ends = {
            "done": "Imported (number %(import)s).",
            "ready": "Dry run: nothing was written.",
            "refused": "Nothing was imported, because rows were refused. Mend them, or use --keep-going.",
        }
        self.stdout.write(ends.get(answer["state"], "The import stopped: %(state)s.") % answer)


def _user(email: str | None) -> User | None:
    if not email:
        return None
    user = User.objects.filter(email__iexact=email, is_active=True).first()
    if user is None:
        raise CommandError(f"Nobody here has the e-mail {email}.")
    return user


def _mapping(path: Path | None) -> dict[str, str] | None:
    if path is None:
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError(f"{path} cannot be read: {error}") from error
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise CommandError(f'{path} has to hold {{"heading": "field", …}}.')
    return found


def _chosen(options: dict[str, Any]) -> dict[str, Any]:
    """The options of the import that were given."""
    wanted: dict[str, Any] = {
        name: options[name]
        for name in ("keep_going", "create_missing", "currency", "date_order", "decimal", "pipeline")
    }
    owner = _user(options["owner"])
    wanted["owner"] = owner.pk if owner else None
    return {k: v for k, v in wanted.items() if v}


def _parts(options: dict[str, Any]) -> list[dict[str, Any]]:
    """What the files turn out to be; nothing of them is kept where one can't be read."""
    preset, mapping = PRESETS.get(options["preset"]), _mapping(options["map"])
    parts: list[dict[str, Any]] = []
    try:
        for path in _spread(options["files"], options["preset"]):
            part = _part(path, options, preset, mapping)
            if preset and not part["preset"] and path not in options["files"]:
                files.forget([part])  # a folder may hold more than the preset's own files
            else:
                parts.append(part)
        _every_heading_is_there(mapping, parts)
    except BaseException:
        files.forget(parts)
        raise
    return parts


def _part(
    path: Path, options: dict[str, Any], preset: Preset | None, mapping: dict[str, str] | None
) -> dict[str, Any]:
    kept = files.keep_path(path)
    try:
        return files.part_of(
            kept,
            path.name,
            options["kind"],
            preset=preset,
            encoding=options["encoding"],
            delimiter="\t" if options["delimiter"] in {"tab", "\\t"} else options["delimiter"],
            sheet=options["sheet"],
            mapping=mapping,
        )
    except Unreadable as error:
        files.path_of(kept).unlink(missing_ok=True)
        raise CommandError(f"{path}: {error.message}") from error


def _every_heading_is_there(mapping: dict[str, str] | None, parts: list[dict[str, Any]]) -> None:
    """A heading of the mapping that no file has is a slip of the pen, and its column would be lost."""
    there = {h.casefold() for part in parts for h in part["header"]}
    if lost := [h for h in mapping or {} if h.casefold() not in there]:
        raise CommandError(f"No file has the column “{lost[0]}”, which the mapping names.")


def _write_refused(job: Import, path: Path) -> None:
    """The refused rows with line and reason; one file per imported one where there are several."""
    for number in range(len(job.parts)):
        target = path if len(job.parts) == 1 else path.with_stem(f"{path.stem}-{number + 1}")
        with open(target, "wb") as file:
            writing.write_csv(file, *queries.refused_table(job, number))


def _spread(given: list[Path], preset: str) -> list[Path]:
    """A folder stands for the tables in it."""
    out: list[Path] = []
    for path in given:
        if path.is_dir() and preset:
            out.extend(sorted(p for p in path.iterdir() if p.suffix.lower() in files.ENDINGS))
        elif path.is_dir():
            raise CommandError(f"{path} is a folder; name the files in it.")
        elif path.is_file():
            out.append(path)
        else:
            raise CommandError(f"There is no file {path}.")
    return out


def _answer(job: Import) -> dict[str, Any]:
    """The result as data: totals, and for each file its counts and refused rows."""
    refused: dict[int, list[dict[str, Any]]] = {}
    rows = ImportRow.objects.filter(job=job, outcome="refused").order_by("part", "line")
    for part, line, reason in rows.values_list("part", "line", "reason").iterator():
        refused.setdefault(part, []).append({"line": line, "reason": reason})
    counts = job.counts.get("parts") or [{} for _ in job.parts]
    return {
        "import": job.pk,
        "state": job.state,
        "problem": job.problem,
        "rows_per_second": job.pace,
        **{name: job.count(name) for name in commands.OUTCOMES},
        "files": [
            {
                "file": part["name"],
                "kind": part["kind"],
                **{name: int(found.get(name, 0)) for name in commands.OUTCOMES},
                "rows": refused.get(number, []),
            }
            for number, (part, found) in enumerate(zip(job.parts, counts, strict=True))
        ],
    }
