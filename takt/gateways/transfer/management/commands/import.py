"""`bin/takt import KIND FILE…`: the same import as in the browser, carried out here."""

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from takt.gateways.transfer import commands, files
from takt.gateways.transfer.fields import KINDS, field_of
from takt.gateways.transfer.models import Import, ImportRow
from takt.gateways.transfer.presets import PRESETS
from takt.gateways.transfer.reading import Unreadable
from takt.gateways.transfer.running import carry_out
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
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["kind"] == "leads":
            raise CommandError("This Takt has no leads yet; import them as companies, contacts or deals.")
        try:
            answer = self.carry_out(options)
        except Unreadable as error:
            raise CommandError(error.message) from error
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
        preset = PRESETS.get(options["preset"])
        mapping = _mapping(options["map"])
        parts = []
        for path in _spread(options["files"], options["preset"]):
            kept = files.keep_path(path)
            part = files.part_of(
                kept,
                path.name,
                options["kind"],
                preset=preset,
                encoding=options["encoding"],
                delimiter=options["delimiter"],
                sheet=options["sheet"],
                mapping=mapping,
            )
            if preset and not part["preset"] and path not in options["files"]:
                files.forget([part])  # a folder may hold more than the preset's own files
                continue
            parts.append(part)
        wanted: dict[str, Any] = {
            "keep_going": options["keep_going"] or None,
            "create_missing": options["create_missing"] or None,
            "currency": options["currency"],
            "date_order": options["date_order"],
            "decimal": options["decimal"],
            "pipeline": options["pipeline"],
        }
        if owner := _user(options["owner"]):
            wanted["owner"] = owner.pk
        chosen = {k: v for k, v in wanted.items() if v is not None}
        at = dt.datetime.now(dt.UTC)
        job = commands.start_import(
            options["kind"], parts, options=chosen, preset=options["preset"], by=by, at=at
        )
        try:
            job = commands.set_up_import(job, job.parts, options=chosen, by=by, at=dt.datetime.now(dt.UTC))
            job = carry_out(job.pk)
            if job.state == Import.State.READY and not options["dry_run"]:
                commands.begin_import(job, by=by, at=dt.datetime.now(dt.UTC))
                job = carry_out(job.pk)
            answer = _answer(job)
        finally:
            job.refresh_from_db()
            files.forget(job.parts)
        if options["dry_run"] and job.state in {Import.State.READY, Import.State.REFUSED}:
            commands.delete_import(job, by=by, at=dt.datetime.now(dt.UTC))
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
    known = {field_of(kind, v) for kind in KINDS for v in found.values()}
    if not known:
        raise CommandError(f"{path} names no field.")
    return found


def _spread(given: list[Path], preset: str) -> list[Path]:
    """A folder stands for the tables in it."""
    out: list[Path] = []
    for path in given:
        if path.is_dir() and preset:
            out.extend(sorted(p for p in path.iterdir() if p.suffix.lower() in files.ENDINGS))
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
