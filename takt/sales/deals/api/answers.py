"""A deal as programs are answered it, and what they say of it as the commands take it."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse

from takt.kernel.lists.answers import check_if_match, custom_of, with_etag
from takt.sales.deals.api.shapes import LineIn
from takt.sales.deals.commands import NewLine, Snooze
from takt.sales.deals.lists import deal_rows
from takt.sales.deals.models import Deal
from takt.sales.deals.rules_gates import Missing

FIELDS = (
    "id", "name", "pipeline_id", "stage_id", "status", "owner_id", "seen_company_id", "contact_list", "amount",
    "currency", "type_id", "source_id", "expected_close_on", "probability", "next_task_id", "next_due_at",
    "stage_entered_at", "about", "tags", "loss_reason__slug", "loss_comment", "competitor", "snoozed_until",
    "last_activity_at", "created_at", "updated_at", "closed_at", "version", "custom",
    "try_again_on", "offer", "offer_until", "seen_parent_id", "contractor_cost",
)  # fmt: skip


def missing_json(missing: Iterable[Missing]) -> list[dict[str, Any]]:
    return [{"stage": m.stage, "field": m.field, "code": m.code, "message": m.text} for m in missing]


def deal_json(row: Any) -> dict[str, Any]:
    """A deal as the API answers it; a customer hidden from the reader is left out."""
    same = (
        *("id", "name", "status", "currency", "probability", "next_due_at", "stage_entered_at", "about"),
        *("tags", "loss_comment", "competitor", "snoozed_until", "last_activity_at", "created_at"),
        *("updated_at", "closed_at", "version", "try_again_on", "offer", "offer_until"),
    )
    return {field: getattr(row, field) for field in same} | {
        "pipeline": row.pipeline_id,
        "stage": row.stage_id,
        "owner": row.owner_id,
        "company": row.seen_company_id,
        "contacts": row.contact_list,
        "parent": row.seen_parent_id,
        "amount": None if row.amount is None else str(row.amount),
        "contractor_cost": None if row.contractor_cost is None else str(row.contractor_cost),
        "type": row.type_id,
        "source": row.source_id,
        "expected_close_date": row.expected_close_on,
        "next_task": row.next_task_id,
        "loss_reason": row.loss_reason__slug,
    }


def answer(request: HttpRequest, pk: int, response: HttpResponse) -> dict[str, Any]:
    """The deal as it is now; one just given away may be hidden from the giver, who still learns what he did."""
    rows = deal_rows(request.user)  # type: ignore[arg-type]
    row = rows.filter(pk=pk).values_list(*FIELDS, named=True).first()
    if row is None:
        rows = deal_rows(None)  # type: ignore[arg-type]
        row = rows.filter(pk=pk).values_list(*FIELDS, named=True).get()
    with_etag(response, row)
    return deal_json(row) | {"custom": custom_of("deal", row, request.user)}  # type: ignore[arg-type]


def seen(request: HttpRequest, pk: int) -> Deal:
    return Deal.objects.found(pk, by=request.user)  # type: ignore[arg-type,return-value]


def version_read(request: HttpRequest, pk: int, given: int | None = None) -> int | None:
    """The version the program has read, from the body or by `If-Match` (412 where it is outdated)."""
    deal = seen(request, pk)
    check_if_match(request, deal)
    if given is not None:
        return given
    return deal.version if "If-Match" in request.headers else None


def snooze_of(until: dt.date | None, reason: str) -> Snooze | None:
    return None if until is None else Snooze(until, reason)


def lines_of(lines: list[LineIn]) -> list[NewLine]:
    return [
        NewLine(
            line.product,
            line.quantity,
            line.price,
            line.discount,
            line.tax_rate,
            discount_amount=line.discount_amount,
        )
        for line in lines
    ]
