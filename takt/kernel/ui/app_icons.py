"""The pictures of the installed app, drawn from logo.svg: `python -m takt.kernel.ui.app_icons`. Needs no Django."""

import math
import re
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

STATIC = Path(__file__).parent / "static" / "ui"
SIZES = (192, 512)
SIDE = 24.0  # of the logo's own square


@dataclass(frozen=True)
class Bar:
    """A rectangle with round corners in one colour: all that the logo is made of."""

    x: float
    y: float
    width: float
    height: float
    round: float
    colour: tuple[int, int, int]

    def covers(self, x: float, y: float, pixel: float) -> float:
        """How much of a pixel around a point it covers, 0 to 1."""
        dx = abs(x - self.x - self.width / 2) - self.width / 2 + self.round
        dy = abs(y - self.y - self.height / 2) - self.height / 2 + self.round
        outside = math.hypot(max(dx, 0.0), max(dy, 0.0)) + min(max(dx, dy), 0.0) - self.round
        return min(1.0, max(0.0, 0.5 - outside / pixel))


def bars() -> list[Bar]:
    found = []
    for group in ElementTree.parse(STATIC / "logo.svg").getroot().iter():
        for rect in group.findall("{http://www.w3.org/2000/svg}rect"):
            fill = rect.get("fill") or group.get("fill") or "#000"
            x, y, width, height, rx = (float(rect.get(a) or 0) for a in ("x", "y", "width", "height", "rx"))
            found.append(Bar(x, y, width, height, rx, _colour(fill)))
    return found


def _colour(text: str) -> tuple[int, int, int]:
    digits = re.sub("[^0-9a-f]", "", text.lower())
    if len(digits) == 3:
        digits = "".join(d * 2 for d in digits)
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def drawn(size: int, *, is_maskable: bool) -> bytes:
    """The logo as a PNG; a maskable one fills its square, because the system cuts the corners."""
    ground, *inner = bars()
    if is_maskable:
        ground = Bar(-1, -1, SIDE + 2, SIDE + 2, 0, ground.colour)
    pixel, rows = SIDE / size, bytearray()
    for line in range(size):
        rows.append(0)
        for column in range(size):
            x, y = (column + 0.5) * pixel, (line + 0.5) * pixel
            opaque, colour = ground.covers(x, y, pixel), ground.colour
            for bar in inner:
                over = bar.covers(x, y, pixel)
                if over:
                    colour = tuple(round(c + (b - c) * over) for c, b in zip(colour, bar.colour, strict=True))  # type: ignore[assignment]
            rows += bytes((*colour, round(255 * opaque)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [
            _chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)),
            _chunk(b"IDAT", zlib.compress(bytes(rows), 9)),
            _chunk(b"IEND", b""),
        ]
    )


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def draw_all() -> None:
    for size in SIZES:
        for is_maskable in (False, True):
            name = f"icon-{size}{'-maskable' if is_maskable else ''}.png"
            (STATIC / name).write_bytes(drawn(size, is_maskable=is_maskable))


if __name__ == "__main__":
    draw_all()
