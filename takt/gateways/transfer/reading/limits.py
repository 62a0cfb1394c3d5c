"""What a file may cost, and the locks a reading process puts on itself."""

from __future__ import annotations

MEGABYTE = 1024 * 1024
FILE_BYTES = 256 * MEGABYTE
CHILD_MEMORY_BYTES = 1024 * MEGABYTE
UNPACKED_BYTES = 1024 * MEGABYTE
SUSPECT_UNPACKED_BYTES = 64 * MEGABYTE
SUSPECT_RATIO = 200
ZIP_ENTRIES = 10_000
COLUMNS = 512
CELL_CHARS = 100_000
ROW_CHARS = 4_000_000
HEADER_CHARS = 200
VALUE_CHARS = 64  # of a number, a date or a yes
SAMPLE_BYTES = MEGABYTE
SAMPLE_ROWS = 50
SAMPLE_CELL_CHARS = 1_000
BATCH_ROWS = 1_000
BATCH_CHARS = 1_000_000
FRAME_BYTES = 64 * MEGABYTE


def seconds_for(size: int) -> int:
    """CPU seconds a file of this many bytes may take; silence longer than this ends the reading too."""
    return min(12 + size // MEGABYTE, 300)


def lock_down(size: int) -> None:
    """Give this process no way to grow, write files or run on for ever."""
    try:
        import resource
    except ImportError:  # no such limits on this system; the parent's wall clock still holds
        return
    cpu = seconds_for(size)
    wanted = (
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_NOFILE, 64, 64),
        (resource.RLIMIT_CPU, cpu, cpu + 1),
        (resource.RLIMIT_AS, CHILD_MEMORY_BYTES, CHILD_MEMORY_BYTES),
    )
    for what, soft, hard in wanted:
        try:
            resource.setrlimit(what, (soft, hard))
        except (
            ValueError,
            OSError,
        ):  # a stricter limit is set already, or the system doesn't know this one
            continue
