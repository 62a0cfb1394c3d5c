"""Files that come with a form: kept at once, so that a refused form loses neither them nor what was typed."""

from django.http import HttpRequest
from django.utils.translation import gettext as _

from takt.kernel.access.edge import acting
from takt.kernel.files.commands import MEGABYTE, Upload, hold_file, most_bytes
from takt.kernel.files.uploading import OWN_FIELD, SKIPPED_KEY
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Invalid

FILE = "__file"  # the input of a file stands beside the field's own: cf_drawing and cf_drawing__file


def keep_files(request: HttpRequest) -> Checks:
    """Keep the files of one's own fields; from here on the form names them by their token.

    What is wrong with them is told when `finish` is called, so that the form can be shown again.
    """
    checks, post = Checks(), request.POST.copy()
    for name, file in request.FILES.items():
        field = name.removesuffix(FILE)
        if not name.endswith(FILE) or not field.startswith(OWN_FIELD) or not file or isinstance(file, list):
            continue
        try:
            post[field] = hold_file(Upload(file.name or "", file.chunks()), **acting(request)).word
        except Invalid as refusal:
            checks.wrong(_own(field), str(refusal.errors[0].message), refusal.errors[0].code)
    for name in getattr(request, SKIPPED_KEY, ()):
        said = _("More than the %(most)d MB that are allowed.") % {"most": most_bytes() // MEGABYTE}
        checks.wrong(_own(name.removesuffix(FILE)), said, "too_large")
    request.POST = post  # type: ignore[assignment]
    return checks


def _own(field: str) -> str:
    return f"custom.{field.removeprefix(OWN_FIELD)}"
