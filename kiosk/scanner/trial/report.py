"""What the scanner sees in pictures, line by line, for a technician.

Rule 1: a line tells the kind of a code and never the code, unless that is asked for.
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
    """Looks, says a line for each picture or code, and counts.

    budget_ms: for one picture. kind_of: names a code's kind. say: takes a line. kept: where unreadable pictures go.
    """

    budget_ms: float
    kind_of: Callable[[bytes], str]
    say: Callable[[str], None]
    show_payload: bool = False
    kept: KeptPictures | None = None
    pictures: int = field(default=0, init=False)
    with_code: int = field(default=0, init=False)
    full: bool = field(default=False, init=False)
    kinds: Counter[str] = field(default_factory=Counter, init=False)

    def still(self, name: str, grey: Grey) -> None:
        """Look at one picture."""
        began_s = time.perf_counter()
        look = Decoder(self.budget_ms).decode(grey)
        ms = (time.perf_counter() - began_s) * 1000.0
        for reading in look.codes:
            self._tell(name, reading)
        self._count(found=bool(look.codes))
        if not look.codes:
            self.say(f"{name}: no code, {ms:.1f} ms: {hint_of(grey, look) or NOTHING}")
            self._keep(grey)

    def stream(self, name: str, frames: Iterable[Frame], same_code_s: float) -> None:
        """Look at pictures that follow each other; a code is told when it comes into view, a hint when it changes."""
        shown = _Shown(self.budget_ms, same_code_s)
        try:
            for frame in frames:
                shown.frames += 1
                self._look_at(frame, f"{name} frame {frame.number}", shown)
        finally:
            if shown.frames:
                if not shown.found:
                    self.say(f"{name}: no code in any frame" + ("" if shown.hint else f": {NOTHING}"))
                self._count(found=shown.found)

    def _look_at(self, frame: Frame, name: str, shown: "_Shown") -> None:
        look = shown.stream.decode(frame.grey, frame.at_s)
        for reading in look.codes:
            shown.found, shown.hint = True, ""
            if shown.sightings.is_new(reading.data, frame.at_s):
                self._tell(name, reading)
        if look.codes:
            return
        if frame.at_s - shown.kept_s >= KEPT_EVERY_S:
            shown.kept_s = frame.at_s
            self._keep(frame.grey)
        if frame.at_s - shown.judged_s < DIAGNOSE_S:
            return
        shown.judged_s = frame.at_s
        hint = hint_of(frame.grey, look)
        if hint and hint != shown.hint:
            shown.hint = hint
            self.say(f"{name}: no code: {hint}")

    def summary(self) -> str:
        """The last line."""
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.kinds.items())) or "none"
        kept = f"; {self.kept.count} kept in {self.kept.folder}" if self.kept else ""
        return f"{self.with_code} of {self.pictures} with a code; codes: {kinds}{kept}"

    def _tell(self, name: str, reading: DecodedCode) -> None:
        kind = self.kind_of(reading.data)
        self.kinds[kind] += 1
        payload = f" {reading.data!r}" if self.show_payload else ""
        self.say(f"{name}: {kind} {place_of(reading)}, stage {reading.stage}, {reading.ms:.1f} ms{payload}")

    def _keep(self, grey: Grey) -> None:
        if not self.kept or self.kept.keep(grey, f"{grey.shape[1]}x{grey.shape[0]}") or self.full:
            return
        self.full = True
        self.say(f"{self.kept.folder} holds its {MAX_KEPT} pictures: no more are kept; empty it or name another")

    def _count(self, *, found: bool) -> None:
        self.pictures += 1
        self.with_code += found


class _Shown:
    """What one stream has shown so far."""

    def __init__(self, budget_ms: float, same_code_s: float) -> None:
        self.stream = StreamDecoder(budget_ms)
        self.sightings = Sightings(same_code_s, token_bytes(32))
        self.frames = 0
        self.found = False
        self.hint = ""
        self.judged_s = self.kept_s = -math.inf


def place_of(reading: DecodedCode) -> str:
    """The code's centre and its mean side, in pixels of the picture."""
    box = np.array(reading.corners, float)
    x, y = box.mean(0)
    side = np.hypot(*(np.roll(box, -1, 0) - box).T).mean()
    return f"at {x:.0f},{y:.0f} size {side:.0f} px"


def hint_of(grey: Grey, look: DecodeResult) -> str:
    """What the visitor would be told, or "" when nothing like a code is there."""
    return hints.diagnose(grey, look.unread[0] if look.unread else None)
