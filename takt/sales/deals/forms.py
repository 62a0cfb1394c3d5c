"""What a person types about a deal, brought into the shape the commands take."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from takt.kernel.access.reach import owners_within
from takt.kernel.accounts.models import User
from takt.kernel.fields.forms import posted
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks, typed_number
from takt.kernel.lib.refusals import Refusal
from takt.kernel.money.models import ExchangeRate
from takt.sales.activities.models import TaskType
from takt.sales.contacts.models import Contact, Source
from takt.sales.deals import commands, forms_tasks
from takt.sales.deals.commands import NewPerson, NewTask, Snooze
from takt.sales.deals.models import Deal, DealType, LossReason, Pipeline, Stage
from takt.sales.deals.rules_day import usual_next_day

NEW_FIELDS = (
    "name", "pipeline", "stage", "owner", "company", "contact", "phone", "email", "amount", "currency", "type",
    "expected_close_date", "source", "about", "step_type", "step_title", "step_due",
)  # fmt: skip
QUICK_FIELDS = ("name", "person", "reach", "amount", "stage")
COMMON_CURRENCIES = ("EUR", "USD", "RUB", "CNY", "GBP")
# The command's own names of fields, as the form calls them.
OF_FORM = {
    "title": "step_title",
    "due_at": "step_due",
    "contacts": "contact",
    "number": "phone",
    "address": "email",
}


def problems(refusal: Refusal, names: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Each wrong field's sentence by its name, or the refusal's own above the form."""
    names = names or {}
    errors = {}
    for e in refusal.errors:
        field, _dot, place = e.field.partition(".")  # `phones.0` stands at the one phone that a form has
        field = field if place.isdigit() else e.field
        errors[names.get(field, field)] = e.message
    return {"errors": errors, "sentences": [] if errors else [refusal.detail]}


def owners(user: User) -> list[tuple[int, str]]:
    """The active people whom the user may make responsible for a deal."""
    people = User.objects.filter(is_active=True).order_by("sort_key")
    reach = owners_within(user, "deal", "edit")
    if reach is not None:
        people = people.filter(pk__in={*reach, user.pk})
    return list(people.values_list("pk", "name"))


def currencies(chosen: str = "") -> list[tuple[str, str]]:
    """The organisation's currency first, then those with a rate, then common ones."""
    known = ExchangeRate.objects.order_by("currency").values_list("currency", flat=True).distinct()
    every = dict.fromkeys([settings.TAKT_CURRENCY, *known, *COMMON_CURRENCIES, *([chosen] if chosen else [])])
    return [(code, code) for code in every]


def types() -> list[tuple[Any, str]]:
    rows = DealType.objects.filter(is_active=True).order_by("position", "id").values_list("pk", "name")
    return [("", "–"), *rows]


def sources() -> list[tuple[Any, str]]:
    rows = Source.objects.filter(is_active=True).order_by("position", "id").values_list("pk", "name")
    return [("", "–"), *rows]


def stages(pipeline: int) -> list[tuple[int, str]]:
    return list(Stage.objects.filter(pipeline=pipeline).order_by("position").values_list("pk", "name"))


def stages_ahead(deal: Deal) -> list[tuple[Any, str]]:
    """Where the deal may go on to, for choice along with something else."""
    rows = Stage.objects.filter(pipeline=deal.pipeline_id).order_by("position").values_list("pk", "name")
    places = [pk for pk, _name in rows]
    return [("", _("It stays where it is")), *list(rows)[places.index(deal.stage_id) + 1 :]]


def all_stages() -> list[tuple[Any, str]]:
    """The first stage of the first pipeline is meant where none is chosen; names tell pipelines apart."""
    rows = list(
        Stage.objects.filter(pipeline__is_active=True)
        .order_by("pipeline__position", "pipeline_id", "position")
        .values_list("pk", "name", "pipeline__name")
    )
    if len({pipeline for _pk, _name, pipeline in rows}) < 2:
        return [(pk, name) for pk, name, _pipeline in rows]
    return [(pk, f"{pipeline}: {name}") for pk, name, pipeline in rows]


def pipelines() -> list[tuple[int, str]]:
    return list(Pipeline.objects.filter(is_active=True).order_by("position", "id").values_list("pk", "name"))


def step_types() -> list[tuple[str, str]]:
    return list(
        TaskType.objects.filter(is_active=True).order_by("position", "id").values_list("slug", "name")
    )


def loss_reasons() -> list[LossReason]:
    return list(LossReason.objects.filter(is_active=True, is_system=False).order_by("position", "id"))


def whole_id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 2**63 else None


def join(deal: int, post: QueryDict, *, by: Actor, at: dt.datetime) -> None:
    """Have a known person take part in the deal, or one whose name was typed in."""
    who, part = post.get("contact", "").strip(), post.get("part", "")
    phone, email = post.get("phone", "").strip(), post.get("email", "").strip()
    if not whole_id(who) and who:
        commands.attach_new_contact(deal, NewPerson(who, phone=phone, email=email), part=part, by=by, at=at)
        return
    checks = Checks()
    if phone or email:
        sentence = _("This is for a new person. Change the phone or e-mail of a known one on his own card.")
        checks.wrong("phone" if phone else "email", sentence)
    checks.finish()
    commands.attach_contact(deal, who, part=part, by=by, at=at)


def chosen_person(user: User, post: QueryDict) -> list[tuple[str, str]]:
    """Who is chosen in the form, known or just typed, to be shown in it again."""
    who = post.get("contact", "").strip()
    if not whole_id(who):
        return [(who, who)] if who else []
    return [
        (str(pk), name)
        for pk, name in Contact.objects.visible_to(user).filter(pk=who).values_list("pk", "name")
    ]


def new_deal(post: QueryDict) -> dict[str, Any]:
    """The arguments of `create_deal`: what is picked is an id, what is newly typed a name."""
    company, people = (
        post.get("company", "").strip(),
        [c.strip() for c in post.getlist("contact") if c.strip()],
    )
    known = [p for p in people if whole_id(p)]
    fresh = [p for p in people if not whole_id(p)]
    checks = Checks()
    step = None
    if post.get("step_title", "").strip():
        due_at = forms_tasks.moment("step_due", post.get("step_due", ""), checks)
        step = NewTask(type=post.get("step_type", "") or "call", title=str(post["step_title"]), due_at=due_at)
    else:
        checks.wrong(
            "step_title",
            _("Say what happens next; an open deal never stands without a next step."),
            "required",
        )
    if len(fresh) > 1:
        checks.wrong(
            "contact", _("Only one new person at a time; add the others on the deal's page."), "too_many"
        )
    if not fresh and (post.get("phone", "").strip() or post.get("email", "").strip()):
        checks.wrong("contact", _("Whose phone or e-mail is this? Name the person."), "required")
    checks.finish()
    person = None
    if fresh:
        person = NewPerson(fresh[0], phone=post.get("phone", "").strip(), email=post.get("email", "").strip())
    kind = post.get("type", "").strip()
    return {
        "name": post.get("name", ""),
        "stage": post.get("stage") or None,
        "owner": post.get("owner") or None,
        "company": company if whole_id(company) else None,
        "new_company": None if whole_id(company) else company,
        "contacts": known,
        "new_person": person,
        "amount": typed_number(post.get("amount", "")),
        "currency": post.get("currency", ""),
        "type": kind or None,
        "expected_close_date": post.get("expected_close_date", ""),
        "source": post.get("source") or None,
        "about": post.get("about", ""),
        "first_task": step,
        "custom": posted(post),
    }


def quick_deal(post: Mapping[str, str]) -> dict[str, Any]:
    """Four fields in a column: how to reach the person is a phone or an e-mail."""
    person, reach = post.get("person", "").strip(), post.get("reach", "").strip()
    checks = Checks()
    if reach and not person:
        checks.wrong("person", _("Whose phone or e-mail is this? Name the person."), "required")
    checks.finish()
    new = None
    if person:
        new = NewPerson(person, phone="" if "@" in reach else reach, email=reach if "@" in reach else "")
    return {
        "name": post.get("name", ""),
        "stage": post.get("stage") or None,
        "new_person": new,
        "amount": typed_number(post.get("amount", "")),
        "currency": settings.TAKT_CURRENCY,
        "is_quick": True,
    }


def reopening(post: Mapping[str, str]) -> dict[str, Any]:
    """The arguments of `reopen_deal`: the stage, and a task or a snooze."""
    checks = Checks()
    given: dict[str, Any] = {"stage": post.get("stage") or None, "reason": post.get("reason", "")}
    if post.get("next") == "snooze":
        given["snooze"] = snooze(post)
    elif post.get("step_title", "").strip() or post.get("step_due", ""):
        due_at = forms_tasks.moment("step_due", post.get("step_due", ""), checks)
        kind = post.get("step_type", "") or "call"
        given["next_task"] = NewTask(type=kind, title=post.get("step_title", ""), due_at=due_at)
    checks.finish()
    return given


def following(post: Mapping[str, str]) -> dict[str, Any]:
    """The arguments of `follow_deal`."""
    checks = Checks()
    step = None
    if post.get("step_title", "").strip():
        due_at = forms_tasks.moment("step_due", post.get("step_due", ""), checks)
        step = NewTask(
            type=post.get("step_type", "") or "call", title=post.get("step_title", ""), due_at=due_at
        )
    else:
        checks.wrong(
            "step_title",
            _("Say what happens next; an open deal never stands without a next step."),
            "required",
        )
    checks.finish()
    return {
        "name": post.get("name", ""),
        "pipeline": post.get("pipeline") or None,
        "with_products": bool(post.get("with_products")),
        "first_task": step,
    }


def snooze(post: Mapping[str, str]) -> Snooze:
    checks = Checks()
    until = checks.day("until", post.get("until", ""))
    checks.finish()
    return Snooze(until, post.get("snooze_reason", ""))  # type: ignore[arg-type]


def blank_step(at: dt.datetime) -> dict[str, str]:
    """The first step is a call on the next working day unless somebody says otherwise."""
    today = timezone.localdate(at)
    return {
        "step_type": "call",
        "step_title": "",
        "step_due": forms_tasks.at_usual_hour(usual_next_day(today)),
        "until": (today + dt.timedelta(days=14)).isoformat(),
    }
