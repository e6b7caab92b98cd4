"""The start of the kiosk from exec to READY: its stages, its processor time, and its memory at the end."""

from dataclasses import dataclass
from pathlib import Path

from bench.door.booth import Booth
from bench.door.site import Site
from bench.figures import Row
from bench.machine import Memory, Usage, memory, usage

STARTS = 15

STAGES = (
    ("exec", "up", "the interpreter comes up"),
    ("up", "imported", "imports"),
    ("imported", "settings", "settings"),
    ("settings", "page", "the page is served"),
    ("page", "built", "devices and workers are built"),
    ("built", "scanner_up", "the scanner's interpreter comes up"),
    ("scanner_up", "scanner_imported", "the scanner's imports"),
    ("scanner_imported", "frame", "its first frame"),
    ("frame", "ready", "the controller hears of it and says READY"),
    ("built", "temperature", "at the same time: first temperature"),
)
"""The stages of a start: first mark, last mark, name."""


@dataclass(frozen=True, slots=True)
class Start:
    """One start: its marks, and the usage and memory of controller and scanner at READY."""

    marks: dict[str, int]
    usages: tuple[Usage, Usage]
    memories: tuple[Memory, Memory]

    def lasted_ms(self, since: str, to: str) -> float:
        """Return the milliseconds from one mark to another."""
        return (self.marks[to] - self.marks[since]) / 1e6


def rows(folder: Path) -> list[Row]:
    """Measure the start. The first one, which compiles the sources, is left out."""
    site = Site(folder)
    starts = [_start(site) for _ in range(1 + STARTS)][1:]
    return [
        Row("controller: exec → READY", [start.lasted_ms("exec", "ready") / 1e3 for start in starts], "s", "≤ 1 s"),
        *(Row(f"– {name}", [start.lasted_ms(since, to) for start in starts], "ms") for since, to, name in STAGES),
        Row("– processor time, controller", [1e3 * start.usages[0].busy_s for start in starts], "ms"),
        Row("– processor time, scanner", [1e3 * start.usages[1].busy_s for start in starts], "ms"),
        Row("controller: memory at READY", [start.memories[0].resident_mb for start in starts], "MB", "≤ 60 MB"),
        Row("– of it private, not of files", [start.memories[0].own_mb for start in starts], "MB"),
        Row("scanner: memory at READY", [start.memories[1].resident_mb for start in starts], "MB"),
        Row("– of it private, not of files", [start.memories[1].own_mb for start in starts], "MB"),
    ]


def _start(site: Site) -> Start:
    with Booth(site) as booth:
        usages = usage(booth.controller), usage(booth.scanner)
        memories = memory(booth.controller), memory(booth.scanner)
        first = {what: numbers[0] for what, numbers in reversed(booth.camera_notes())}
    camera = {"scanner_up": first["up"], "scanner_imported": first["imported"], "frame": first["frame"]}
    return Start(booth.marks | camera, usages, memories)
