"""Records as tables under headings that the import knows: read back into the same Takt, they change nothing."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import batched
from pathlib import Path
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import F, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from takt.gateways.transfer import writing
from takt.gateways.transfer.fields.own import KINDS, own_definitions
from takt.kernel.accounts.models import User
from takt.kernel.fields.models import FieldDefinition, FieldKind
from takt.kernel.fields.showing import shown
from takt.kernel.fields.values import Names, names_of
from takt.kernel.lib.refusals import Forbidden, NotFound
from takt.kernel.lists.asking import asked
from takt.kernel.lists.queries import views_of
from takt.sales.activities.models import Task
from takt.sales.catalog.models import Product
from takt.sales.contacts.models import Company, Contact
from takt.sales.deals.models import Deal

AT_ONCE = 2000


@dataclass(frozen=True)
class Table:
    """What a kind of record is exported as: heading, where its value stands, what it is."""

    rows: Callable[[], Any]
    spec: str
    columns: tuple[tuple[str, Any, str], ...]


def _joined(path: str) -> Any:
    return ArrayAgg(path, filter=Q(**{f"{path}__isnull": False}), distinct=True, default=[])


TABLES: dict[str, Table] = {
    "companies": Table(
        Company.objects.all,
        "takt.sales.contacts.lists:COMPANIES",
        (
            ("takt_id", "id", "integer"), ("import_key", "import_key", "text"), ("name", "name", "text"),
            ("owner", "owner__email", "text"), ("parent", "parent__name", "text"), ("tax_id", "tax_id", "text"),
            ("industry", "industry", "text"), ("region", "region", "text"), ("address", "address", "text"),
            ("website", "website", "text"), ("employees", "employees", "integer"),
            ("founded_year", "founded_year", "integer"), ("annual_revenue", "annual_revenue", "money"),
            ("phones", _joined("phones__number"), "text"), ("emails", _joined("emails__address"), "text"),
            ("source", "source__name", "text"), ("tags", "tags", "text"), ("about", "about", "text"),
            ("created_at", "created_at", "datetime"),
        ),
    ),
    "contacts": Table(
        Contact.objects.all,
        "takt.sales.contacts.lists:CONTACTS",
        (
            ("takt_id", "id", "integer"), ("import_key", "import_key", "text"), ("name", "name", "text"),
            ("company", "company__name", "text"), ("position", "position", "text"),
            ("phones", _joined("phones__number"), "text"), ("emails", _joined("emails__address"), "text"),
            ("owner", "owner__email", "text"), ("source", "source__name", "text"), ("tags", "tags", "text"),
            ("about", "about", "text"), ("created_at", "created_at", "datetime"),
        ),
    ),
    "deals": Table(
        Deal.objects.all,
        "takt.sales.deals.lists:DEALS",
        (
            ("takt_id", "id", "integer"), ("import_key", "import_key", "text"), ("name", "name", "text"),
            ("company", "company__name", "text"), ("owner", "owner__email", "text"),
            ("pipeline", "pipeline__name", "text"), ("stage", "stage__name", "text"), ("status", "status", "text"),
            ("type", "type__name", "text"), ("source", "source__name", "text"), ("amount", "amount", "money"),
            ("currency", "currency", "text"), ("probability", "probability", "integer"),
            ("expected_close_date", "expected_close_on", "date"), ("started_at", "cycle_start_at", "datetime"),
            ("closed_at", "closed_at", "datetime"), ("loss_reason", "loss_reason__name", "text"),
            ("loss_comment", "loss_comment", "text"), ("competitor", "competitor", "text"), ("tags", "tags", "text"),
            ("about", "about", "text"), ("created_at", "created_at", "datetime"),
        ),
    ),
    "tasks": Table(
        Task.objects.all,
        "takt.sales.deals.lists:TASKS",
        (
            ("takt_id", "id", "integer"), ("import_key", "import_key", "text"), ("title", "title", "text"),
            ("type", "type__slug", "text"), ("due_at", "due_at", "datetime"), ("assignee", "assignee__email", "text"),
            ("status", "status", "text"), ("done_at", "done_at", "datetime"), ("deal", "deal__name", "text"),
            ("company", "company__name", "text"), ("contact", "contact__name", "text"),
            ("minutes", "minutes", "integer"), ("body", "body", "text"), ("result", "result", "text"),
            ("created_at", "created_at", "datetime"),
        ),
    ),
    "products": Table(
        Product.objects.all,
        "takt.sales.catalog.lists:PRODUCTS",
        (
            ("takt_id", "id", "integer"), ("import_key", "import_key", "text"), ("name", "name", "text"),
            ("code", "code", "text"), ("series", "series", "text"), ("unit", "unit", "text"),
            ("price", "price", "money"), ("currency", "currency", "text"), ("is_active", "is_active", "bool"),
        ),
    ),
}  # fmt: skip


def rows_of(kind: str, user: User | None, view: str = "") -> Iterator[list[Any]]:
    """The records that the person may take out, streamed; those of a saved view where one is named."""
    table = TABLES[kind]
    rows = table.rows()
    rows = rows.all() if kind == "products" else rows.visible_to(user, "export")
    if view:
        rows = _viewed(rows, table, user, view)
    own = own_definitions(kind)
    named = {
        f"_{heading}": F(path) if isinstance(path, str) else path for heading, path, _kind in table.columns
    }
    if not own:
        found = rows.order_by("pk").annotate(**named).values_list(*named)
        yield from map(_joined_lists, found.iterator(chunk_size=AT_ONCE))
        return
    found = rows.order_by("pk").annotate(**named).values_list("custom", *named)
    for some in batched(found.iterator(chunk_size=AT_ONCE), AT_ONCE):
        names = names_of(own, [row[0] for row in some], user)
        for custom, *row in some:
            yield [*_joined_lists(row), *(_own(d, custom.get(d.slug), names) for d in own)]


def _joined_lists(row: Iterable[Any]) -> list[Any]:
    return ["; ".join(v) if isinstance(v, list) else v for v in row]


def _own(definition: FieldDefinition, value: Any, names: Names) -> Any:
    """A value of an own field as the import reads it back."""
    if definition.kind == FieldKind.CHOICES:
        labels = definition.labels()
        return "; ".join(labels.get(v, v) for v in value or ())
    return shown(definition, value, names).value


def _viewed(rows: QuerySet[Any], table: Table, user: User | None, view: str) -> QuerySet[Any]:
    if user is None:
        raise Forbidden(_("A view belongs to a person: say whose by --by."))
    module, _colon, name = table.spec.partition(":")
    spec = getattr(import_module(module), name)
    found = views_of(user, spec.resource).filter(name=view).first()
    if found is None:
        raise NotFound(_("There is no view “%(name)s”.") % {"name": view})
    return asked(spec, QueryDict(found.query), user).apply(rows)


def write_file(kind: str, path: Path, user: User | None, view: str = "") -> int:
    """Write CSV, or XLSX where the file's name ends so; answers the number of records."""
    columns = [
        *TABLES[kind].columns,
        *((d.column, "", KINDS.get(FieldKind(d.kind), "text")) for d in own_definitions(kind)),
    ]
    header = [heading for heading, _path, _kind in columns]
    rows = rows_of(kind, user, view)
    if path.suffix.lower() == ".xlsx":
        return writing.write_xlsx(path, header, map(_in_utc, rows), [k for _h, _p, k in columns])
    with open(path, "wb") as file:
        return writing.write_csv(file, header, rows)


def _in_utc(row: list[Any]) -> list[Any]:
    """Spreadsheets know no zones: moments are written with theirs, as text."""
    return [v.astimezone(dt.UTC).isoformat() if isinstance(v, dt.datetime) else v for v in row]
