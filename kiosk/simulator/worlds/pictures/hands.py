"""Hands: how a body holds its codes before the camera, and the scene that the camera therefore sees.

Each manner is hard to read at first and easy after `SETTLES_S`: an honest visitor moves the phone until it is read.
"""

import random
import zlib
from dataclasses import replace

from kiosk.simulator.people.phone import CodeCarrier, Scene
from kiosk.simulator.worlds.codes import payloads_of

SETTLES_S = 2.5
"""Time after which the hand is steady and the reflection is gone. The screen of a `bright` phone stays bright: the
camera has to correct its exposure."""

ITEM_MM = 90.0
"""Distance between the middles of two phones that are held up beside each other, each 72 mm wide."""

VIEW_SHARE = 1.1
"""Width of the view divided by the distance: that of the simulated camera (`FOCAL_SHARE`)."""

NEAREST_MM, SHEET_MM = 170.0, 330.0


def scene_of(code: str, hand: str, held_for_s: float, seed: int) -> Scene:
    """Return the scene of one code, alone before the camera, `held_for_s` after it was raised.

    seed: determines the hall, the person and the pose.
    """
    payloads = payloads_of(code)
    if code == "sheet":
        return Scene(CodeCarrier.SHEET, b"\n".join(payloads), seed, 6.0, 2.0, SHEET_MM)
    chance = random.Random(f"{seed} {code}")  # noqa: S311 - a simulation, no secret
    scene = Scene(
        CodeCarrier.PAPER if hand == "paper" else CodeCarrier.PHONE,
        payloads[0],
        seed,
        tilt_deg=chance.uniform(-15.0, 15.0),
        roll_deg=chance.uniform(-20.0, 20.0),
        distance_mm=chance.uniform(NEAREST_MM, 220.0),
        light=30.0 if hand == "bright" else 1.0,
    )
    if held_for_s >= SETTLES_S:
        return scene
    match hand:
        case "moving":
            return replace(scene, tremor_px=30.0, blur_px=3.0)
        case "glare":
            return replace(scene, glare=0.7)
        case "far":
            return replace(scene, distance_mm=900.0)
        case "tilted":
            return replace(scene, tilt_deg=65.0)
        case _:
            return scene


def beside_each_other(scenes: list[Scene]) -> list[Scene]:
    """Return the scenes moved beside each other, and so far away that the view holds them all."""
    nearest_mm = (len(scenes) * ITEM_MM) / VIEW_SHARE
    middle = (len(scenes) - 1) / 2
    return [
        replace(scene, aside_mm=(place - middle) * ITEM_MM, distance_mm=max(scene.distance_mm, nearest_mm))
        for place, scene in enumerate(scenes)
    ]


def seed_of(name: str) -> int:
    """Return the seed of a body's pictures. There are few, so that halls and people are drawn seldom."""
    return zlib.crc32(name.encode()) % 8
