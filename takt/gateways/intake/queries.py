"""What the pages of web forms show."""

from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.utils.crypto import salted_hmac

from takt.gateways.intake import rules
from takt.gateways.intake.models import Submission, WebForm
from takt.kernel.accounts.models import User
from takt.kernel.fields.models import FieldDefinition
from takt.sales.activities.models import TaskType
from takt.sales.contacts.models import Source
from takt.sales.deals.models import DealType, Pipeline, Stage

KINDS = {"email": "email", "phone": "tel", "message": "textarea"}
OWN_KINDS = {"long_text": "textarea", "number": "number", "date": "date", "choice": "select"}
PAGE = 20


def web_forms() -> QuerySet[WebForm]:
    return (
        WebForm.objects.select_related("pipeline")
        .annotate(deals=Count("submissions", filter=Q(submissions__outcome="deal")))
        .order_by("-is_active", "name")
    )


def own_fields() -> list[FieldDefinition]:
    """One's own fields of a deal that a visitor can fill in."""
    return [d for d in FieldDefinition.objects.of("deal").active() if d.kind in rules.OWN_KINDS]


def shown_fields(form: WebForm) -> list[dict[str, Any]]:
    """The form's fields as the page draws them; a field retired since is left out."""
    has_own = any(f["name"].startswith("custom.") for f in form.fields)
    own = {f"custom.{d.slug}": d for d in own_fields()} if has_own else {}
    found = []
    for item in form.fields:
        name = item["name"]
        if name in rules.FIELDS:
            label, kind, options = str(rules.FIELDS[name]), KINDS.get(name, "text"), []
        elif name in own:
            label, kind = own[name].name, OWN_KINDS.get(own[name].kind, "text")
            options = [("", ""), *own[name].offered()] if kind == "select" else []
        else:
            continue
        found.append({**item, "label": item["label"] or label, "kind": kind, "options": options})
    return found


def choices(state: dict[str, Any]) -> dict[str, Any]:
    """Everything that a form's settings offer to choose from."""
    stages = Stage.objects.select_related("pipeline").order_by("pipeline__position", "position")
    known = {f["name"]: (number, f) for number, f in enumerate(state.get("fields", []), 1)}
    offered = [*rules.FIELDS.items(), *((f"custom.{d.slug}", d.name) for d in own_fields())]
    fields = []
    for name, label in offered:
        number, item = known.get(name, (99, {}))
        fields.append({"name": name, "title": label, "place": number, "is_shown": name in known, **item})
    people = User.objects.filter(is_active=True).order_by("sort_key").values_list("pk", "name")
    return {
        "pipelines": list(Pipeline.objects.filter(is_active=True).values_list("pk", "name")),
        "stages": [("", "–"), *((s.pk, f"{s.pipeline.name}: {s.name}") for s in stages)],
        "types": [("", "–"), *DealType.objects.values_list("pk", "name")],
        "sources": [("", "–"), *Source.objects.filter(is_active=True).values_list("pk", "name")],
        "people": [(pk, name, str(pk) in map(str, state.get("owners", []))) for pk, name in people],
        "task_types": list(TaskType.objects.filter(is_active=True).values_list("slug", "name")),
        "languages": settings.LANGUAGES,
        "fields": sorted(fields, key=lambda f: f["place"]),
    }


def secret_of(form: WebForm) -> str:
    """What a program shows to send answers by itself; it ends with the form's address."""
    return salted_hmac("takt.web-form.secret", form.key, algorithm="sha256").hexdigest()[:40]


def submissions(form: WebForm, outcome: str = "") -> QuerySet[Submission]:
    """What came in, the newest first."""
    rows = Submission.objects.filter(form=form).order_by("-id")
    return rows.filter(outcome=outcome) if outcome in Submission.Outcome.values else rows


def received(form: WebForm, before: int | None, outcome: str = "") -> dict[str, Any]:
    """The same a page at a time."""
    rows = submissions(form, outcome).select_related("deal")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PAGE + 1])
    return {"rows": found[:PAGE], "before": found[PAGE - 1].pk if len(found) > PAGE else None}
