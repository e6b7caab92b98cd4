"""Drawn pictures on which a person shows a QR code, on a phone or printed on a card, to the kiosk's camera.

Rule 1: deterministic: the same scene, size and time give the same picture, byte for byte.
Rule 2: what changes slowly is drawn once; a picture is that, plus the moving hand, plus the sensor's noise.
"""

import math
from dataclasses import dataclass, field
from enum import Enum
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt
import segno

from kiosk.scanner.symbol.grey import Grey
from kiosk.simulator.backgrounds import add_arm, add_mark, add_person, entrance_hall

Matrix = npt.NDArray[np.float64]

FOCAL_SHARE = 0.9
"""Focal length over picture width: a field of view of 58 degrees, as a Pi camera's cropped video mode has."""

CODE_MM = 58.0
"""Side of the code with its quiet zone, on a phone of 72 x 150 mm."""

QUIET_MODULES = 4
SHARP_PX_PER_MM = 8.0


class CodeCarrier(Enum):
    """Who or what stands before the camera."""

    NOTHING = "nothing"
    PERSON = "person"
    PHONE = "phone"
    PAPER = "paper"


@dataclass(frozen=True, slots=True)
class Scene:
    """What the camera sees.

    payload: bytes of the code. tilt_deg: how far the phone leans away; roll_deg: how far it is turned.
    distance_mm: from the lens. light: of the screen or card, 1 is well exposed. blur_px: sigma. noise: sigma in grey
    levels. tremor_px: how far the hand trembles.
    """

    kind: CodeCarrier = CodeCarrier.NOTHING
    payload: bytes = field(default=b"", repr=False)
    seed: int = 0
    tilt_deg: float = 12.0
    roll_deg: float = 4.0
    distance_mm: float = 180.0
    light: float = 1.0
    blur_px: float = 0.8
    noise: float = 3.0
    tremor_px: float = 3.0


@dataclass(frozen=True, slots=True)
class _Thing:
    """The front of a phone or card: its picture, its outline, and the centre of its code in it, in pixels."""

    front: Grey
    outline: Grey
    code_centre: tuple[float, float]
    px_per_mm: float


class DrawnView:
    """The view of the booth's camera on one scene."""

    def __init__(self, scene: Scene, width_px: int, height_px: int) -> None:
        self._scene = scene
        self._size = (width_px, height_px)
        self._rng = np.random.default_rng((scene.seed, 3))
        self._phases = self._rng.uniform(0, math.tau, 4)
        self._sway = self._rng.uniform(-0.08, 0.08, 2)
        self._noise = _noise(width_px, height_px, scene)
        self._still = entrance_hall(width_px, height_px, scene.seed)
        self._thing = _thing(scene, width_px)
        if scene.kind is not CodeCarrier.NOTHING:
            add_person(self._still, scene.seed)
        if self._thing:
            hand = self._pose(0.0) @ np.array([self._thing.front.shape[1] / 2, self._thing.front.shape[0] * 0.75, 1.0])
            arm_px = 60.0 * FOCAL_SHARE * width_px / scene.distance_mm
            add_arm(self._still, (hand[0] / hand[2], hand[1] / hand[2]), arm_px, scene.seed)
        add_mark(self._still)

    def picture(self, at_s: float) -> Grey:
        """The picture at `at_s` seconds of the scene."""
        picture = self._still.copy()
        if self._thing:
            self._show(self._thing, picture, self._pose(at_s))
        shift = np.random.default_rng((self._scene.seed, int(at_s * 1000) & 0xFFFFFFFF)).integers(0, NOISE_ROOM_PX, 2)
        noise = self._noise[shift[0] : shift[0] + self._size[1], shift[1] : shift[1] + self._size[0]]
        return cast("Grey", cv2.add(picture, noise, dtype=cv2.CV_8U))

    def _pose(self, at_s: float) -> Matrix:
        """The map from the thing's pixels to the picture's: a plane before a pinhole camera, held by a hand."""
        assert self._thing
        scene, (width_px, height_px) = self._scene, self._size
        focal_px = FOCAL_SHARE * width_px
        tilt, roll = math.radians(scene.tilt_deg), math.radians(scene.roll_deg)
        spin = np.array(
            [
                [math.cos(roll), -math.sin(roll), 0.0],
                [math.sin(roll) * math.cos(tilt), math.cos(roll) * math.cos(tilt), 0.0],
                [math.sin(roll) * math.sin(tilt), math.cos(roll) * math.sin(tilt), scene.distance_mm],
            ]
        )
        x, y = self._hand_px(at_s)
        lens = np.array([[focal_px, 0.0, width_px / 2 + x], [0.0, focal_px, height_px / 2 + y], [0.0, 0.0, 1.0]])
        centre_x, centre_y = self._thing.code_centre
        mm = 1.0 / self._thing.px_per_mm
        to_mm = np.array([[mm, 0.0, -mm * centre_x], [0.0, mm, -mm * centre_y], [0.0, 0.0, 1.0]])
        return cast("Matrix", lens @ spin @ to_mm)

    def _hand_px(self, at_s: float) -> tuple[float, float]:
        """Where the hand is: its resting place, a slow sway and the tremor of about 9 Hz that every hand has."""
        a, b, c, d = self._phases
        tremor = self._scene.tremor_px
        x = 2 * tremor * math.sin(math.tau * 0.4 * at_s + a) + 0.3 * tremor * math.sin(math.tau * 9.1 * at_s + b)
        y = 2 * tremor * math.sin(math.tau * 0.3 * at_s + c) + 0.3 * tremor * math.sin(math.tau * 8.3 * at_s + d)
        return x + self._sway[0] * self._size[0], y + self._sway[1] * self._size[1]

    def _show(self, thing: _Thing, picture: Grey, pose: Matrix) -> None:
        """Draw the thing where the hand holds it; only that part of the picture is touched."""
        high, wide = thing.front.shape
        corners = np.array([[[0, 0], [wide, 0], [wide, high], [0, high]]], np.float64)
        quad = cv2.perspectiveTransform(corners, pose)[0]
        left, top = np.clip(np.floor(quad.min(0)), 0, self._size).astype(int).tolist()
        right, bottom = np.clip(np.ceil(quad.max(0)), 0, self._size).astype(int).tolist()
        if right - left < 1 or bottom - top < 1:
            return
        shifted = np.array([[1.0, 0.0, -left], [0.0, 1.0, -top], [0.0, 0.0, 1.0]]) @ pose
        part = picture[top:bottom, left:right]
        front = cv2.warpPerspective(thing.front, shifted, (right - left, bottom - top))
        outline = cv2.warpPerspective(thing.outline, shifted, (right - left, bottom - top), flags=cv2.INTER_NEAREST)
        if self._scene.blur_px > 0:
            front = cv2.GaussianBlur(front, (0, 0), self._scene.blur_px)
        cv2.copyTo(front, outline, part)


NOISE_ROOM_PX = 64


def _noise(width_px: int, height_px: int, scene: Scene) -> npt.NDArray[np.int8]:
    """A field of noise a little larger than the picture; each picture takes another cut of it."""
    rng = np.random.default_rng((scene.seed, 4))
    field_px = (height_px + NOISE_ROOM_PX, width_px + NOISE_ROOM_PX)
    return np.clip(rng.normal(0.0, scene.noise, field_px), -127, 127).astype(np.int8)


def _thing(scene: Scene, width_px: int) -> _Thing | None:
    """The phone or card, drawn sharper than the camera sees it and brought near the size at which it will be seen."""
    match scene.kind:
        case CodeCarrier.PHONE:
            thing = _phone(scene)
        case CodeCarrier.PAPER:
            thing = _card(scene)
        case _:
            return None
    factor = 1.25 * FOCAL_SHARE * width_px / scene.distance_mm / thing.px_per_mm
    if factor >= 1:
        return thing
    front = cv2.resize(thing.front, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    outline = cv2.resize(thing.outline, (front.shape[1], front.shape[0]), interpolation=cv2.INTER_NEAREST)
    x, y = thing.code_centre
    return _Thing(front, outline, (x * factor, y * factor), thing.px_per_mm * factor)


def _code(payload: bytes, dark: int, light: int) -> Grey:
    """The code with its quiet zone, with whole pixels a module and at least `SHARP_PX_PER_MM`."""
    matrix = segno.make(payload, micro=False).matrix
    modules = np.pad(np.array([list(row) for row in matrix], np.uint8), QUIET_MODULES)
    module_px = math.ceil(SHARP_PX_PER_MM * CODE_MM / len(modules))
    tones = np.where(modules, dark, light).astype(np.uint8)
    return tones.repeat(module_px, axis=0).repeat(module_px, axis=1)


def _phone(scene: Scene) -> _Thing:
    """A phone of 72 x 150 mm with an app that shows the code between a header and some lines of text."""
    screen = min(255, round(228 * scene.light))
    code = _code(scene.payload, min(255, round(14 * scene.light)), screen)
    mm = len(code) / CODE_MM
    front = np.full((round(150 * mm), round(96 * mm)), 22, np.uint8)
    outline = np.zeros_like(front)
    body = (round(12 * mm), round(84 * mm))
    cv2.rectangle(outline, (body[0], 0), (body[1], outline.shape[0]), 255, -1)
    cv2.rectangle(
        front, (body[0] + round(3 * mm), round(7 * mm)), (body[1] - round(3 * mm), round(143 * mm)), screen, -1
    )
    cv2.rectangle(front, (body[0] + round(3 * mm), round(7 * mm)), (body[1] - round(3 * mm), round(20 * mm)), 95, -1)
    left, top = (front.shape[1] - len(code)) // 2, round(36 * mm)
    front[top : top + len(code), left : left + len(code)] = code
    for line, share in enumerate((0.5, 0.8, 0.65, 0.7)):
        y = round((102 + 7 * line) * mm)
        cv2.rectangle(front, (left, y), (left + round(share * len(code)), y + round(2.5 * mm)), screen // 3, -1)
    _fingers(front, outline, scene, mm)
    return _Thing(front, outline, (left + len(code) / 2, top + len(code) / 2), mm)


def _card(scene: Scene) -> _Thing:
    """A printed card of 90 x 110 mm with a title above and two lines below the code."""
    paper = min(255, round(200 * scene.light))
    code = _code(scene.payload, min(255, round(38 * scene.light)), paper)
    mm = len(code) / CODE_MM
    front = np.full((round(110 * mm), round(114 * mm)), paper, np.uint8)
    outline = np.zeros_like(front)
    cv2.rectangle(outline, (round(12 * mm), 0), (round(102 * mm), outline.shape[0]), 255, -1)
    left, top = (front.shape[1] - len(code)) // 2, round(22 * mm)
    front[top : top + len(code), left : left + len(code)] = code
    for y_mm, share in ((10, 0.8), (86, 1.0), (94, 0.6)):
        y = round(y_mm * mm)
        cv2.rectangle(front, (left, y), (left + round(share * len(code)), y + round(4 * mm)), 60, -1)
    _fingers(front, outline, scene, mm)
    return _Thing(front, outline, (left + len(code) / 2, top + len(code) / 2), mm)


def _fingers(front: Grey, outline: Grey, scene: Scene, mm: float) -> None:
    """A thumb on one side and finger tips on the other, over the edge but clear of the code."""
    skin = int(np.random.default_rng((scene.seed, 2)).integers(100, 180))
    high, wide = front.shape
    size = (round(9 * mm), round(7 * mm))
    spots = [(wide - round(10 * mm), round(high * 0.78))]
    spots += [(round(9.5 * mm), round(high * share)) for share in (0.6, 0.72, 0.84)]
    for spot in spots:
        cv2.ellipse(front, spot, size, 0, 0, 360, skin, -1, cv2.LINE_AA)
        cv2.ellipse(outline, spot, size, 0, 0, 360, 255, -1)
