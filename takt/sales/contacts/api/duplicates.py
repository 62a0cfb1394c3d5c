"""Pairs that may be the same customer, for programs."""

import re
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router
from pydantic import Field, WithJsonSchema

from takt.kernel.access.edge import acting
from takt.kernel.access.problems import PROBLEMS
from takt.kernel.lib.refusals import Invalid
from takt.kernel.lists.answers import refuse_unknown, unreadable
from takt.sales.contacts import commands
from takt.sales.contacts.api.shapes import Apart, Twin, TwinList
from takt.sales.contacts.queries import twins_for

KindName = Annotated[str, WithJsonSchema({"type": "string", "enum": ["company", "contact"]})]
Limit = Annotated[int, Field(ge=1, le=200)]
PLACE = r"^([0-9.]{1,20}_[0-9]{1,18})?$"
_CURSOR = re.compile(PLACE)
Cursor = Annotated[str, WithJsonSchema({"type": "string", "pattern": PLACE})]
router = Router(tags=["companies and contacts"])


@router.get("/duplicates", response={200: TwinList, **PROBLEMS})
def list_duplicates(
    request: HttpRequest, kind: KindName = "company", limit: Limit = 50, cursor: Cursor = ""
) -> Any:
    """Pairs that may be the same customer, among what the token's user may see; the surest first."""
    if kind not in {"company", "contact"}:
        raise Invalid.field("kind", _("There is no such kind of record."), "unknown")
    refuse_unknown(request, {"kind", "limit", "cursor"})
    if not _CURSOR.fullmatch(cursor):
        raise unreadable("cursor")
    pairs = twins_for(kind, request.user, after=cursor, limit=limit + 1)  # type: ignore[arg-type]
    items = [{name: getattr(p, name) for name in Twin.model_fields} for p in pairs[:limit]]
    return {"items": items, "next_cursor": pairs[limit - 1].cursor if len(pairs) > limit else None}


@router.post("/duplicates/apart", response={204: None, **PROBLEMS})
def keep_apart(request: HttpRequest, payload: Apart) -> Any:
    """Remember that two records are not the same customer."""
    commands.keep_apart(payload.kind, payload.one, payload.other, **acting(request))
    return 204, None
