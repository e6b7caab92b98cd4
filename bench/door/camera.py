"""The real scanner process with a camera that returns recorded frames: `-m bench.door.camera PICTURES LOG`.

It writes notes to the log, in nanoseconds of CLOCK_MONOTONIC, which all processes share: the time of its start, the
time at which each frame was returned, and begin and end of each decoding. The code of the kiosk is not changed; the
decoder's class is replaced by a subclass that takes the time.
"""

import os
import sys
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench import BEGAN_NS
from kiosk.model import CameraSetup
from kiosk.scanner.cascade.decode import DecodeResult
from kiosk.scanner.cascade.stream import StreamDecoder
from kiosk.scanner.child import process
from kiosk.scanner.symbol.grey import Grey


class Notes:
    """The log of notes; each line is written at once."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def add(self, what: str, *numbers: int) -> None:
        """Write one line: a word and numbers."""
        os.write(self._file, " ".join((what, *map(str, numbers))).encode() + b"\n")


class RecordedCamera:
    """A camera that returns the frames in a NumPy file, at `frame_hz`. The file may be replaced at any time."""

    def __init__(self, path: Path, frame_hz: float, notes: Notes) -> None:
        self._path = path
        self._interval_s = 1.0 / frame_hz
        self._notes = notes
        self._due_s = 0.0
        self._stamp = 0
        self._pictures: npt.NDArray[np.uint8] = np.zeros((0, 0, 0), np.uint8)
        self._count = 0

    def start(self) -> None:
        """Begin the frames."""
        self._due_s = time.monotonic()

    def frame(self, wait_s: float) -> Grey | None:
        """Return a copy of the next frame, as a driver copies it from the camera; None if none is due in time."""
        left_s = self._due_s - time.monotonic()
        if left_s > 0:
            time.sleep(min(left_s, wait_s))
        if left_s > wait_s:
            return None
        missed = max((time.monotonic() - self._due_s) // self._interval_s, 0.0)
        self._due_s += (missed + 1) * self._interval_s
        stamp = self._path.stat().st_ino
        if stamp != self._stamp:
            self._stamp, self._pictures = stamp, np.load(self._path, mmap_mode="r")
        self._count += 1
        picture = np.array(self._pictures[self._count % len(self._pictures)])
        self._notes.add("frame", time.monotonic_ns())
        return picture

    def expose(self, stops: float) -> None:
        """Ignore the correction: the frames are recorded."""

    def close(self) -> None:
        """Do nothing; the camera holds no device."""


def main() -> None:
    """Run the scanner process for the controller that started it."""
    notes = Notes(Path(sys.argv[2]))
    notes.add("up", BEGAN_NS, os.getpid())
    notes.add("imported", time.monotonic_ns())

    class TimedStream(StreamDecoder):
        def decode(self, grey: Grey, at_s: float) -> DecodeResult:
            began_ns = time.monotonic_ns()
            result = super().decode(grey, at_s)
            notes.add("decoding", began_ns, time.monotonic_ns(), len(result.codes))
            return result

    process.StreamDecoder = TimedStream  # type: ignore[attr-defined]  # the class in the other module is replaced on purpose

    def open_camera(settings: CameraSetup) -> RecordedCamera:
        return RecordedCamera(Path(sys.argv[1]), settings.frame_hz, notes)

    process.serve(open_camera)


if __name__ == "__main__":
    main()
