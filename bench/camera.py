"""The scanner's process as it is, with a camera that hands out recorded pictures: `-m bench.camera PICTURES LOG`.

It notes on the log, in nanoseconds of CLOCK_MONOTONIC, which all processes share: when it was up, when each picture
was handed out, and from when to when each was looked at. The product's code is not changed for that.
"""

import os
import sys
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench import BEGAN_NS
from kiosk.scanner.cascade.decode import DecodeResult
from kiosk.scanner.cascade.stream import StreamDecoder
from kiosk.scanner.child import process
from kiosk.scanner.symbol.grey import Grey
from kiosk.settings.schema.wiring import CameraSettings


class Notes:
    """The log; each line is written at once."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def add(self, what: str, *numbers: int) -> None:
        """Write one line."""
        os.write(self._file, " ".join((what, *map(str, numbers))).encode() + b"\n")


class RecordedCamera:
    """Hands out the pictures of a file at the pace of a camera; the file may be replaced at any time."""

    def __init__(self, path: Path, frame_hz: float, notes: Notes) -> None:
        self._path = path
        self._interval_s = 1.0 / frame_hz
        self._notes = notes
        self._due_s = 0.0
        self._stamp = 0
        self._pictures: npt.NDArray[np.uint8] = np.zeros((0, 0, 0), np.uint8)
        self._count = 0

    def start(self) -> None:
        """Begin."""
        self._due_s = time.monotonic()

    def frame(self, wait_s: float) -> Grey | None:
        """The next picture, copied as a camera's driver copies it out of the camera's memory."""
        left_s = self._due_s - time.monotonic()
        if left_s > 0:
            time.sleep(min(left_s, wait_s))
        if left_s > wait_s:
            return None
        missed = max((time.monotonic() - self._due_s) // self._interval_s, 0.0)
        self._due_s += (missed + 1) * self._interval_s
        self._open_anew()
        self._count += 1
        picture = np.array(self._pictures[self._count % len(self._pictures)])
        self._notes.add("frame", time.monotonic_ns())
        return picture

    def expose(self, stops: float) -> None:
        pass

    def close(self) -> None:
        """Nothing is held."""

    def _open_anew(self) -> None:
        stamp = self._path.stat().st_ino
        if stamp != self._stamp:
            self._stamp, self._pictures = stamp, np.load(self._path, mmap_mode="r")


def main() -> None:
    """Serve the controller that started this."""
    notes = Notes(Path(sys.argv[2]))
    notes.add("up", BEGAN_NS, os.getpid())
    notes.add("imported", time.monotonic_ns())

    class TimedStream(StreamDecoder):
        def decode(self, grey: Grey, at_s: float) -> DecodeResult:
            began_ns = time.monotonic_ns()
            result = super().decode(grey, at_s)
            notes.add("look", began_ns, time.monotonic_ns(), len(result.codes))
            return result

    process.StreamDecoder = TimedStream  # type: ignore[attr-defined]  # a name of another module, put in its place on purpose

    def open_camera(settings: CameraSettings) -> RecordedCamera:
        return RecordedCamera(Path(sys.argv[1]), settings.frame_hz, notes)

    process.serve(open_camera)


if __name__ == "__main__":
    main()
