"""How long the kiosk takes from exec to READY, what it does meanwhile, and what memory it then has."""

from dataclasses import dataclass
from pathlib import Path

from bench.booth import Booth
from bench.figures import Row
from bench.machine import Memory, Usage, memory, usage
from bench.site import Site

STARTS = 15

LEGS = (
    ("exec", "up", "the interpreter comes up"),
    ("up", "imported", "imports"),
    ("imported", "settings", "settings"),
    ("settings", "page", "the page is served"),
    ("page", "built", "devices and workers are built"),
    ("built", "scanner_up", "the scanner's interpreter comes up"),
    ("scanner_up", "scanner_imported", "the scanner's imports"),
    ("scanner_imported", "frame", "its first picture"),
    ("frame", "ready", "the controller hears of it and says READY"),
    ("built", "temperature", "beside the scanner's start: first temperature"),
)
"""The parts of a start: from which mark to which, and its name."""


@dataclass(frozen=True, slots=True)
class Start:
    """One start: its marks, and what controller and scanner had used at READY."""

    marks: dict[str, int]
    used: tuple[Usage, Usage]
    had: tuple[Memory, Memory]

    def lasted_ms(self, since: str, to: str) -> float:
        """The time from one mark to another."""
        return (self.marks[to] - self.marks[since]) / 1e6


def rows(folder: Path) -> list[Row]:
    """The whole, its parts, processor time and memory; the first start, which compiles, does not count."""
    site = Site(folder)
    starts = [_start(site) for _ in range(1 + STARTS)][1:]
    return [
        Row("controller: exec → READY", [start.lasted_ms("exec", "ready") / 1e3 for start in starts], "s", "≤ 1 s"),
        *(Row(f"– {name}", [start.lasted_ms(since, to) for start in starts], "ms") for since, to, name in LEGS),
        Row("– processor time, controller", [1e3 * start.used[0].busy_s for start in starts], "ms"),
        Row("– processor time, scanner", [1e3 * start.used[1].busy_s for start in starts], "ms"),
        Row("controller: memory at READY", [start.had[0].resident_mb for start in starts], "MB", "≤ 60 MB"),
        Row("– of it its own, not of files", [start.had[0].own_mb for start in starts], "MB"),
        Row("scanner: memory at READY", [start.had[1].resident_mb for start in starts], "MB"),
        Row("– of it its own, not of files", [start.had[1].own_mb for start in starts], "MB"),
    ]


def _start(site: Site) -> Start:
    with Booth(site) as booth:
        used = usage(booth.controller), usage(booth.scanner)
        had = memory(booth.controller), memory(booth.scanner)
        first = {what: numbers[0] for what, numbers in reversed(booth.camera_notes())}
    camera = {"scanner_up": first["up"], "scanner_imported": first["imported"], "frame": first["frame"]}
    return Start(booth.marks | camera, used, had)
