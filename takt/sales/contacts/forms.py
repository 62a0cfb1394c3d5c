"""The forms of a company and of a person: what was typed, what is wrong with it, what can be chosen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from takt.kernel.access.reach import may, owners_within
from takt.kernel.accounts.models import User
from takt.kernel.fields.forms import Input, inputs
from takt.kernel.fields.forms import posted as own_posted
from takt.kernel.fields.queries import fields_in_use
from takt.kernel.lib.refusals import Refusal, Text
from takt.sales.contacts.kinds import Kind
from takt.sales.contacts.models import Company, Phone, Source


@dataclass(frozen=True)
class Row:
    """One phone or e-mail of the form."""

    value: str = ""
    kind: str = ""
    error: str = ""


@dataclass
class CardForm:
    """What the template shows; `values` are texts as they were typed or as they stand."""

    name_label: Text
    values: dict[str, Any]
    phones: list[Row]
    emails: list[Row]
    owners: list[tuple[Any, str]]
    sources: list[tuple[Any, str]]
    kinds: list[tuple[str, str]]
    picked: list[tuple[Any, str]] = field(default_factory=list)  # the chosen company (or company above)
    link_is_hidden: bool = False  # the company stands, but the reader may not see it
    source_is_fixed: bool = False
    errors: dict[str, str] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)
    duplicates: Sequence[Any] = ()
    own: Sequence[Input] = ()


def posted(post: QueryDict, texts: Iterable[str]) -> dict[str, Any]:
    """A command's arguments from the form; a field the form didn't have isn't among them."""
    found: dict[str, Any] = {name: post[name] for name in (*texts, "owner", "source") if name in post}
    if "tags" in post:
        found["tags"] = tags_in(str(post["tags"]))
    if "phone" in post:
        numbers, kinds = post.getlist("phone"), post.getlist("phone_kind")
        found["phones"] = [(n, kinds[i] if i < len(kinds) else "") for i, n in enumerate(numbers)]
    if "email" in post:
        found["emails"] = post.getlist("email")
    if own := own_posted(post):
        found["custom"] = own
    return found


def tags_in(text: str) -> list[str]:
    """Tags as they are typed, with commas between them."""
    return [tag for part in text.replace("，", ",").split(",") if (tag := part.strip())]


def card_form(
    of: Kind,
    user: User,
    record: Any = None,
    given: dict[str, Any] | None = None,
    refusal: Refusal | None = None,
    duplicates: Sequence[Any] = (),
) -> CardForm:
    """The form of a new record or of `record`; what was `given` stands in it, and why it was refused."""
    values, phones, emails = _standing(record, of.texts, user)
    if given is not None:
        values |= {k: v for k, v in given.items() if k not in {"phones", "emails", "tags", "custom"}}
        if "tags" in given:
            values["tags"] = ", ".join(given["tags"])
        phones = list(given.get("phones", phones))
        emails = list(given.get("emails", emails))
    errors = {p.field: str(p.message) for p in refusal.errors} if refusal else {}
    picked = picked_company(user, values.get(of.link))
    return CardForm(
        name_label=of.name_label,
        values=values,
        phones=[
            *(Row(n, k, errors.get(f"phones.{i}", "")) for i, (n, k) in enumerate(phones) if n),
            Row(kind=Phone.Kind.WORK),
        ],
        emails=[*(Row(a, "", errors.get(f"emails.{i}", "")) for i, a in enumerate(emails) if a), Row()],
        owners=owner_choices(user, of.name, record.owner if record else None),
        sources=[("", _("Not known")), *_sources(record)],
        kinds=[(value, str(label)) for value, label in Phone.Kind.choices],
        picked=picked,
        link_is_hidden=bool(record and getattr(record, f"{of.link}_id"))
        and len(picked) == 1
        and of.link not in (given or {}),
        source_is_fixed=bool(record and record.source_id) and not may(user, "administer"),
        errors=errors,
        sentences=_sentences(refusal),
        duplicates=duplicates,
        own=inputs(
            fields_in_use(of.name, record.pk if record else None),
            record.custom if record else {},
            user,
            (given or {}).get("custom"),
            errors,
            (of.name, record.pk) if record else None,
        ),
    )


def _sentences(refusal: Refusal | None) -> list[str]:
    """What stands above the form: the refusal's sentence, unless each wrong field says it itself."""
    if refusal is None:
        return []
    return [_("Please correct the marked fields.")] if refusal.errors else [str(refusal.detail)]


def _standing(
    record: Any, texts: Sequence[str], user: User
) -> tuple[dict[str, Any], list[tuple[str, str]], list[str]]:
    if record is None:
        return dict.fromkeys((*texts, "source", "tags"), "") | {"owner": user.pk}, [], []
    values: dict[str, Any] = {}
    for name in texts:
        value = getattr(record, name)
        values[name] = getattr(value, "pk", value)
    values |= {
        "owner": record.owner_id or "",
        "source": record.source_id or "",
        "tags": ", ".join(record.tags),
    }
    phones = list(record.phones.order_by("position", "id").values_list("number", "kind"))
    emails = list(record.emails.order_by("position", "id").values_list("address", flat=True))
    return values, phones, emails


def owner_choices(user: User, entity: str, current: User | None = None) -> list[tuple[Any, str]]:
    """Nobody, and the active people whom the user may make responsible."""
    people = User.objects.filter(is_active=True).order_by("sort_key")
    owners = owners_within(user, entity, "edit")
    if owners is not None:
        people = people.filter(pk__in={*owners, user.pk})
    found = list(people.values_list("pk", "name"))
    if current is not None and current.pk not in dict(found):
        found.insert(0, (current.pk, current.name))
    return [("", _("Nobody, open to all")), *found]


def _sources(record: Any) -> list[tuple[Any, str]]:
    rows = Source.objects.order_by("position", "id").values_list("pk", "name", "is_active")
    chosen = record.source_id if record else None
    return [(pk, name) for pk, name, is_active in rows if is_active or pk == chosen]


def picked_company(user: User, chosen: Any) -> list[tuple[Any, str]]:
    text = str(chosen or "")
    if not (text.isascii() and text.isdigit() and int(text) < 2**63):
        return [("", "")]
    found = Company.objects.visible_to(user).filter(pk=int(text)).values_list("pk", "name")
    return [("", ""), *found]
