"""Web forms: made, changed, switched off."""

import datetime as dt
import secrets
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from takt.gateways.intake import events, rules
from takt.gateways.intake.models import WebForm
from takt.kernel.access.reach import demand, touched
from takt.kernel.accounts.models import User
from takt.kernel.events.unit import command, record
from takt.kernel.fields.models import FieldDefinition
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Invalid, NotFound, Stale
from takt.kernel.undo.registry import inverse
from takt.sales.activities.models import TaskType
from takt.sales.deals.commands import lookups

FIELDS = frozenset(
    [
        "name",
        "pipeline",
        "stage",
        "type",
        "source",
        "owners",
        "task_type",
        "task_title",
        "task_minutes",
        "fields",
        "consent",
        "thanks",
        "redirect_url",
        "sites",
        "language",
        "is_active",
    ]
)
FIRST_FIELDS = [
    {"name": "name", "label": "", "is_required": True},
    {"name": "phone", "label": "", "is_required": False},
    {"name": "email", "label": "", "is_required": True},
    {"name": "message", "label": "", "is_required": False},
]


@command
def create_web_form(*, by: Actor, at: dt.datetime, **given: Any) -> WebForm:
    """Add a form; without `fields` it asks for name, phone, e-mail and a message."""
    demand(by, "administer")
    form = WebForm(key=secrets.token_hex(8), created_at=at, updated_at=at, language=settings.LANGUAGE_CODE)
    _write(form, {"name": "", "pipeline": None, "fields": FIRST_FIELDS} | given)
    form.save(force_insert=True)
    record(events.WebFormCreated(name=form.name), about=("web_form", form.pk), by=by, at=at)
    return form


@command
def edit_web_form(
    form: int, changes: dict[str, Any], *, by: Actor, at: dt.datetime, version: int | None = None
) -> WebForm:
    """Change a form or switch it off; answers that came before stay as they are."""
    demand(by, "administer")
    row = WebForm.objects.select_for_update().filter(pk=form).first()
    if row is None:
        raise NotFound
    if version is not None and version != row.version:
        raise Stale
    before = state_of(row)
    _write(row, changes)
    after = state_of(row)
    found = [{"field": n, "old": before[n], "new": after[n]} for n in sorted(FIELDS) if before[n] != after[n]]
    if found:
        touched(row, at)
        row.save()
        record(events.WebFormEdited(name=row.name, changes=found), about=("web_form", row.pk), by=by, at=at)
    return row


@inverse("intake.restore_web_form")
@command
def restore_web_form(
    form: int, state: dict[str, Any], version: int, *, by: Actor, at: dt.datetime
) -> WebForm:
    """Bring a form back to what it was, unless it has been changed since."""
    return edit_web_form(form, state, version=version, by=by, at=at)


@command
def renew_key(form: int, *, by: Actor, at: dt.datetime, key: str = "", version: int | None = None) -> WebForm:
    """Another address, and with it another secret; whoever knows the old ones finds nothing there any more."""
    demand(by, "administer")
    row = WebForm.objects.select_for_update().filter(pk=form).first()
    if row is None:
        raise NotFound
    if version is not None and version != row.version:
        raise Stale
    row.key = key or secrets.token_hex(8)
    touched(row, at)
    row.save(update_fields=["key", "version", "updated_at"])
    record(events.WebFormKeyRenewed(name=row.name), about=("web_form", row.pk), by=by, at=at)
    return row


@inverse("intake.restore_key")
@command
def restore_key(form: int, key: str, version: int, *, by: Actor, at: dt.datetime) -> WebForm:
    """The address that a form had before, unless the form has been changed since."""
    return renew_key(form, key=key, version=version, by=by, at=at)


def state_of(row: WebForm) -> dict[str, Any]:
    """A form's settings as plain values."""
    return {n: getattr(row, f"{n}_id" if n in {"pipeline", "stage", "type", "source"} else n) for n in FIELDS}


def _write(row: WebForm, given: dict[str, Any]) -> None:
    if unknown := sorted(set(given) - FIELDS):
        raise Invalid.field(unknown[0], _("There is no such field."), "unknown_field")
    checks = Checks()
    for name, most in {"name": 80, "task_title": 200, "consent": 2000, "thanks": 1000}.items():
        if name in given:
            setattr(row, name, checks.text(name, given[name], most=most, required=name == "name"))
    if "pipeline" in given:
        row.pipeline = lookups.pipeline_of(given["pipeline"])
        row.stage = None if "stage" not in given and row.stage_id is None else row.stage
    if given.get("stage"):
        row.stage = lookups.stage_of(given["stage"], row.pipeline)
    elif "stage" in given or (row.stage is not None and row.stage.pipeline_id != row.pipeline_id):
        row.stage = None
    if "type" in given:
        row.type = lookups.type_of(given["type"])
    if "source" in given:
        row.source = lookups.source_of(given["source"])
    if "owners" in given:
        row.owners = _people(given["owners"], checks)
    if not row.owners and row.pipeline.default_owner_id is None:
        checks.wrong("owners", _("Choose who is responsible: the pipeline names nobody."), "required")
    if "task_type" in given:
        row.task_type = str(given["task_type"])
        if not TaskType.objects.filter(slug=row.task_type, is_active=True).exists():
            checks.wrong("task_type", _("There is no such type of task."), "unknown")
    if "task_minutes" in given:
        row.task_minutes = _minutes(given["task_minutes"], checks)
    if "fields" in given:
        row.fields = _fields(given["fields"], checks)
    if "redirect_url" in given:
        row.redirect_url = checks.text("redirect_url", given["redirect_url"], most=500)
        if row.redirect_url and not rules.is_web_address(row.redirect_url):
            checks.wrong("redirect_url", _("Enter a web address that begins with https://."))
    if "sites" in given:
        row.sites = _sites(given["sites"], checks)
    if "language" in given:
        row.language = str(given["language"])
        if row.language not in dict(settings.LANGUAGES):
            checks.wrong("language", _("Choose one of the values offered."), "unknown")
    if "is_active" in given:
        row.is_active = given["is_active"] is True
    if WebForm.objects.filter(name=row.name).exclude(pk=row.pk).exists():
        checks.wrong("name", _("There is a web form of this name already."), "taken")
    checks.finish()


def _people(given: Any, checks: Checks) -> list[int]:
    ids = [int(v) for v in map(str, given) if v.isascii() and v.isdigit() and len(v) < 18]
    known = set(User.objects.filter(pk__in=ids, is_active=True).values_list("pk", flat=True))
    if len(ids) != len(list(given)) or set(ids) - known:
        checks.wrong("owners", _("Choose active users."), "unknown")
    return list(dict.fromkeys(ids))


def _minutes(given: Any, checks: Checks) -> int:
    text = str(given).strip()
    if text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= 43_200:
        return int(text)
    checks.wrong("task_minutes", _("Enter a whole number of minutes from 1 to 43200."), "out_of_range")
    return 60


def _fields(given: Any, checks: Checks) -> list[dict[str, Any]]:
    own = {
        f"custom.{d.slug}" for d in FieldDefinition.objects.of("deal").active() if d.kind in rules.OWN_KINDS
    }
    found: dict[str, dict[str, Any]] = {}
    for item in given:
        name = str(item.get("name", ""))
        if name not in rules.FIELDS and name not in own:
            checks.wrong("fields", _("There is no such field, or a web form can't ask for it."), "unknown")
            continue
        label = checks.text("fields", item.get("label", ""), most=120)
        found[name] = {"name": name, "label": label, "is_required": item.get("is_required") is True}
    if not any(found.get(n, {}).get("is_required") for n in ("phone", "email")):
        checks.wrong(
            "fields",
            _("Phone or e-mail has to be required, so that the visitor can be answered."),
            "no_way_back",
        )
    if "name" in found:
        found["name"]["is_required"] = True
    else:
        checks.wrong("fields", _("A form asks for the visitor's name."), "required")
    return list(found.values())


def _sites(given: Any, checks: Checks) -> list[str]:
    found = []
    for text in given:
        site = rules.origin_of(str(text))
        if site is None:
            checks.wrong("sites", _("Enter each site as https://www.example.com."))
        elif site not in found:
            found.append(site)
    if len(found) > 20:
        checks.wrong("sites", _("At most %(most)d sites.") % {"most": 20}, "too_many")
    return found
