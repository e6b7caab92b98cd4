"""The simulated camera, and the scanner's process with it: `python -m kiosk.simulator.camera SCENE_FILE`.

The world, in another process, writes what stands before the camera into the scene file; the camera reads it anew
whenever it was replaced. Nothing chooses this camera by itself, and every picture of it says that it is simulated.
"""

import base64
import json
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

from kiosk.errors import DeviceError
from kiosk.scanner.child.process import serve
from kiosk.scanner.symbol.grey import Grey
from kiosk.settings.schema.wiring import CameraSettings
from kiosk.simulator.phone import CodeCarrier, DrawnView, Scene
from kiosk.support.files import replace_file

MAX_SCENE_BYTES = 65536


class CameraFault(Enum):
    """What can be wrong with the simulated camera."""

    NONE = "none"
    SILENT = "silent"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class SimulatedView:
    """What the camera is told: the scene before it, and its own fault."""

    scene: Scene = field(default_factory=Scene)
    fault: CameraFault = CameraFault.NONE


class BoothCamera:
    """A camera before a drawn scene; `source` tells the view of the moment, `pause` waits (seconds).

    The scene's light is what it is at the exposure correction `usual_stops`.
    """

    def __init__(
        self,
        size_px: tuple[int, int],
        frame_hz: float,
        source: Callable[[], SimulatedView],
        now_s: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
        usual_stops: float = -0.5,
    ) -> None:
        self._size_px = size_px
        self._interval_s = 1.0 / frame_hz
        self._source = source
        self._now_s = now_s
        self._pause = pause
        self._usual_stops = self._stops = usual_stops
        self._due_s = now_s()
        self._scene = Scene()
        self._booth: DrawnView | None = None

    def start(self) -> None:
        """Begin. `DeviceError` while the view says that the camera is missing."""
        if self._source().fault is CameraFault.MISSING:
            raise DeviceError("camera", "the simulated camera is told to be missing", "camera_missing")
        self._due_s = self._now_s()

    def frame(self, wait_s: float) -> Grey | None:
        """The picture of the moment, at most `frame_hz` a second; None when none is due within `wait_s`."""
        view = self._source()
        if view.fault is not CameraFault.NONE:
            self._pause(wait_s)
            return None
        left_s = self._due_s - self._now_s()
        if left_s > 0:
            self._pause(min(left_s, wait_s))
        if left_s > wait_s:
            return None
        now_s = self._now_s()
        missed = max(math.floor((now_s - self._due_s) / self._interval_s), 0)
        self._due_s += (missed + 1) * self._interval_s
        light = view.scene.light * 2 ** (self._stops - self._usual_stops)
        return self._look_at(replace(view.scene, light=light)).picture(now_s)

    def expose(self, stops: float) -> None:
        """See everything that shines or is lit by `stops` brighter or, below 0, darker."""
        self._stops = stops

    def close(self) -> None:
        """Let go of the drawings."""
        self._booth = None

    def _look_at(self, scene: Scene) -> DrawnView:
        if self._booth is None or scene != self._scene:
            self._scene, self._booth = scene, DrawnView(scene, *self._size_px)
        return self._booth


class SceneFile:
    """The view as the world last wrote it; read again only when the file was replaced."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._view = SimulatedView()

    def __call__(self) -> SimulatedView:
        """The view. `DeviceError` when the file is not there or is no scene."""
        try:
            status = self._path.stat()
            if self._stamp != (status.st_ino, status.st_mtime_ns):
                self._stamp = (status.st_ino, status.st_mtime_ns)
                self._view = _view(self._path)
        except (OSError, ValueError, KeyError, TypeError) as error:
            found = f"scene file '{self._path}' cannot be used: {type(error).__name__}"
            raise DeviceError("camera", f"{found}; write it with 'write_view'", "camera_missing") from None
        return self._view


def write_view(path: Path, view: SimulatedView) -> None:
    """Tell the camera in the other process what it sees from now on; it never sees half of it."""
    scene = view.scene
    told: dict[str, Any] = {
        "fault": view.fault.value,
        "kind": scene.kind.value,
        "payload": base64.b64encode(scene.payload).decode(),
    } | {name: getattr(scene, name) for name in NUMBERS}
    # not durable: the file belongs to the running simulation, which rewrites it whenever the scene changes
    replace_file(path, json.dumps(told).encode(), mode=0o600, durable=False)


NUMBERS = ("seed", "tilt_deg", "roll_deg", "distance_mm", "light", "blur_px", "noise", "tremor_px")
"""The fields of a scene that are plain numbers."""


def _view(path: Path) -> SimulatedView:
    with path.open("rb") as file:
        told = json.loads(file.read(MAX_SCENE_BYTES))
    scene = Scene(
        kind=CodeCarrier(told["kind"]),
        payload=base64.b64decode(told["payload"], validate=True),
        **{name: told[name] for name in NUMBERS},
    )
    return SimulatedView(scene, CameraFault(told["fault"]))


if __name__ == "__main__":
    scene_file = SceneFile(Path(sys.argv[1]))

    def open_booth(settings: CameraSettings) -> BoothCamera:
        """The camera of the orders."""
        size_px = (settings.width_px, settings.height_px)
        return BoothCamera(size_px, settings.frame_hz, scene_file, usual_stops=settings.exposure_value)

    serve(open_booth)
