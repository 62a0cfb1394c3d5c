"""How a file leaves Takt: as a download, or shown where its own first bytes say that it is harmless."""

from django.http import FileResponse

from takt.kernel.files import storing
from takt.kernel.files.models import File
from takt.kernel.lib.refusals import NotFound

# Whatever a file holds, nothing of it runs, loads or frames anything.
POLICY = "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def answer(file: File, *, inline: bool = False) -> FileResponse:
    """The bytes in pieces. Only pictures and PDF are ever shown, all else is offered for saving."""
    is_shown = inline and bool(file.shown_as)
    try:
        opened = open(storing.path_of(file.stored), "rb")  # noqa: SIM115 (closed by the response)
    except OSError:
        raise NotFound from None
    response = FileResponse(
        opened,
        as_attachment=not is_shown,
        filename=file.name,
        content_type=file.shown_as if is_shown else "application/octet-stream",
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "private, no-store"
    return response
