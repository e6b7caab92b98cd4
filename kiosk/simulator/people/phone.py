"""Drawn frames of people who show QR codes to the kiosk's camera, on a phone, a card, or a sheet of many codes.

The phone, card or sheet is drawn flat, as a front and an outline. A frame projects them onto the background like a
pinhole camera projects a plane, with the tilt, roll and distance of the scene. The hand sways slowly and trembles. The
reflection of a lamp stays where it is in the frame while the hand moves.

Rule 1: deterministic: the same scene, size and time give the same frame, byte for byte.
Rule 2: what does not change is drawn once. A frame copies it and adds the moving phone and the sensor's noise.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

from kiosk.scanner.symbol.grey import Grey
from kiosk.simulator.backgrounds import NOISE_MARGIN_PX, add_arm, add_mark, background, noise_field
from kiosk.simulator.people.drawn_codes import CODE_MM, SHEET_COLUMNS, draw_code, draw_rows

Matrix = npt.NDArray[np.float64]

FOCAL_SHARE = 0.9
"""Focal length over frame width: a field of view of 58 degrees, like that of a Pi camera in its cropped video mode."""

SHEET_CODE_MM = 29.0
"""A sheet of sixty codes is as large as an A4 page across."""


class CodeCarrier(Enum):
    """The object in front of the camera: nothing, a person, or a person with codes on a phone, a card or a sheet."""

    NOTHING = "nothing"
    PERSON = "person"
    PHONE = "phone"
    PAPER = "paper"
    SHEET = "sheet"


@dataclass(frozen=True, slots=True)
class Scene:
    """The scene in front of the camera.

    Attributes:
        kind: the object in front of the camera.
        payload: the bytes of the code; those of a sheet's codes are its lines.
        seed: determines the background, the person and the movement of the hand.
        tilt_deg: rotation of the phone about its horizontal axis, away from the camera.
        roll_deg: rotation of the phone in its own plane.
        distance_mm: distance of the code from the lens.
        light: brightness of the screen or card; 1 is well exposed.
        blur_px: standard deviation of the defocus blur.
        noise: standard deviation of the sensor's noise, in grey levels.
        tremor_px: amplitude of the hand's movement.
        aside_mm: distance of the code from the middle of the view, to the right.
        glare: diameter of a lamp's reflection in the screen or card, in sides of the code; 0 for none.
        hall_light: brightness of everything else; an exposure correction changes it together with `light`.
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
    aside_mm: float = 0.0
    glare: float = 0.0
    hall_light: float = 1.0


@dataclass(frozen=True, slots=True)
class _Item:
    """A phone, card or sheet, seen from the front.

    `front` is its picture, `outline` the mask of its shape; `code_centre` is in pixels of the front.
    """

    front: Grey
    outline: Grey
    code_centre: tuple[float, float]
    px_per_mm: float


class DrawnView:
    """The view of the booth's camera on one scene, in frames of `width_px` x `height_px`.

    beside: further scenes, whose phones, cards and sheets are held into the same view.
    """

    def __init__(self, scene: Scene, width_px: int, height_px: int, beside: Sequence[Scene] = ()) -> None:
        self._scene = scene
        self._size = (width_px, height_px)
        self._noise = noise_field(width_px, height_px, scene.seed, scene.noise)
        hall = background(width_px, height_px, scene.seed, scene.kind is not CodeCarrier.NOTHING)
        behind = hall.copy()
        items = [(one, _draw_item(one, width_px)) for one in (scene, *beside)]
        self._hands = [_Hand(one, item, self._size) for one, item in items if item]
        for hand in self._hands:
            hand.draw_arm(behind)
        self._background = cast("Grey", cv2.convertScaleAbs(behind, alpha=scene.hall_light))
        add_mark(self._background)

    def picture(self, at_s: float) -> Grey:
        """Return the frame at `at_s` seconds."""
        picture = self._background.copy()
        for hand in self._hands:
            hand.draw(picture, at_s)
        shift = np.random.default_rng((self._scene.seed, int(at_s * 1000) & 0xFFFFFFFF)).integers(0, NOISE_MARGIN_PX, 2)
        noise = self._noise[shift[0] : shift[0] + self._size[1], shift[1] : shift[1] + self._size[0]]
        return cast("Grey", cv2.add(picture, noise, dtype=cv2.CV_8U))


class _Hand:
    """A hand that holds an item into frames of `size` pixels, as its scene says."""

    def __init__(self, scene: Scene, item: _Item, size: tuple[int, int]) -> None:
        self._scene = scene
        self._item = item
        self._size = size
        rng = np.random.default_rng((scene.seed, 3))
        self._phases = rng.uniform(0, math.tau, 4)
        self._sway = rng.uniform(-0.08, 0.08, 2)

    def draw_arm(self, picture: Grey) -> None:
        """Draw the forearm at its resting place."""
        front, scene = self._item.front, self._scene
        hand = self._pose(0.0) @ np.array([front.shape[1] / 2, front.shape[0] * 0.75, 1.0])
        arm_px = 60.0 * FOCAL_SHARE * self._size[0] / scene.distance_mm
        add_arm(picture, (hand[0] / hand[2], hand[1] / hand[2]), arm_px, scene.seed)

    def draw(self, picture: Grey, at_s: float) -> None:
        """Draw the item where it is at `at_s`. Only the part of the frame that it covers is changed."""
        item, pose = self._item, self._pose(at_s)
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
        if self._scene.glare > 0:
            self._add_glare(front, left, top)
        if self._scene.blur_px > 0:
            front = cv2.GaussianBlur(front, (0, 0), self._scene.blur_px)
        cv2.copyTo(front, outline, part)

    def _add_glare(self, front: Grey, left: int, top: int) -> None:
        """Draw the reflection of a lamp, which is clipped to white; it stays at the hand's resting place."""
        scene, (width_px, height_px) = self._scene, self._size
        px_per_mm = FOCAL_SHARE * width_px / scene.distance_mm
        centre = (width_px * (0.5 + self._sway[0]) + scene.aside_mm * px_per_mm, height_px * (0.5 + self._sway[1]))
        radius = max(round(scene.glare * CODE_MM * px_per_mm / 2), 1)
        cv2.circle(front, (round(centre[0]) - left, round(centre[1]) - top), radius, 255, -1, cv2.LINE_AA)

    def _pose(self, at_s: float) -> Matrix:
        """Return the homography from pixels of the item to pixels of the frame: a plane and a pinhole camera."""
        scene, (width_px, height_px) = self._scene, self._size
        focal_px = FOCAL_SHARE * width_px
        tilt, roll = math.radians(scene.tilt_deg), math.radians(scene.roll_deg)
        spin = np.array(
            [
                [math.cos(roll), -math.sin(roll), scene.aside_mm],
                [math.sin(roll) * math.cos(tilt), math.cos(roll) * math.cos(tilt), 0.0],
                [math.sin(roll) * math.sin(tilt), math.cos(roll) * math.sin(tilt), scene.distance_mm],
            ]
        )
        x, y = self._offset_px(at_s)
        lens = np.array([[focal_px, 0.0, width_px / 2 + x], [0.0, focal_px, height_px / 2 + y], [0.0, 0.0, 1.0]])
        centre_x, centre_y = self._item.code_centre
        mm = 1.0 / self._item.px_per_mm
        to_mm = np.array([[mm, 0.0, -mm * centre_x], [0.0, mm, -mm * centre_y], [0.0, 0.0, 1.0]])
        return cast("Matrix", lens @ spin @ to_mm)

    def _offset_px(self, at_s: float) -> tuple[float, float]:
        """Return the offset of the hand: its resting place, a slow sway, and the normal tremor of about 9 Hz."""
        a, b, c, d = self._phases
        tremor = self._scene.tremor_px
        x = 2 * tremor * math.sin(math.tau * 0.4 * at_s + a) + 0.3 * tremor * math.sin(math.tau * 9.1 * at_s + b)
        y = 2 * tremor * math.sin(math.tau * 0.3 * at_s + c) + 0.3 * tremor * math.sin(math.tau * 8.3 * at_s + d)
        return x + self._sway[0] * self._size[0], y + self._sway[1] * self._size[1]


def _draw_item(scene: Scene, width_px: int) -> _Item | None:
    """Draw the phone, card or sheet of a scene, a little larger than the camera sees it.

    Returns None if the scene has none.
    """
    match scene.kind:
        case CodeCarrier.PHONE:
            item = _draw_phone(scene)
        case CodeCarrier.PAPER:
            item = _draw_card(scene)
        case CodeCarrier.SHEET:
            item = _draw_sheet(scene)
        case _:
            return None
    factor = 1.25 * FOCAL_SHARE * width_px / scene.distance_mm / item.px_per_mm
    if factor >= 1:
        return item
    front = cv2.resize(item.front, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    outline = cv2.resize(item.outline, (front.shape[1], front.shape[0]), interpolation=cv2.INTER_NEAREST)
    x, y = item.code_centre
    return _Item(front, outline, (x * factor, y * factor), item.px_per_mm * factor)


def _draw_phone(scene: Scene) -> _Item:
    """Draw a phone of 72 x 150 mm with an app that shows the code between a header and lines of text."""
    screen = min(255, round(228 * scene.light))
    code = draw_code(scene.payload, min(255, round(14 * scene.light)), screen)
    mm = len(code) / CODE_MM
    front = np.full((round(150 * mm), round(96 * mm)), _lit(22, scene), np.uint8)
    outline = np.zeros_like(front)
    body, header = (round(12 * mm), round(84 * mm)), _lit(95, scene)
    cv2.rectangle(outline, (body[0], 0), (body[1], outline.shape[0]), 255, -1)
    cv2.rectangle(
        front, (body[0] + round(3 * mm), round(7 * mm)), (body[1] - round(3 * mm), round(143 * mm)), screen, -1
    )
    cv2.rectangle(
        front, (body[0] + round(3 * mm), round(7 * mm)), (body[1] - round(3 * mm), round(20 * mm)), header, -1
    )
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
    code = draw_code(scene.payload, min(255, round(38 * scene.light)), paper)
    mm = len(code) / CODE_MM
    front = np.full((round(110 * mm), round(114 * mm)), paper, np.uint8)
    outline = np.zeros_like(front)
    cv2.rectangle(outline, (round(12 * mm), 0), (round(102 * mm), outline.shape[0]), 255, -1)
    left, top = (front.shape[1] - len(code)) // 2, round(22 * mm)
    front[top : top + len(code), left : left + len(code)] = code
    for y_mm, share in ((10, 0.8), (86, 1.0), (94, 0.6)):
        y = round(y_mm * mm)
        cv2.rectangle(front, (left, y), (left + round(share * len(code)), y + round(4 * mm)), _lit(60, scene), -1)
    _draw_fingers(front, outline, scene, mm)
    return _Item(front, outline, (left + len(code) / 2, top + len(code) / 2), mm)


def _draw_sheet(scene: Scene) -> _Item:
    """Draw a sheet with rows of codes; its centre is that of all codes."""
    dark, paper = min(255, round(38 * scene.light)), min(255, round(200 * scene.light))
    front = draw_rows(scene.payload.splitlines(), dark, paper)
    high, wide = front.shape
    return _Item(front, np.full_like(front, 255), (wide / 2, high / 2), wide / SHEET_COLUMNS / SHEET_CODE_MM)


def _lit(level: int, scene: Scene) -> int:
    """Return the level of what gives no light of its own."""
    return min(255, round(level * scene.hall_light))


def _draw_fingers(front: Grey, outline: Grey, scene: Scene, mm: float) -> None:
    """Draw a thumb on one side and finger tips on the other; they do not cover the code."""
    skin = _lit(int(np.random.default_rng((scene.seed, 2)).integers(100, 180)), scene)
    high, wide = front.shape
    size = (round(9 * mm), round(7 * mm))
    spots = [(wide - round(10 * mm), round(high * 0.78))]
    spots += [(round(9.5 * mm), round(high * share)) for share in (0.6, 0.72, 0.84)]
    for spot in spots:
        cv2.ellipse(front, spot, size, 0, 0, 360, skin, -1, cv2.LINE_AA)
        cv2.ellipse(outline, spot, size, 0, 0, 360, 255, -1)
