"""What `doctor` verifies of files: every one is on the disk, byte for byte as it was uploaded."""

from takt.kernel.files import storing
from takt.kernel.files.models import File
from takt.kernel.lib.checks import Check, checks


def damaged() -> list[str]:
    """Files that are missing from the disk, shorter, longer or otherwise changed."""
    found = []
    rows = File.objects.order_by("pk").values_list("pk", "kind", "object_id", "stored", "size", "sha256")
    for pk, kind, number, stored, size, sha256 in rows.iterator():
        if not storing.is_whole(stored, size, sha256):
            found.append(f"file={pk}, record={kind}:{number}")
            if len(found) == 100:
                break
    return found


checks.append(Check("files.whole", "every attached file is on the disk as it was uploaded", damaged))
