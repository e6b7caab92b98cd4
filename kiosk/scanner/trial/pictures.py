"""Pictures for `kiosk scan`: read from files, folders and videos; and a folder for the pictures without a code.

Rule 1: a kept picture can be read by its owner only, because visitors' faces and codes may be on it.
Rule 2: only regular files are opened. Reading a device may never end, and opening a pipe may never return.
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
DEFAULT_HZ = 30.0
"""Frame rate that is assumed if a video does not contain its own."""

KEPT_NAME = re.compile(r"unread-([0-9]+)-.*\.png", re.ASCII)
JPEG = b"\xff\xd8"
"""The first bytes of a JPEG file (ISO/IEC 10918-1, B.1.1.3: SOI). JPEG has no alpha channel."""

MIN_FRAMES_SHARE = 0.9
"""A video with a smaller share of the frames in its header is damaged. Some headers only estimate the number."""

MAX_FILE_MB = 64
"""Limit of one picture file; a photograph of 200 megapixels has 30 to 60 MB."""

MAX_KEPT = 500
"""Limit of pictures in the folder."""

KEPT_EVERY_S = 0.5
"""Shortest time between two kept frames of a stream, because neighbouring frames are nearly equal."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame of a stream: its number from 0, the time at which it was taken in seconds, and the picture."""

    number: int
    at_s: float
    grey: Grey


def pictures_in(path: Path) -> list[Path]:
    """Return `path` itself; if it is a folder, return the pictures and videos in it and in its subfolders, sorted.

    Raises `KioskError` if the folder contains none, or cannot be read.
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
    """Return True if the suffix of the file is that of a video."""
    return path.suffix.lower() in VIDEOS


def read_picture(path: Path) -> Grey:
    """Return the picture in grey, reduced if it is larger than the scanner accepts.

    Raises `KioskError` if the file cannot be read, or is not a picture.
    """
    _check_regular(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_MB * 1_000_000 + 1)
    except OSError as error:
        raise _unreadable(path, error) from None
    if len(data) > MAX_FILE_MB * 1_000_000:
        raise KioskError(f"'{path}' is larger than {MAX_FILE_MB} MB; give a smaller picture")
    grey = grey_of(data)
    if grey is None and cv2.haveImageReader(str(path)):  # its first bytes are those of a picture
        raise KioskError(f"'{path}' is damaged or cut short, or too large; copy it again, or give a smaller one")
    if grey is None or min(grey.shape) < MIN_SIDE_PX:
        remedy = f"give a PNG or JPEG of at least {MIN_SIDE_PX} px a side"
        raise KioskError(f"'{path}' is no picture that can be read; {remedy}")
    return fitting(grey)


def _check_regular(path: Path) -> None:
    """Raise `KioskError` if `path` is not a regular file. Called before opening, because opening a pipe may block."""
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
    """Return the picture in the content of a file, in grey; transparent parts are laid over white.

    Returns None if the content is no picture that OpenCV reads.
    """
    coded = np.frombuffer(data, np.uint8)
    if not coded.size:
        return None
    try:
        with _muted():
            grey = cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE)
            layers = None if data.startswith(JPEG) else cv2.imdecode(coded, cv2.IMREAD_UNCHANGED)
    except cv2.error:  # larger than OpenCV accepts
        return None
    if layers is not None and layers.shape[2:] == (4,) and layers.dtype in (np.uint8, np.uint16):
        over_white = _over_white(layers)
        if np.ptp(over_white):  # a uniform result shows nothing; many BMP files have an empty alpha channel
            return over_white
    return None if grey is None else np.asarray(grey, np.uint8)


def _over_white(layers: NDArray[np.uint8] | NDArray[np.uint16]) -> Grey:
    """Return a picture with the channels blue, green, red and alpha in grey, laid over white."""
    white = np.float32(np.iinfo(layers.dtype).max)
    ink = 1 - cv2.cvtColor(layers, cv2.COLOR_BGRA2GRAY) / white
    return np.asarray(np.rint(255 * (1 - ink * (layers[:, :, 3] / white))), np.uint8)


@contextmanager
def _muted() -> Iterator[None]:
    """Discard the standard error output, to which libpng and other C libraries write. No thread may log meanwhile."""
    stderr, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(null)


def fitting(grey: Grey) -> Grey:
    """Return the picture, reduced so that no side is longer than `MAX_SIDE_PX`."""
    factor = MAX_SIDE_PX / max(grey.shape)
    if factor >= 1:
        return grey
    size = (int(grey.shape[1] * factor), int(grey.shape[0] * factor))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def frames_of(path: Path) -> Iterator[Frame]:
    """Yield the frames of a video. Raises `KioskError` if it is no video, or after the last frame if it is cut off."""
    _check_regular(path)
    video = cv2.VideoCapture(str(path))
    try:
        expected_frames = video.get(cv2.CAP_PROP_FRAME_COUNT)
        frame_hz = video.get(cv2.CAP_PROP_FPS) or DEFAULT_HZ
        number = 0
        while (read := video.read())[0]:
            grey = cv2.cvtColor(read[1], cv2.COLOR_BGR2GRAY) if read[1].ndim == 3 else read[1]
            yield Frame(number, number / frame_hz, fitting(np.asarray(grey, np.uint8)))
            number += 1
    finally:
        video.release()
    if number == 0:
        raise KioskError(f"'{path}' is no video that can be read; give an AVI, MP4 or MKV file")
    if number < MIN_FRAMES_SHARE * expected_frames:
        raise KioskError(f"'{path}' breaks off after {number} of {expected_frames:.0f} frames; copy or record it again")


@dataclass(slots=True)
class KeptPictures:
    """The folder for pictures without a readable code, created with the first of them. `count`: pictures written."""

    folder: Path
    count: int = field(default=0, init=False)

    def check(self) -> None:
        """Raise `KioskError` if the folder is a file or cannot be written. Called before any picture is read."""
        folder = self.folder.absolute()
        existing = next(path for path in (folder, *folder.parents) if path.exists())
        if not existing.is_dir():
            raise KioskError(f"'{existing}' is a file; name a folder to keep pictures in")
        if not os.access(existing, os.W_OK | os.X_OK):
            raise KioskError(f"'{existing}' cannot be written: Permission denied; choose another folder")

    def keep(self, grey: Grey, name: str) -> bool:
        """Write a picture as PNG with mode 0600. Return False if the folder already holds `MAX_KEPT` pictures.

        Raises `KioskError` if the folder cannot be written.
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
