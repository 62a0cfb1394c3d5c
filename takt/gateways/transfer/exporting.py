"""Records as files: all of them, under headings that the import knows, or a person's own list.

The table of all, read back into the same Takt, changes nothing.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import batched
from pathlib import Path
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import F, Q
from django.http import HttpRequest, QueryDict
from django.urls import resolve
from django.utils.translation import gettext as _

from takt.gateways.transfer import writing
from takt.gateways.transfer.fields.own import KINDS, own_definitions
from takt.kernel.access.middleware import signed_in
from takt.kernel.accounts.models import User
from takt.kernel.fields.models import FieldDefinition, FieldKind
from takt.kernel.fields.showing import shown
from takt.kernel.fields.values import Names, names_of
from takt.kernel.lib.refusals import NotFound
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
    columns: tuple[tuple[str, Any, str], ...]


def _joined(path: str) -> Any:
    return ArrayAgg(path, filter=Q(**{f"{path}__isnull": False}), distinct=True, default=[])


TABLES: dict[str, Table] = {
    "companies": Table(
        Company.objects.all,
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
        (
            ("takt_id", "id", "integer"), ("import_key", "import_key", "text"), ("name", "name", "text"),
            ("company", "company__name", "text"), ("owner", "owner__email", "text"),
            ("pipeline", "pipeline__name", "text"), ("stage", "stage__name", "text"), ("status", "status", "text"),
            ("type", "type__name", "text"), ("source", "source__name", "text"), ("amount", "amount", "money"),
            ("currency", "currency", "text"), ("contractor_cost", "contractor_cost", "money"), ("probability", "probability", "integer"),
            ("expected_close_date", "expected_close_on", "date"), ("started_at", "cycle_start_at", "datetime"),
            ("closed_at", "closed_at", "datetime"), ("loss_reason", "loss_reason__name", "text"),
            ("loss_comment", "loss_comment", "text"), ("competitor", "competitor", "text"), ("tags", "tags", "text"),
            ("about", "about", "text"), ("created_at", "created_at", "datetime"),
        ),
    ),
    "tasks": Table(
        Task.objects.all,
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
        (
            ("takt_id", "id", "integer"), ("import_key", "import_key", "text"), ("name", "name", "text"),
            ("code", "code", "text"), ("series", "series", "text"), ("unit", "unit", "text"),
            ("price", "price", "money"), ("currency", "currency", "text"), ("tax_rate", "tax_rate", "number"),
            ("is_active", "is_active", "bool"),
        ),
    ),
}  # fmt: skip


def rows_of(kind: str) -> Iterator[list[Any]]:
    """Every record, streamed."""
    table = TABLES[kind]
    own = own_definitions(kind)
    named = {
        f"_{heading}": F(path) if isinstance(path, str) else path for heading, path, _kind in table.columns
    }
    if not own:
        found = table.rows().visible_to(None).order_by("pk").annotate(**named).values_list(*named)
        yield from map(_joined_lists, found.iterator(chunk_size=AT_ONCE))
        return
    found = table.rows().visible_to(None).order_by("pk").annotate(**named).values_list("custom", *named)
    for some in batched(found.iterator(chunk_size=AT_ONCE), AT_ONCE):
        names = names_of(own, [row[0] for row in some], None)
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


def write_file(kind: str, path: Path) -> int:
    """Write CSV, or XLSX where the file's name ends so; answers the number of records."""
    columns = [
        *TABLES[kind].columns,
        *((d.column, "", KINDS.get(FieldKind(d.kind), "text")) for d in own_definitions(kind)),
    ]
    header = [heading for heading, _path, _kind in columns]
    rows = rows_of(kind)
    if path.suffix.lower() == ".xlsx":
        return writing.write_xlsx(path, header, map(_in_utc, rows), [k for _h, _p, k in columns])
    with open(path, "wb") as file:
        return writing.write_csv(file, header, rows)


def _in_utc(row: list[Any]) -> list[Any]:
    """Spreadsheets know no zones: moments are written with theirs, as text."""
    return [v.astimezone(dt.UTC).isoformat() if isinstance(v, dt.datetime) else v for v in row]


def write_list(kind: str, path: Path, user: User, view: str = "") -> None:
    """Write what the person's own list page would give out: its columns, its order, his rights.

    The page itself makes the file, so that the two can't differ; it is noted as his export.
    """
    query = QueryDict(_query_of(kind, user, view), mutable=True)
    query["export"] = path.suffix.lower().removeprefix(".")
    request = HttpRequest()
    request.method = "GET"
    request.path = request.path_info = f"/{kind}"
    request.GET = query  # type: ignore[assignment]
    request.user = user
    page = resolve(request.path)
    answer = signed_in(lambda asked: page.func(asked, *page.args, **page.kwargs))(request)
    with open(path, "wb") as file:
        for chunk in answer:
            file.write(chunk)


def _query_of(kind: str, user: User, view: str) -> str:
    if not view:
        return ""
    found = views_of(user, kind).filter(name=view).order_by("pk").first()
    if found is None:
        raise NotFound(_("There is no view “%(name)s”.") % {"name": view})
    return found.query
