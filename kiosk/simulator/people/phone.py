"""Drawn frames of a person who shows a QR code to the kiosk's camera, on a phone or printed on a card.

The phone or card is drawn flat, as a front and an outline. A frame projects them onto the background like a pinhole
camera projects a plane, with the tilt, roll and distance of the scene. The hand sways slowly and trembles.

Rule 1: deterministic: the same scene, size and time give the same frame, byte for byte.
Rule 2: what does not change is drawn once. A frame copies it and adds the moving phone and the sensor's noise.
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
"""Focal length over frame width: a field of view of 58 degrees, like that of a Pi camera in its cropped video mode."""

CODE_MM = 58.0
"""Side of the symbol with its quiet zone, on a phone of 72 x 150 mm."""

QUIET_MODULES = 4
SHARP_PX_PER_MM = 8.0
"""Lowest resolution in which a code is drawn."""

NOISE_MARGIN_PX = 64
"""The field of noise is larger than a frame by this much on each side; each frame takes another part of it."""


class CodeCarrier(Enum):
    """The object in front of the camera: nothing, a person, or a person with a code on a phone or on paper."""

    NOTHING = "nothing"
    PERSON = "person"
    PHONE = "phone"
    PAPER = "paper"


@dataclass(frozen=True, slots=True)
class Scene:
    """The scene in front of the camera.

    Attributes:
        kind: the object in front of the camera.
        payload: the bytes of the code.
        seed: determines the background, the person and the movement of the hand.
        tilt_deg: rotation of the phone about its horizontal axis, away from the camera.
        roll_deg: rotation of the phone in its own plane.
        distance_mm: distance of the code from the lens.
        light: brightness of the screen or card; 1 is well exposed.
        blur_px: standard deviation of the defocus blur.
        noise: standard deviation of the sensor's noise, in grey levels.
        tremor_px: amplitude of the hand's movement.
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
class _Item:
    """A phone or card, seen from the front.

    `front` is its picture, `outline` the mask of its shape; `code_centre` is in pixels of the front.
    """

    front: Grey
    outline: Grey
    code_centre: tuple[float, float]
    px_per_mm: float


class DrawnView:
    """The view of the booth's camera on one scene, in frames of `width_px` x `height_px`."""

    def __init__(self, scene: Scene, width_px: int, height_px: int) -> None:
        self._scene = scene
        self._size = (width_px, height_px)
        self._rng = np.random.default_rng((scene.seed, 3))
        self._phases = self._rng.uniform(0, math.tau, 4)
        self._sway = self._rng.uniform(-0.08, 0.08, 2)
        noise_px = (height_px + NOISE_MARGIN_PX, width_px + NOISE_MARGIN_PX)
        noise = np.random.default_rng((scene.seed, 4)).normal(0.0, scene.noise, noise_px)
        self._noise = np.clip(noise, -127, 127).astype(np.int8)
        self._background = entrance_hall(width_px, height_px, scene.seed)
        self._item = _draw_item(scene, width_px)
        if scene.kind is not CodeCarrier.NOTHING:
            add_person(self._background, scene.seed)
        if self._item:
            hand = self._pose(0.0) @ np.array([self._item.front.shape[1] / 2, self._item.front.shape[0] * 0.75, 1.0])
            arm_px = 60.0 * FOCAL_SHARE * width_px / scene.distance_mm
            add_arm(self._background, (hand[0] / hand[2], hand[1] / hand[2]), arm_px, scene.seed)
        add_mark(self._background)

    def picture(self, at_s: float) -> Grey:
        """Return the frame at `at_s` seconds."""
        picture = self._background.copy()
        if self._item:
            self._draw(self._item, picture, self._pose(at_s))
        shift = np.random.default_rng((self._scene.seed, int(at_s * 1000) & 0xFFFFFFFF)).integers(0, NOISE_MARGIN_PX, 2)
        noise = self._noise[shift[0] : shift[0] + self._size[1], shift[1] : shift[1] + self._size[0]]
        return cast("Grey", cv2.add(picture, noise, dtype=cv2.CV_8U))

    def _pose(self, at_s: float) -> Matrix:
        """Return the homography from pixels of the item to pixels of the frame: a plane and a pinhole camera."""
        assert self._item
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
        x, y = self._hand_offset_px(at_s)
        lens = np.array([[focal_px, 0.0, width_px / 2 + x], [0.0, focal_px, height_px / 2 + y], [0.0, 0.0, 1.0]])
        centre_x, centre_y = self._item.code_centre
        mm = 1.0 / self._item.px_per_mm
        to_mm = np.array([[mm, 0.0, -mm * centre_x], [0.0, mm, -mm * centre_y], [0.0, 0.0, 1.0]])
        return cast("Matrix", lens @ spin @ to_mm)

    def _hand_offset_px(self, at_s: float) -> tuple[float, float]:
        """Return the offset of the hand: its resting place, a slow sway, and the normal tremor of about 9 Hz."""
        a, b, c, d = self._phases
        tremor = self._scene.tremor_px
        x = 2 * tremor * math.sin(math.tau * 0.4 * at_s + a) + 0.3 * tremor * math.sin(math.tau * 9.1 * at_s + b)
        y = 2 * tremor * math.sin(math.tau * 0.3 * at_s + c) + 0.3 * tremor * math.sin(math.tau * 8.3 * at_s + d)
        return x + self._sway[0] * self._size[0], y + self._sway[1] * self._size[1]

    def _draw(self, item: _Item, picture: Grey, pose: Matrix) -> None:
        """Draw the item at its pose. Only the part of the frame that it covers is changed."""
        high, wide = item.front.shape
        corners = np.array([[[0, 0], [wide, 0], [wide, high], [0, high]]], np.float64)
        quad = cv2.perspectiveTransform(corners, pose)[0]
        left, top = np.clip(np.floor(quad.min(0)), 0, self._size).astype(int).tolist()
        right, bottom = np.clip(np.ceil(quad.max(0)), 0, self._size).astype(int).tolist()
        if right - left < 1 or bottom - top < 1:
            return
        shifted = np.array([[1.0, 0.0, -left], [0.0, 1.0, -top], [0.0, 0.0, 1.0]]) @ pose
        part = picture[top:bottom, left:right]
        front = cv2.warpPerspective(item.front, shifted, (right - left, bottom - top))
        outline = cv2.warpPerspective(item.outline, shifted, (right - left, bottom - top), flags=cv2.INTER_NEAREST)
        if self._scene.blur_px > 0:
            front = cv2.GaussianBlur(front, (0, 0), self._scene.blur_px)
        cv2.copyTo(front, outline, part)


def _draw_item(scene: Scene, width_px: int) -> _Item | None:
    """Draw the phone or card of a scene, a little larger than the camera sees it.

    Returns None if the scene has neither.
    """
    match scene.kind:
        case CodeCarrier.PHONE:
            item = _draw_phone(scene)
        case CodeCarrier.PAPER:
            item = _draw_card(scene)
        case _:
            return None
    factor = 1.25 * FOCAL_SHARE * width_px / scene.distance_mm / item.px_per_mm
    if factor >= 1:
        return item
    front = cv2.resize(item.front, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    outline = cv2.resize(item.outline, (front.shape[1], front.shape[0]), interpolation=cv2.INTER_NEAREST)
    x, y = item.code_centre
    return _Item(front, outline, (x * factor, y * factor), item.px_per_mm * factor)


def _draw_code(payload: bytes, dark: int, light: int) -> Grey:
    """Return the symbol with its quiet zone, with a whole number of pixels per module."""
    matrix = segno.make(payload, micro=False).matrix
    modules = np.pad(np.array([list(row) for row in matrix], np.uint8), QUIET_MODULES)
    module_px = math.ceil(SHARP_PX_PER_MM * CODE_MM / len(modules))
    tones = np.where(modules, dark, light).astype(np.uint8)
    return tones.repeat(module_px, axis=0).repeat(module_px, axis=1)


def _draw_phone(scene: Scene) -> _Item:
    """Draw a phone of 72 x 150 mm with an app that shows the code between a header and lines of text."""
    screen = min(255, round(228 * scene.light))
    code = _draw_code(scene.payload, min(255, round(14 * scene.light)), screen)
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
    _draw_fingers(front, outline, scene, mm)
    return _Item(front, outline, (left + len(code) / 2, top + len(code) / 2), mm)


def _draw_card(scene: Scene) -> _Item:
    """Draw a printed card of 90 x 110 mm with a title above the code and two lines below it."""
    paper = min(255, round(200 * scene.light))
    code = _draw_code(scene.payload, min(255, round(38 * scene.light)), paper)
    mm = len(code) / CODE_MM
    front = np.full((round(110 * mm), round(114 * mm)), paper, np.uint8)
    outline = np.zeros_like(front)
    cv2.rectangle(outline, (round(12 * mm), 0), (round(102 * mm), outline.shape[0]), 255, -1)
    left, top = (front.shape[1] - len(code)) // 2, round(22 * mm)
    front[top : top + len(code), left : left + len(code)] = code
    for y_mm, share in ((10, 0.8), (86, 1.0), (94, 0.6)):
        y = round(y_mm * mm)
        cv2.rectangle(front, (left, y), (left + round(share * len(code)), y + round(4 * mm)), 60, -1)
    _draw_fingers(front, outline, scene, mm)
    return _Item(front, outline, (left + len(code) / 2, top + len(code) / 2), mm)


def _draw_fingers(front: Grey, outline: Grey, scene: Scene, mm: float) -> None:
    """Draw a thumb on one side and finger tips on the other; they do not cover the code."""
    skin = int(np.random.default_rng((scene.seed, 2)).integers(100, 180))
    high, wide = front.shape
    size = (round(9 * mm), round(7 * mm))
    spots = [(wide - round(10 * mm), round(high * 0.78))]
    spots += [(round(9.5 * mm), round(high * share)) for share in (0.6, 0.72, 0.84)]
    for spot in spots:
        cv2.ellipse(front, spot, size, 0, 0, 360, skin, -1, cv2.LINE_AA)
        cv2.ellipse(outline, spot, size, 0, 0, 360, 255, -1)
