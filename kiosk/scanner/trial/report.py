"""The report of `kiosk scan`: one line for each picture and code, for a technician.

Rule: a line names the kind of a code. The content of a code is printed only if `show_payload` is set.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from secrets import token_bytes

import numpy as np

from kiosk.scanner.cascade import hints
from kiosk.scanner.cascade.decode import DecodedCode, Decoder, DecodeResult
from kiosk.scanner.cascade.stream import StreamDecoder
from kiosk.scanner.child.dedupe import Sightings
from kiosk.scanner.child.tracker import DIAGNOSE_S
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.trial.pictures import KEPT_EVERY_S, MAX_KEPT, Frame, KeptPictures

NOTHING = "nothing like a code is seen"


@dataclass(slots=True)
class TrialReport:
    """Reads pictures, prints a line for each picture or code, and counts.

    Attributes:
        budget_ms: the processing time for one picture.
        kind_of: returns the name of a code's kind.
        tell: called with each line, and with the same as an object for JSON.
        show_payload: print the content of codes too.
        kept: the folder for pictures without a readable code, or None.
        pictures: how many pictures and streams were read; with_code: how many of them had a code.
        full: True after the message that the folder is full was printed.
        kinds: how often each kind of code was read.
    """

    budget_ms: float
    kind_of: Callable[[bytes], str]
    tell: Callable[[str, dict[str, object]], None]
    show_payload: bool = False
    kept: KeptPictures | None = None
    pictures: int = field(default=0, init=False)
    with_code: int = field(default=0, init=False)
    full: bool = field(default=False, init=False)
    kinds: Counter[str] = field(default_factory=Counter, init=False)

    def still(self, name: str, grey: Grey) -> None:
        """Read one picture and print its codes, or the obstacle. Raises `KioskError` if it cannot be kept."""
        began_s = time.perf_counter()
        result = Decoder(self.budget_ms).decode(grey)
        ms = (time.perf_counter() - began_s) * 1000.0
        for reading in result.codes:
            self._print_code(name, reading)
        self._count(found=bool(result.codes))
        if not result.codes:
            hint = hint_of(grey, result)
            facts = {"picture": name, "kind": "", "hint": hint, "ms": round(ms, 1)}
            self.tell(f"{name}: no code, {ms:.1f} ms: {hint or NOTHING}", facts)
            self._keep(grey)

    def stream(self, name: str, frames: Iterable[Frame], same_code_s: float) -> None:
        """Read consecutive frames. A code is printed when it comes into view, an obstacle when it changes.

        Counts as one picture. Raises `KioskError` if a frame cannot be kept, and whatever `frames` raises.
        """
        progress = _StreamProgress(self.budget_ms, same_code_s)
        try:
            for frame in frames:
                progress.frames += 1
                self._read_frame(frame, f"{name} frame {frame.number}", progress)
        finally:
            if progress.frames:
                if not progress.found:
                    text = f"{name}: no code in any frame" + ("" if progress.hint else f": {NOTHING}")
                    self.tell(text, {"picture": name, "kind": "", "hint": progress.hint, "frames": progress.frames})
                self._count(found=progress.found)

    def _read_frame(self, frame: Frame, name: str, progress: "_StreamProgress") -> None:
        result = progress.stream.decode(frame.grey, frame.at_s)
        for reading in result.codes:
            progress.found, progress.hint = True, ""
            if progress.sightings.is_new(reading.data, frame.at_s):
                self._print_code(name, reading)
        if result.codes:
            return
        if frame.at_s - progress.kept_s >= KEPT_EVERY_S:
            progress.kept_s = frame.at_s
            self._keep(frame.grey)
        if frame.at_s - progress.diagnosed_s < DIAGNOSE_S:
            return
        progress.diagnosed_s = frame.at_s
        hint = hint_of(frame.grey, result)
        if hint and hint != progress.hint:
            progress.hint = hint
            self.tell(f"{name}: no code: {hint}", {"picture": name, "kind": "", "hint": hint})

    def summary(self) -> str:
        """Return the last line: the counts of pictures, codes by kind, and kept pictures."""
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.kinds.items())) or "none"
        kept = f"; {self.kept.count} kept in {self.kept.folder}" if self.kept else ""
        return f"{self.with_code} of {self.pictures} with a code; codes: {kinds}{kept}"

    def counts(self) -> dict[str, object]:
        """Return the counts of `summary`, for JSON."""
        kept = self.kept.count if self.kept else 0
        return {"pictures": self.pictures, "with_code": self.with_code, "codes": dict(self.kinds), "kept": kept}

    def _print_code(self, name: str, reading: DecodedCode) -> None:
        kind = self.kind_of(reading.data)
        self.kinds[kind] += 1
        payload = f" {reading.data!r}" if self.show_payload else ""
        text = f"{name}: {kind} {place_of(reading)}, stage {reading.stage}, {reading.ms:.1f} ms{payload}"
        facts: dict[str, object] = {"picture": name, "kind": kind, "stage": reading.stage, "ms": round(reading.ms, 1)}
        facts["corners"] = [[round(x), round(y)] for x, y in reading.corners]
        self.tell(text, facts | ({"payload": repr(reading.data)} if self.show_payload else {}))

    def _keep(self, grey: Grey) -> None:
        if not self.kept or self.kept.keep(grey, f"{grey.shape[1]}x{grey.shape[0]}") or self.full:
            return
        self.full = True
        text = f"{self.kept.folder} holds its {MAX_KEPT} pictures: no more are kept; empty it or name another"
        self.tell(text, {"note": text})

    def _count(self, *, found: bool) -> None:
        self.pictures += 1
        self.with_code += found


class _StreamProgress:
    """The state of one stream: its decoder, how many frames were read, and what was found and printed so far."""

    def __init__(self, budget_ms: float, same_code_s: float) -> None:
        self.stream = StreamDecoder(budget_ms)
        self.sightings = Sightings(same_code_s, token_bytes(32))
        self.frames = 0
        self.found = False
        self.hint = ""
        self.diagnosed_s = self.kept_s = -math.inf


def place_of(reading: DecodedCode) -> str:
    """Return the text for a code's centre and its mean side, in pixels of the picture."""
    box = np.array(reading.corners, float)
    x, y = box.mean(0)
    side = np.hypot(*(np.roll(box, -1, 0) - box).T).mean()
    return f"at {x:.0f},{y:.0f} size {side:.0f} px"


def hint_of(grey: Grey, result: DecodeResult) -> str:
    """Return the hint that a visitor would get, or "" if nothing like a code is in the picture."""
    return hints.diagnose(grey, result.unread[0] if result.unread else None)
