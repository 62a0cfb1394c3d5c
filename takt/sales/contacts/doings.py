"""What can be changed from the lists of companies and people: acts on many rows, and cells in their place."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from takt.kernel.accounts.models import User
from takt.kernel.fields.forms import Input
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lists.acts import Act, Doings, Editor
from takt.kernel.lists.editing import change_of, tags_of
from takt.kernel.lists.spec import Column
from takt.sales.contacts import classifiers, commands, forms
from takt.sales.contacts.commands import bulk, lookups
from takt.sales.contacts.lists import COMPANIES, CONTACTS, company_rows, contact_rows, sources
from takt.sales.contacts.models import Company, Contact

type Customers = type[Company] | type[Contact]


def _owners(model: Customers) -> Callable[[User, list[int]], list[Input]]:
    def inputs(user: User, ids: list[int]) -> list[Input]:
        people = [(str(v), t) for v, t in forms.owner_choices(user, str(model._meta.model_name))]
        return [Input("owner", _("Responsible"), "one", value=user.pk, options=people)]

    return inputs


def _tags(user: User, ids: list[int]) -> list[Input]:
    hint = _("Separate tags by commas.")
    return [
        Input("add", _("Put on"), "plain", hint=hint),
        Input("remove", _("Take off"), "plain", hint=hint),
    ]


def _tags_typed(form: QueryDict) -> dict[str, Any]:
    return {name: tags_of(form.get(name, "")) for name in ("add", "remove")}


def _check_tags(arguments: dict[str, Any], *, by: Actor) -> None:
    bulk.tags_in(arguments)


def _acts(model: Customers) -> tuple[Act, ...]:
    back = bulk.of(model, bulk.put_back)

    def check_owner(arguments: dict[str, Any], *, by: Actor) -> None:
        checks = Checks()
        owner = lookups.owner_of(arguments.get("owner"), by=by, checks=checks)
        checks.finish()
        lookups.demand_within(owner, str(model._meta.model_name), by=by)

    def check_edit(arguments: dict[str, Any], *, by: Actor) -> None:
        bulk.cleaned_edit(arguments, model=model, by=by, at=dt.datetime.now(dt.UTC))

    return (
        Act(
            "assign",
            _l("Hand over"),
            bulk.of(model, bulk.assign_many),
            back,
            _owners(model),
            lambda form: {"owner": form.get("owner", "")},
            check_owner,
        ),
        Act("edit", _l("Change a field"), bulk.of(model, bulk.edit_many), back, check=check_edit),
        Act("tag", _l("Tag"), bulk.of(model, bulk.tag_many), back, _tags, _tags_typed, _check_tags),
        Act(
            "delete",
            _l("Delete"),
            bulk.of(model, bulk.delete_many),
            bulk.of(model, bulk.undelete_many),
            may="delete",
            about=_l("They go to the recycle bin, and can be brought back from there."),
            is_ending=True,
        ),
    )


def _text(name: str, **more: Any) -> Editor:
    return Editor(value=lambda row: getattr(row, name), **more)


def _word(of: classifiers.Classifier) -> Editor:
    return Editor("one", value=lambda row: getattr(row, of.name), options=lambda user, row: list(of.choices))


def _owner(entity: str) -> Editor:
    return Editor(
        "one",
        value=lambda row: row.owner_id,
        options=lambda user, row: [o for o in forms.owner_choices(user, entity) if o[0]],
        many=False,
    )


_SOURCE = Editor("one", value=lambda row: row.source_id, options=lambda user, row: sources(user))
_TAGS = Editor("tags", value=lambda row: row.tags, many=False)


def _saver(edit: Callable[..., Any]) -> Callable[..., Any]:
    def save(
        pk: int, column: Column, value: Any, *, by: Actor, at: dt.datetime, version: int | None = None
    ) -> Any:
        return edit(pk, change_of(column, value), by=by, at=at, version=version)

    return save


COMPANIES_DOINGS = Doings(
    spec=COMPANIES,
    rows=company_rows,
    path="/companies",
    acts=_acts(Company),
    editors={
        "name": _text("name", is_required=True, many=False),
        "industry": _text("industry"),
        "region": _text("region"),
        "owner": _owner("company"),
        "tags": _TAGS,
        "source": _SOURCE,
        "tax_id": _text("tax_id", many=False),
        "address": _text("address"),
        "website": _text("website"),
        "employees": Editor("number", value=lambda row: row.employees),
        "founded_year": Editor("number", value=lambda row: row.founded_year),
        "annual_revenue": Editor("money", value=lambda row: row.annual_revenue),
        "next_contact_on": Editor("date", value=lambda row: row.next_contact_on),
        "interests": Editor("tags", value=lambda row: row.interests),
        **{c.name: _word(c) for c in classifiers.CLASSIFIERS},
    },
    change=_saver(commands.edit_company),
)
CONTACTS_DOINGS = Doings(
    spec=CONTACTS,
    rows=contact_rows,
    path="/contacts",
    acts=_acts(Contact),
    editors={
        "name": _text("name", is_required=True, many=False),
        "position": _text("position"),
        "owner": _owner("contact"),
        "tags": _TAGS,
        "source": _SOURCE,
    },
    change=_saver(commands.edit_contact),
)
