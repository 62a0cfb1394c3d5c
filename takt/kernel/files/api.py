import datetime as dt
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from ninja import File as Part
from ninja import Form, Router, Schema
from ninja.files import UploadedFile
from pydantic import WithJsonSchema

from takt.kernel.access.edge import acting
from takt.kernel.access.problems import PROBLEMS
from takt.kernel.access.records import demand_visible
from takt.kernel.files import commands
from takt.kernel.files.commands import Upload
from takt.kernel.files.models import KINDS, File
from takt.kernel.files.serving import answer
from takt.kernel.lib.refusals import Invalid

KindName = Annotated[str, WithJsonSchema({"type": "string", "enum": list(KINDS)})]
router = Router(tags=["files"])


class FileOut(Schema):
    """A file of a record; its bytes are at `content`."""

    id: int
    kind: str
    record: int
    name: str
    size: int
    sha256: str
    uploaded_at: dt.datetime
    uploaded_by: int | None
    content: str


class HeldFileOut(Schema):
    """A file that belongs to no record yet."""

    value: str
    name: str
    size: int
    sha256: str


class FilesOut(Schema):
    items: list[FileOut]


def as_json(row: File) -> dict[str, Any]:
    return {
        "id": row.pk,
        "kind": row.kind,
        "record": row.object_id,
        "name": row.name,
        "size": row.size,
        "sha256": row.sha256,
        "uploaded_at": row.uploaded_at,
        "uploaded_by": row.uploaded_by_id,
        "content": f"/api/v1/files/{row.pk}/content",
    }


@router.get("/files", response={200: FilesOut, **PROBLEMS})
def list_files(request: HttpRequest, kind: KindName, record: int) -> dict[str, Any]:
    """The files of a deal, a company, a contact, a product, a task or a note, the latest first."""
    user: Any = request.user
    if kind not in KINDS:
        raise Invalid.field("kind", _("Nothing can be attached to this."), "unknown")
    demand_visible(kind, record, user)
    return {"items": [as_json(row) for row in File.objects.of(kind, record)]}


@router.post("/files", response={201: FileOut, **PROBLEMS})
def attach_file(
    request: HttpRequest,
    response: HttpResponse,
    kind: KindName = Form(...),  # noqa: B008
    record: int = Form(...),
    file: UploadedFile = Part(...),  # noqa: B008
) -> Any:
    """Attach a file to a record that the person may edit; multipart/form-data."""
    row = commands.attach_files(kind, record, [Upload(file.name or "", file.chunks())], **acting(request))[0]
    response["Location"] = f"/api/v1/files/{row.pk}"
    return 201, as_json(row)


@router.post("/files/held", response={201: HeldFileOut, **PROBLEMS})
def hold_file(request: HttpRequest, file: UploadedFile = Part(...)) -> Any:  # noqa: B008
    """Upload a file before its record stands; `value` is what a field of kind file takes, within a day."""
    row = commands.hold_file(Upload(file.name or "", file.chunks()), **acting(request))
    return 201, {"value": row.word, "name": row.name, "size": row.size, "sha256": row.sha256}


@router.get("/files/{int:pk}", response={200: FileOut, **PROBLEMS})
def one_file(request: HttpRequest, pk: int) -> dict[str, Any]:
    user: Any = request.user
    return as_json(File.objects.found(pk, by=user))


@router.get("/files/{int:pk}/content", response={200: bytes, **PROBLEMS})
def file_content(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The bytes, always as a download."""
    user: Any = request.user
    return answer(File.objects.found(pk, by=user))


@router.delete("/files/{int:pk}", response={204: None, **PROBLEMS})
def delete_file(request: HttpRequest, pk: int) -> tuple[int, None]:
    """Into the recycle bin."""
    user: Any = request.user
    commands.delete_file(File.objects.found(pk, by=user).pk, **acting(request))
    return 204, None
