"""Pictures for a technician's trial of the scanner: from files, folders and videos, and the unreadable ones kept.

Rule 1: a picture that is kept is readable by its owner only; visitors' faces and codes may be on it.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from kiosk.errors import KioskError
from kiosk.scanner.decode import MAX_SIDE_PX, MIN_SIDE_PX
from kiosk.scanner.prepare import Grey

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm"})
VIDEOS = frozenset({".avi", ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".mjpeg"})
USUAL_HZ = 30.0
"""Of a video that does not tell its own."""

WHOLE_SHARE = 0.9
"""Of the frames that a video's header promises; some count them by the duration, so a few are missing without harm."""

MAX_KEPT = 500
KEPT_EVERY_S = 0.5
"""Neighbouring frames of a stream show the same."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a stream: its number from 0, when it was taken in seconds, and the picture."""

    number: int
    at_s: float
    grey: Grey


def pictures_in(path: Path) -> list[Path]:
    """The file as it was named; of a folder and the folders in it the pictures and videos, sorted.

    `KioskError` for a folder without any, or one that cannot be read.
    """
    if not path.is_dir():
        return [path]
    found = sorted(
        Path(folder) / name
        for folder, _, names in os.walk(path, onerror=_refuse_folder)
        for name in names
        if Path(name).suffix.lower() in PICTURES | VIDEOS
    )
    if not found:
        raise KioskError(f"folder '{path}' holds no picture; name one with PNG, JPEG or video files")
    return found


def _refuse_folder(error: OSError) -> None:
    remedy = "let this user read it, or name another"
    raise KioskError(f"folder '{error.filename}' cannot be read: {error.strerror}; {remedy}") from None


def is_video(path: Path) -> bool:
    """Whether the file's name is that of a video."""
    return path.suffix.lower() in VIDEOS


def read_picture(path: Path) -> Grey:
    """The picture in grey, shrunk where it is larger than a camera's. `KioskError` when the file is none."""
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        remedy = "let this user read it" if isinstance(error, PermissionError) else "name a file that is there"
        raise KioskError(f"'{path}' cannot be read: {error.strerror}; {remedy}") from None
    try:
        grey = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE) if data.size else None
    except cv2.error:  # larger than OpenCV takes
        grey = None
    if grey is None or min(grey.shape) < MIN_SIDE_PX:
        remedy = f"give a PNG or JPEG of at least {MIN_SIDE_PX} px a side"
        raise KioskError(f"'{path}' is no picture that can be read; {remedy}")
    return fitting(np.asarray(grey, np.uint8))


def fitting(grey: Grey) -> Grey:
    """The picture, at most as large as the scanner takes."""
    factor = MAX_SIDE_PX / max(grey.shape)
    if factor >= 1:
        return grey
    size = (int(grey.shape[1] * factor), int(grey.shape[0] * factor))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def frames_of(path: Path) -> Iterator[Frame]:
    """The frames of a video. `KioskError` when it is none, or at its end when that came too soon."""
    video = cv2.VideoCapture(str(path))
    try:
        promised = video.get(cv2.CAP_PROP_FRAME_COUNT)
        frame_hz = video.get(cv2.CAP_PROP_FPS) or USUAL_HZ
        number = 0
        while (taken := video.read())[0]:
            grey = cv2.cvtColor(taken[1], cv2.COLOR_BGR2GRAY) if taken[1].ndim == 3 else taken[1]
            yield Frame(number, number / frame_hz, fitting(np.asarray(grey, np.uint8)))
            number += 1
    finally:
        video.release()
    if number == 0:
        raise KioskError(f"'{path}' is no video that can be read; give an AVI, MP4 or MKV file")
    if number < WHOLE_SHARE * promised:
        raise KioskError(f"'{path}' breaks off after {number} of {promised:.0f} frames; copy or record it again")


@dataclass(slots=True)
class Kept:
    """The folder of unreadable pictures; makes it when the first is kept."""

    folder: Path
    count: int = field(default=0, init=False)

    def check(self) -> None:
        """`KioskError` when the folder is none or cannot be written, before any picture was looked at."""
        there = next(place for place in (self.folder.absolute(), *self.folder.absolute().parents) if place.exists())
        if not there.is_dir():
            raise KioskError(f"'{there}' is a file; name a folder to keep pictures in")
        if not os.access(there, os.W_OK | os.X_OK):
            raise KioskError(f"'{there}' cannot be written: Permission denied; choose another folder")

    def keep(self, grey: Grey, name: str) -> None:
        """Write one as PNG, mode 0600, beside those that are there; at most `MAX_KEPT` in the folder.

        Raises `KioskError` when the folder cannot be written.
        """
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            numbers = [int(file.stem.split("-")[1]) for file in self.folder.glob("unread-[0-9][0-9][0-9]-*.png")]
            if len(numbers) >= MAX_KEPT:
                return
            number = max(numbers, default=0) + 1
            file = self.folder / f"unread-{number:03}-{name}.png"
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as out:
                out.write(cv2.imencode(".png", grey)[1].tobytes())
        except OSError as error:
            raise KioskError(f"'{self.folder}' cannot be written: {error.strerror}; choose another folder") from None
        self.count += 1
