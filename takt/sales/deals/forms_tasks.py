"""What a person types about a task, brought into the shape the commands take."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Invalid, Refusal
from takt.sales.activities.models import Task
from takt.sales.deals import rules_day
from takt.sales.deals.commands import Closing, NewTask, Snooze

OUTCOMES = ("reached", "no_answer", "voicemail", "call_later")
NEXT = ("task", "snooze", "won", "lost", "none")
COMPLETION_FIELDS = (
    "result", "outcome", "minutes", "next", "next_type", "next_title", "next_due", "until", "snooze_reason",
    "reason", "comment", "competitor", "move_to",
)  # fmt: skip
TASK_FIELDS = ("type", "title", "body", "due_at", "minutes", "assignee")


def outcomes() -> list[tuple[str, str]]:
    """How a contact ended, for choice; nothing is chosen beforehand."""
    labels = (_("Reached"), _("No answer"), _("Voicemail"), _("Call back later"))
    return list(zip(OUTCOMES, labels, strict=True))


def local_text(moment: dt.datetime) -> str:
    """A moment as an input of kind datetime-local holds it."""
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def at_usual_hour(day: dt.date) -> str:
    return f"{day.isoformat()}T{rules_day.USUAL_HOUR:02d}:00"


def due_presets(at: dt.datetime) -> list[tuple[str, str]]:
    """Value and label of the buttons that set when a next step is due."""
    now = timezone.localtime(at)
    today = now.date()
    soon = f"{now.hour + 1:02d}:00" if now.hour < 23 else "23:59"
    monday = rules_day.next_monday(today)
    found = [
        (f"{today.isoformat()}T{soon}", _("Today")),
        (at_usual_hour(today + dt.timedelta(days=1)), _("Tomorrow")),
        (at_usual_hour(monday), _("Mon %(day)d") % {"day": monday.day}),
        (at_usual_hour(today + dt.timedelta(days=7)), _("In a week")),
    ]
    # On Sunday Monday is tomorrow, on Monday it is in a week: one button says it.
    return [p for p in found if p != found[2] or p[0] not in (found[1][0], found[3][0])]


def blank_completion(task: Task, at: dt.datetime) -> dict[str, str]:
    """An empty form: the next step is due on the next working day at the usual hour."""
    today = timezone.localdate(at)
    typed = dict.fromkeys(COMPLETION_FIELDS, "")
    needs_next = task.deal is not None and task.deal.is_open
    return typed | {
        "next": "task" if needs_next else "none",
        "next_type": task.type.slug,
        "next_due": at_usual_hour(rules_day.usual_next_day(today)),
        "until": (today + dt.timedelta(days=14)).isoformat(),
    }


def typed(post: Mapping[str, str], fields: tuple[str, ...]) -> dict[str, str]:
    """What was typed, to be shown again when it is refused."""
    return {name: post.get(name, "") for name in fields}


def completion(form: Mapping[str, str]) -> dict[str, Any]:
    """The arguments of `complete_task`."""
    checks = Checks()
    minutes = whole("minutes", form["minutes"], checks)
    outcome = form["outcome"] if form["outcome"] in OUTCOMES else ""
    after = what_follows(form, checks)
    checks.finish()
    return {
        "result": form["result"],
        "outcome": outcome,
        "minutes": minutes,
        "move_to": form.get("move_to") or None,
        **after,
    }


def cancellation(form: Mapping[str, str]) -> dict[str, Any]:
    """The arguments of `cancel_task`: why, and what follows."""
    checks = Checks()
    after = what_follows(form, checks)
    checks.finish()
    return {"reason": form["result"], **after}


def what_follows(form: Mapping[str, str], checks: Checks) -> dict[str, Any]:
    match form["next"]:
        case "task":
            due_at = moment("due_at", form["next_due"], checks)
            return {"next_task": NewTask(type=form["next_type"], title=form["next_title"], due_at=due_at)}
        case "snooze":
            until = checks.day("until", form["until"])
            return {"snooze": Snooze(until, form["snooze_reason"])}  # type: ignore[arg-type]
        case "won":
            return {"close_deal": Closing("won")}
        case "lost":
            closing = Closing("lost", form["reason"], form["comment"], form["competitor"])
            return {"close_deal": closing}
    return {}


def new_task(form: Mapping[str, str]) -> NewTask:
    checks = Checks()
    due_at = moment("due_at", form["due_at"], checks)
    minutes = whole("minutes", form["minutes"], checks)
    checks.finish()
    return NewTask(
        type=form["type"],
        title=form["title"],
        body=form["body"],
        due_at=due_at,
        minutes=minutes,
        assignee=form["assignee"] or None,
    )


def task_values(task: Task) -> dict[str, str]:
    """A task as its form shows it."""
    return {
        "type": task.type.slug,
        "title": task.title,
        "body": task.body,
        "due_at": local_text(task.due_at),
        "minutes": "" if task.minutes is None else str(task.minutes),
        "assignee": str(task.assignee_id),
    }


def task_changes(task: Task, form: Mapping[str, str]) -> dict[str, Any]:
    """Only what was changed: an untouched time must not count as rescheduling."""
    before = task_values(task)
    changed = {name: text for name, text in form.items() if text.replace("\r\n", "\n") != before[name]}
    checks = Checks()
    found: dict[str, Any] = dict(changed)
    if "due_at" in changed:
        found["due_at"] = moment("due_at", changed["due_at"], checks)
    if "minutes" in changed:
        found["minutes"] = whole("minutes", changed["minutes"], checks)
    checks.finish()
    return found


def moment(field: str, text: str, checks: Checks) -> dt.datetime | None:
    """A time typed in the person's own zone."""
    if not text.strip():
        return None
    try:
        found = dt.datetime.fromisoformat(text.strip())
        if not 1900 <= found.year <= 2200:
            raise ValueError
        return found if timezone.is_aware(found) else timezone.make_aware(found)
    except (ValueError, OverflowError):
        checks.wrong(field, _("Enter a date and time."))
        return None


def whole(field: str, text: str, checks: Checks) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        checks.wrong(field, _("Enter minutes, at most a day."), "out_of_range")
        return None
    return int(text)


def due_moment(text: str) -> dt.datetime:
    """A time that is needed; Invalid where there is none."""
    checks = Checks()
    found = moment("due_at", text, checks)
    if found is None and not checks.problems:
        checks.wrong("due_at", _("Say when it is due."), "required")
    checks.finish()
    assert found is not None
    return found


def due_day(text: str) -> dt.date:
    checks = Checks()
    found = checks.day("due_on", text)
    if found is None and not checks.problems:
        checks.wrong("due_on", _("Choose a day."), "required")
    checks.finish()
    assert found is not None
    return found


def ids_in(texts: list[str]) -> list[int]:
    """The chosen records of a list."""
    if any(not (t.isascii() and t.isdigit() and 0 < int(t) < 2**63) for t in texts if len(t) < 20) or any(
        len(t) >= 20 for t in texts
    ):
        raise Invalid.field("ids", _("There is no such record"), "unknown")
    return [int(t) for t in texts]


def errors_of(refusal: Refusal | None) -> dict[str, str]:
    """The refusal's sentences by field."""
    return {} if refusal is None else {e.field: str(e.message) for e in refusal.errors}


def sentences_of(refusal: Refusal | None, fields: frozenset[str]) -> list[str]:
    """What stands at the top of the form: all that no field shows."""
    if refusal is None:
        return []
    apart = [str(e.message) for e in refusal.errors if e.field not in fields]
    own = (
        []
        if refusal.errors and str(refusal.detail) in {str(e.message) for e in refusal.errors}
        else [str(refusal.detail)]
    )
    return list(dict.fromkeys([*own, *apart]))
