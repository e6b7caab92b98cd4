"""The simulated camera, and the scanner process with it: `python -m kiosk.simulator.camera SCENE_FILE`.

The simulation runs in another process. It writes the scene in front of the camera into the scene file; the camera reads
the file again whenever it was replaced. The camera is used only if a program names it, and every frame is marked as
simulated.
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
from kiosk.model import CameraSetup
from kiosk.scanner.child.process import serve
from kiosk.scanner.symbol.grey import Grey
from kiosk.simulator.people.phone import CodeCarrier, DrawnView, Scene
from kiosk.support.files import replace_file

MAX_SCENE_BYTES = 65536


class CameraFault(Enum):
    """The faults of the simulated camera."""

    NONE = "none"
    SILENT = "silent"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class SimulatedView:
    """The scene in front of the camera, and the fault of the camera."""

    scene: Scene = field(default_factory=Scene)
    fault: CameraFault = CameraFault.NONE


class BoothCamera:
    """A camera in front of a drawn scene.

    Args:
        size_px: width and height of a frame.
        frame_hz: frames a second.
        source: returns the present view.
        now_s: returns monotonic seconds.
        pause: waits for a number of seconds.
        usual_stops: the exposure correction at which the light of a scene is as the scene says.
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
        self._drawn: DrawnView | None = None

    def start(self) -> None:
        """Start the frames. Raises `DeviceError` if the view has the fault `MISSING`."""
        if self._source().fault is CameraFault.MISSING:
            raise DeviceError("camera", "the simulated camera has the fault 'missing'", "camera_missing")
        self._due_s = self._now_s()

    def frame(self, wait_s: float) -> Grey | None:
        """Return the present frame, or None if none is due within `wait_s` seconds or the camera is silent.

        Frames that were due since the last call are skipped. Raises whatever `source` raises.
        """
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
        light = 2 ** (self._stops - self._usual_stops)
        scene = replace(view.scene, light=view.scene.light * light, hall_light=light)
        if self._drawn is None or scene != self._scene:
            self._scene, self._drawn = scene, DrawnView(scene, *self._size_px)
        return self._drawn.picture(now_s)

    def expose(self, stops: float) -> None:
        """Set the exposure correction to `stops`; each stop doubles the light of the next frames."""
        self._stops = stops

    def close(self) -> None:
        """Release the drawing."""
        self._drawn = None


class SceneFile:
    """The view in the scene file. The file is read again only if it was replaced."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._view = SimulatedView()

    def __call__(self) -> SimulatedView:
        """Return the view. Raises `DeviceError` if the file cannot be read or holds no scene."""
        try:
            status = self._path.stat()
            if self._stamp != (status.st_ino, status.st_mtime_ns):
                self._stamp = (status.st_ino, status.st_mtime_ns)
                with self._path.open("rb") as file:
                    fields = json.loads(file.read(MAX_SCENE_BYTES))
                scene = Scene(
                    kind=CodeCarrier(fields["kind"]),
                    payload=base64.b64decode(fields["payload"], validate=True),
                    **{name: fields[name] for name in NUMBERS},
                )
                self._view = SimulatedView(scene, CameraFault(fields["fault"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            found = f"scene file '{self._path}' cannot be used: {type(error).__name__}"
            raise DeviceError("camera", f"{found}; write it with 'write_view'", "camera_missing") from None
        return self._view


def write_view(path: Path, view: SimulatedView) -> None:
    """Write the view for the camera in the other process. The file is replaced as a whole.

    Raises `OSError` if it cannot be written.
    """
    scene = view.scene
    fields: dict[str, Any] = {
        "fault": view.fault.value,
        "kind": scene.kind.value,
        "payload": base64.b64encode(scene.payload).decode(),
    } | {name: getattr(scene, name) for name in NUMBERS}
    # not durable: the file belongs to the running simulation, which rewrites it whenever the scene changes
    replace_file(path, json.dumps(fields).encode(), mode=0o600, durable=False)


NUMBERS = ("seed", "tilt_deg", "roll_deg", "distance_mm", "light", "blur_px", "noise", "tremor_px", "aside_mm", "glare")
"""The fields of a scene that are plain numbers."""


if __name__ == "__main__":
    scene_file = SceneFile(Path(sys.argv[1]))

    def open_booth(settings: CameraSetup) -> BoothCamera:
        """Return the camera with the size and rate of the settings."""
        size_px = (settings.width_px, settings.height_px)
        return BoothCamera(size_px, settings.frame_hz, scene_file, usual_stops=settings.exposure_value)

    serve(open_booth)
