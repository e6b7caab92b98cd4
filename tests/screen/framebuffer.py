"""A virtual display whose pixels a test can read: Xvfb with its framebuffer in a file (Xvfb(1), option -fbdir).

The file has the format of xwd (X11/XWDFile.h): a header of 32-bit words in big-endian order, a colour table with 12
bytes for each entry, and the rows of pixels. With depth 24 a pixel has four bytes: blue, green, red and one unused.
"""

import mmap
import shutil
import struct
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

Colour = tuple[int, int, int]

HEADER_SIZE, BYTES_A_LINE, COLOURS = 0, 12, 19
"""Places of words in the header: its own size, the length of a row, the number of entries of the colour table."""


def is_installed() -> bool:
    """Return True if Xvfb is installed."""
    return shutil.which("Xvfb") is not None


class VirtualDisplay:
    """A running Xvfb; `name` is the value of DISPLAY."""

    def __init__(self, folder: Path, width_px: int, height_px: int) -> None:
        self.width_px, self.height_px = width_px, height_px
        screen = ("-screen", "0", f"{width_px}x{height_px}x24", "-fbdir", str(folder))
        self._server = subprocess.Popen(
            ["Xvfb", "-displayfd", "1", "-nolisten", "tcp", *screen], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._server.stdout is not None
        self.name = f":{self._server.stdout.readline().decode().strip()}"
        with (folder / "Xvfb_screen0").open("rb") as file:
            self._memory = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        words = struct.unpack(">25I", self._memory[:100])
        self._first = words[HEADER_SIZE] + 12 * words[COLOURS]
        self._row_bytes = words[BYTES_A_LINE]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._memory.close()
        self._server.terminate()
        self._server.communicate()

    def points(self, columns: int = 32, rows: int = 20) -> list[Colour]:
        """Return the colours (red, green, blue) at the crossings of a grid."""
        places = [
            self._first + (y * self.height_px // rows) * self._row_bytes + 4 * (x * self.width_px // columns)
            for y in range(rows)
            for x in range(columns)
        ]
        return [(self._memory[at + 2], self._memory[at + 1], self._memory[at]) for at in places]
