"""What comes in is cut off at its limit, before it fills the disk."""

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload

# The setting can't be more than 2000 MB, several files come at once, and a form around them takes a little.
MOST_BYTES = 4000 * 1024 * 1024
MOST_FILES_BYTES_KEY = "is_upload_too_large"
SKIPPED_KEY = "uploads_too_large"
OWN_FIELD = (
    "cf_"  # a file of one's own field comes in the midst of a form, whose other fields are still wanted
)


class Limited(FileUploadHandler):
    """Counts all bytes of a request; beyond the limit the rest is read past and nothing of it is kept."""

    chunk_size = 256 * 1024

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self.left = MOST_BYTES
        self.of_file = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.of_file = 0
        self.most: int | None = None

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.left -= len(raw_data)
        self.of_file += len(raw_data)
        if self.left >= 0 and self._is_of_form() and self.of_file > self._most():
            skipped = {*getattr(self.request, SKIPPED_KEY, ()), str(self.field_name)}
            setattr(self.request, SKIPPED_KEY, skipped)
            raise SkipFile
        if self.left < 0 or (self._is_attaching() and self.of_file > self._most()):
            setattr(self.request, MOST_FILES_BYTES_KEY, True)
            raise StopUpload(connection_reset=False)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None

    def _is_of_form(self) -> bool:
        return str(self.field_name or "").startswith(OWN_FIELD)

    def _is_attaching(self) -> bool:
        return str(getattr(self.request, "path", "")).removeprefix("/api/v1") in {"/files", "/files/held"}

    def _most(self) -> int:
        """The setting, asked once for each file that is attached, and only of somebody signed in."""
        if self.most is None:
            from takt.kernel.files.commands import most_bytes

            user = getattr(self.request, "user", None)
            self.most = most_bytes() if user is not None and user.is_authenticated else 1024 * 1024
        return self.most
