"""The camera of a world with pictures: it draws what bodies in the chamber hold up."""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Protocol

from kiosk.model import CameraSetup, Clock
from kiosk.scanner.symbol.grey import Grey
from kiosk.simulator.people.phone import CodeCarrier, DrawnView, Scene
from kiosk.simulator.worlds.bodies import Body
from kiosk.simulator.worlds.codes import payloads_of
from kiosk.simulator.worlds.pictures.hands import SETTLES_S, beside_each_other, scene_of, seed_of

MAX_KEPT_VIEWS = 64
"""Views that are kept drawn, of all worlds of a process. One takes three to eight times the time of a frame."""

HALL_SEED = 3


class PictureView(Protocol):
    """The view of a world's camera."""

    @property
    def camera_is_silent(self) -> bool:
        """True while the camera delivers no pictures."""
        ...

    def bodies_in_view(self) -> Iterable[Body]:
        """Return the bodies in the chamber."""
        ...

    def code_was_seen(self, name: str, *, again: bool = False) -> None:
        """The camera took a picture of this code. `again`: the picture before this one showed it too."""


class WorldCamera:
    """A camera in front of the bodies of a world. It takes a picture whenever it is asked."""

    def __init__(self, view: PictureView, settings: CameraSetup, clock: Clock) -> None:
        self._view = view
        self._size_px = (settings.width_px, settings.height_px)
        self._clock = clock
        self._usual_stops = self._stops = settings.exposure_value
        self._raised_s: dict[tuple[str, str], float] = {}

    def start(self) -> None:
        """Start the pictures."""

    def frame(self, wait_s: float) -> Grey | None:  # noqa: ARG002 - virtual time does not pass by waiting
        """Return a picture of the chamber, or None while the camera is silent."""
        if self._view.camera_is_silent:
            return None
        now_s, bodies = self._clock.now_s(), list(self._view.bodies_in_view())
        held = [(body, code) for body in bodies for code in body.shows if payloads_of(code)]
        raised_s, self._raised_s = self._raised_s, {}  # a code that was taken down is forgotten
        scenes: list[Scene] = []
        for body, code in held:
            self._view.code_was_seen(code, again=(body.name, code) in raised_s)
            self._raised_s[body.name, code] = raised_s.get((body.name, code), now_s)
            held_for_s = min(now_s - self._raised_s[body.name, code], SETTLES_S)
            scenes.append(scene_of(code, body.hand, held_for_s, seed_of(body.name)))
        if len(scenes) > 1:
            scenes = beside_each_other(scenes)
        if not scenes:
            scenes = [Scene(CodeCarrier.PERSON, seed=seed_of(bodies[0].name)) if bodies else Scene(seed=HALL_SEED)]
        light = 2 ** (self._stops - self._usual_stops)
        lit = tuple(replace(scene, light=scene.light * light, hall_light=light) for scene in scenes)
        return _drawn(lit, *self._size_px).picture(now_s)

    def expose(self, stops: float) -> None:
        """Set the exposure correction; each stop doubles the light of the next pictures."""
        self._stops = stops

    def close(self) -> None:
        """Hold nothing."""


@lru_cache(MAX_KEPT_VIEWS)
def _drawn(scenes: tuple[Scene, ...], width_px: int, height_px: int) -> DrawnView:
    return DrawnView(scenes[0], width_px, height_px, scenes[1:])
