"""The refusal of a change to what somebody else has changed since: it says who did what."""

from typing import Any

from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from takt.kernel.accounts.models import User
from takt.kernel.events.models import Event, EventSubject
from takt.kernel.events.sentences import field_label, sentence_of
from takt.kernel.lib.refusals import Problem, Stale
from takt.kernel.ui import formats

MOST = 5


def changed_since(row: Model, version: int | None, refusal: type[Stale] = Stale, *, kind: str = "") -> Stale:
    """The refusal to raise for `row`, of which the person had read `version`; its `changes` name each field."""
    kind = kind or str(row._meta.model_name)
    newer = getattr(row, "version", 0) - version if version is not None else 1
    if newer < 1:
        return refusal()
    numbers = EventSubject.objects.filter(
        kind=kind, object_id=row.pk, event__kind__startswith=f"{kind}."
    ).order_by("-at", "-event_id")
    found = Event.objects.filter(pk__in=numbers.values("event_id")[: min(newer, MOST)])
    events = sorted(found, key=lambda e: (e.at, e.pk))
    people = dict(User.objects.filter(pk__in={e.actor for e in events}).values_list("pk", "name"))
    told, problems = [], []
    for event in events:
        fields = _fields(event)
        sentence = _("%(name)s, %(time)s: %(what)s") % {
            "name": people.get(event.actor or 0, "Takt"),
            "time": formats.datetime_(timezone.localtime(event.at)),
            "what": sentence_of(event.kind, event.payload),
        }
        if fields:
            sentence += f" ({', '.join(field_label(f) for f in fields)})"
        told.append(sentence)
        problems += [Problem(field, event.kind, sentence) for field in fields or [""]]
    if not told:
        return refusal()
    detail = _("This record was changed in the meantime. %(changes)s. Load it again and repeat your change.")
    stale = refusal(detail % {"changes": "; ".join(told)})
    stale.changes = problems
    return stale


def _fields(event: Event) -> list[str]:
    """The names of the changed fields; the record's own ones under one name, since not everybody may see each."""
    changes: Any = event.payload.get("changes")
    if not isinstance(changes, list):
        return []
    names = ("custom" if c.get("label") else str(c.get("field", "")) for c in changes if isinstance(c, dict))
    return list(dict.fromkeys(names))
