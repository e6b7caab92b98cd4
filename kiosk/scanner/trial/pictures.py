"""Pictures for a technician's trial of the scanner: from files, folders and videos, and the unreadable ones kept.

Rule 1: a picture that is kept is readable by its owner only; visitors' faces and codes may be on it.
Rule 2: only regular files are read: a device has no end, and a pipe may never begin.
"""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.errors import KioskError
from kiosk.scanner.cascade.decode import MAX_SIDE_PX
from kiosk.scanner.cascade.views import MIN_SIDE_PX
from kiosk.scanner.symbol.grey import Grey

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm"})
VIDEOS = frozenset({".avi", ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".mjpeg"})
USUAL_HZ = 30.0
"""Of a video that does not tell its own."""

KEPT_NAME = re.compile(r"unread-([0-9]+)-.*\.png", re.ASCII)
JPEG = b"\xff\xd8"
"""How its files begin (ISO/IEC 10918-1, B.1.1.3: SOI); they have no alpha."""

WHOLE_SHARE = 0.9
"""Of the frames that a video's header promises; some count them by the duration, so a few are missing without harm."""

MAX_FILE_MB = 64
"""Of one picture; a photograph of 200 megapixels has 30 to 60."""

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
    grey = grey_of(_bytes_of(path))
    if grey is None and cv2.haveImageReader(str(path)):  # begins as a picture does
        raise KioskError(f"'{path}' is damaged or cut short, or too large; copy it again, or give a smaller one")
    if grey is None or min(grey.shape) < MIN_SIDE_PX:
        remedy = f"give a PNG or JPEG of at least {MIN_SIDE_PX} px a side"
        raise KioskError(f"'{path}' is no picture that can be read; {remedy}")
    return fitting(grey)


def _bytes_of(path: Path) -> bytes:
    _check_regular(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_MB * 1_000_000 + 1)
    except OSError as error:
        raise _unreadable(path, error) from None
    if len(data) > MAX_FILE_MB * 1_000_000:
        raise KioskError(f"'{path}' is larger than {MAX_FILE_MB} MB; give a smaller picture")
    return data


def _check_regular(path: Path) -> None:
    """Before it is opened: opening a pipe waits for who writes to it."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise _unreadable(path, error) from None
    if not stat.S_ISREG(mode):
        raise KioskError(f"'{path}' is a device, pipe or socket; name a regular file")


def _unreadable(path: Path, error: OSError) -> KioskError:
    remedy = "let this user read it" if isinstance(error, PermissionError) else "name a file that is there"
    return KioskError(f"'{path}' cannot be read: {error.strerror}; {remedy}")


def grey_of(data: bytes) -> Grey | None:
    """The picture in these bytes of a file in grey, over white where it is transparent; None when it is none."""
    coded = np.frombuffer(data, np.uint8)
    if not coded.size:
        return None
    try:
        with _muted():
            grey = cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE)
            layers = None if data.startswith(JPEG) else cv2.imdecode(coded, cv2.IMREAD_UNCHANGED)
    except cv2.error:  # larger than OpenCV takes
        return None
    if layers is not None and layers.shape[2:] == (4,) and layers.dtype in (np.uint8, np.uint16):
        over_white = _over_white(layers)
        if np.ptp(over_white):  # else it shows nothing, as with the empty alpha of many a BMP
            return over_white
    return None if grey is None else np.asarray(grey, np.uint8)


def _over_white(layers: NDArray[np.uint8] | NDArray[np.uint16]) -> Grey:
    """Blue, green, red and alpha, laid on white paper."""
    white = np.float32(np.iinfo(layers.dtype).max)
    ink = 1 - cv2.cvtColor(layers, cv2.COLOR_BGRA2GRAY) / white
    return np.asarray(np.rint(255 * (1 - ink * (layers[:, :, 3] / white))), np.uint8)


@contextmanager
def _muted() -> Iterator[None]:
    """Without the lines that libpng and its like write to the error output themselves; no thread may log meanwhile."""
    shown, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(shown, 2)
        os.close(shown)
        os.close(nothing)


def fitting(grey: Grey) -> Grey:
    """The picture, at most as large as the scanner takes."""
    factor = MAX_SIDE_PX / max(grey.shape)
    if factor >= 1:
        return grey
    size = (int(grey.shape[1] * factor), int(grey.shape[0] * factor))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def frames_of(path: Path) -> Iterator[Frame]:
    """The frames of a video. `KioskError` when it is none, or at its end when that came too soon."""
    _check_regular(path)
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
class KeptPictures:
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

    def keep(self, grey: Grey, name: str) -> bool:
        """Write one as PNG, mode 0600, beside those that are there; False when these are `MAX_KEPT`.

        Raises `KioskError` when the folder cannot be written.
        """
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            numbers = [int(kept[1]) for file in self.folder.iterdir() if (kept := KEPT_NAME.match(file.name))]
            if len(numbers) >= MAX_KEPT:
                return False
            number = max(numbers, default=0) + 1
            file = self.folder / f"unread-{number:03}-{name}.png"
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as out:
                out.write(cv2.imencode(".png", grey)[1].tobytes())
        except OSError as error:
            raise KioskError(f"'{self.folder}' cannot be written: {error.strerror}; choose another folder") from None
        self.count += 1
        return True
