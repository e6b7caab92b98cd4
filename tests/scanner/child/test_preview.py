"""The live picture: no code can be read from thirty of them, and a room without codes stays as it is."""

import math
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest
import segno

from kiosk.scanner.cascade.readers import zbar, zxing
from kiosk.scanner.cascade.stream import StreamDecoder
from kiosk.scanner.child.preview import PREVIEW_WIDTH_PX, preview
from kiosk.scanner.symbol.grey import Grey
from kiosk.simulator.people.phone import CodeCarrier, DrawnView, Scene
from tests.samples import every

PICTURES = 30
PREVIEW_HZ = 8.0
read_by_zxing = zxing()


def drawn(version: int, distance_mm: float, **scene: float) -> DrawnView:
    """Return the view on a phone that shows a short text as a code of this version."""
    with pytest.MonkeyPatch.context() as patch:
        make = segno.make
        patch.setattr(segno, "make", lambda data, micro: make(data, version=version, error="l", micro=micro))
        return DrawnView(Scene(CodeCarrier.PHONE, b"K1:pass", version, distance_mm=distance_mm, **scene), 1280, 720)


def decoded(jpeg: bytes) -> Grey:
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE), np.uint8)


def enlarged(picture: Grey, factor: float = 4.0) -> Grey:
    return np.asarray(cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC), np.uint8)


def reduced(frame: Grey) -> Grey:
    """Return the picture of the size of the preview in which nothing is covered."""
    height_px = round(frame.shape[0] * PREVIEW_WIDTH_PX / frame.shape[1])
    return np.asarray(cv2.resize(frame, (PREVIEW_WIDTH_PX, height_px), interpolation=cv2.INTER_AREA), np.uint8)


def readings(pictures: Iterator[Grey], *, by_stream: bool = True) -> list[str]:
    """Return what could be read: by a stream of unlimited time, by the public decoders, and from the mean of all."""
    stream, found, total = StreamDecoder(math.inf), list[str](), np.zeros(1)
    for number, picture in enumerate(pictures):
        total = total + picture
        larger = enlarged(picture)
        found += [f"zxing {number}" for part in (picture, larger) if read_by_zxing(part).codes]
        if by_stream and stream.decode(picture, number / PREVIEW_HZ).codes:
            found.append(f"stream {number}")
        if number % 10 == 0 and (zbar(picture).codes or zbar(larger).codes):
            found.append(f"zbar {number}")
    if read_by_zxing(enlarged((total / PICTURES).astype(np.uint8))).codes:
        found.append("zxing mean")
    return found


def frames_of(view: DrawnView) -> Iterator[Grey]:
    return (view.picture(number / PREVIEW_HZ) for number in range(PICTURES))


SHOWN: dict[str, Callable[[], Iterator[Grey]]] = {
    "version 1 close up": lambda: frames_of(drawn(1, 115.0)),
    "version 1 larger than the view": lambda: frames_of(drawn(1, 75.0, tremor_px=30.0)),
    "version 4 at the usual distance": lambda: frames_of(drawn(4, 180.0, tremor_px=8.0)),
    "version 10 tilted": lambda: frames_of(drawn(10, 120.0, tilt_deg=25.0, roll_deg=30.0, blur_px=0.5)),
    "version 20": lambda: frames_of(drawn(20, 105.0, tilt_deg=4.0, blur_px=0.4, noise=1.0)),
    "version 40 as large as the view": lambda: frames_of(drawn(40, 75.0, blur_px=0.4, noise=1.0)),
    "inverted": lambda: (np.invert(frame) for frame in frames_of(drawn(5, 110.0))),
    "a dim screen": lambda: frames_of(drawn(3, 130.0, light=0.1)),
    "motion": lambda: (
        np.asarray(cv2.blur(frame, (14, 1) if number % 2 else (1, 14)), np.uint8)
        for number, frame in enumerate(frames_of(drawn(3, 100.0)))
    ),
}

UNREADABLE = ("version 1 larger than the view", "version 40 as large as the view", "motion")
"""These cannot be read by the public decoders without the cover either; a gathering reader might."""


@pytest.mark.parametrize("name", every(3, SHOWN))
def test_thirty_live_pictures_of_a_code_cannot_be_read(name: str) -> None:
    assert readings(decoded(preview(frame)) for frame in SHOWN[name]()) == []


@pytest.mark.parametrize("name", [name for name in SHOWN if name not in UNREADABLE])
def test_without_the_cover_the_same_pictures_can_be_read(name: str) -> None:
    frames = (reduced(frame) for number, frame in enumerate(SHOWN[name]()) if number < 4)
    assert readings(frames, by_stream=False)


@pytest.mark.parametrize("version", every(6, range(1, 41)))
def test_a_code_of_any_version_is_covered_at_any_distance(version: int) -> None:
    for distance_mm in (60.0, 75.0, 95.0, 130.0, 200.0):
        picture = decoded(preview(drawn(version, distance_mm, blur_px=0.4, noise=1.0).picture(0.5)))
        assert not read_by_zxing(picture).codes
        assert not read_by_zxing(enlarged(picture)).codes


@pytest.mark.parametrize("module_px", [20, 26, 32])
def test_a_close_up_whose_modules_are_large_is_covered(module_px: int) -> None:
    modules = np.array(segno.make(b"K1", version=1, micro=False).matrix, np.uint8)
    symbol = np.where(np.pad(modules, 1), 20, 230).astype(np.uint8).repeat(module_px, 0).repeat(module_px, 1)
    frame = np.full((720, 1280), 230, np.uint8)
    frame[: symbol.shape[0], 300 : 300 + symbol.shape[1]] = symbol[:720]
    picture = decoded(preview(frame))
    side = 21 * module_px // 4
    inside = picture[module_px // 4 : min(side, 180), 75 + module_px // 4 : 75 + side]
    assert np.percentile(inside, 95) - np.percentile(inside, 5) < 60


@pytest.mark.parametrize("kind", [CodeCarrier.NOTHING, CodeCarrier.PERSON])
@pytest.mark.parametrize("seed", range(4))
def test_a_room_without_codes_stays_nearly_as_it_is(kind: CodeCarrier, seed: int) -> None:
    frame = DrawnView(Scene(kind, seed=seed), 1280, 720).picture(0.5)
    most = 4.0 if kind is CodeCarrier.NOTHING else 8.0
    assert np.abs(decoded(preview(frame)).astype(int) - reduced(frame)).mean() < most


def test_the_visitor_sees_where_the_phone_is() -> None:
    """The covered part is where the code is, and most of the picture is not covered."""
    frame = drawn(4, 300.0, tremor_px=0.0).picture(0.5)
    changed = np.abs(decoded(preview(frame)).astype(int) - reduced(frame)) > 24
    rows, columns = np.nonzero(changed)
    assert 0.02 < changed.mean() < 0.35
    assert abs(float(np.median(columns)) - 160) < 50
    assert abs(float(np.median(rows)) - 90) < 40


def test_a_frame_of_noise_is_not_covered() -> None:
    frame = np.clip(np.random.default_rng(1).normal(110.0, 20.0, (720, 1280)), 0, 255).astype(np.uint8)
    assert np.abs(decoded(preview(frame)).astype(int) - reduced(frame)).mean() < 4.0


@pytest.mark.parametrize(
    ("shape", "expected"), [((720, 1280), (180, 320)), ((480, 640), (240, 320)), ((16, 1280), (4, 320))]
)
def test_the_live_picture_is_a_small_jpeg(shape: tuple[int, int], expected: tuple[int, int]) -> None:
    jpeg = preview(np.full(shape, 90, np.uint8))
    assert jpeg[:2] == b"\xff\xd8"
    assert decoded(jpeg).shape == expected
