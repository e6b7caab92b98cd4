"""What keeps picamera2 from running on libcamera's virtual camera, taken out of its way; the product is not touched.

Rule 1: memory comes from memfd: there is no DMA heap here, and the virtual camera wants a plane for each colour.
Rule 2: pictures come at the camera's pace: the virtual one gives the next as soon as it is asked for.
Rule 3: a silence is what libcamera makes of a camera that is gone: requests come back, but none of them complete.
"""

import mmap
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, ClassVar

import libcamera
from picamera2 import Picamera2, picamera2
from picamera2.allocators.allocator import Allocator
from picamera2.previews.null_preview import NullPreview

FRAME_HZ = 30.0

IMX708 = [
    *("AeConstraintMode", "AeExposureMode", "AeFlickerMode", "AeFlickerPeriod", "ExposureValue"),
    *("AfMode", "AfRange", "AfSpeed", "LensPosition", "FrameDurationLimits"),
]
"""What Camera Module 3 can be told, of that which the kiosk wants to tell."""


class MemfdAllocator(Allocator):  # type: ignore[misc] # picamera2 has no types
    """Buffers of NV12: the grey plane and behind it the colour's, half as high, in one memfd each."""

    def __init__(self) -> None:
        super().__init__()
        self._buffers: dict[Any, list[Any]] = {}
        self._memory: dict[Any, mmap.mmap] = {}
        self.sync = lambda allocator, buffer, _write: nullcontext(allocator._memory[buffer])

    def allocate(self, libcamera_config: Any, use_case: Any) -> None:
        """Make the buffers of a configuration in place of those of the last."""
        self._memory.clear()
        for stream in libcamera_config:
            lengths = [stream.stride * stream.size.height, stream.stride * stream.size.height // 2]
            self._buffers[stream.stream] = [self._buffer(lengths) for _ in range(stream.buffer_count)]

    def buffers(self, stream: Any) -> list[Any]:
        """The buffers of one stream."""
        return self._buffers[stream]

    def _buffer(self, lengths: list[int]) -> Any:
        memory = os.memfd_create("rig", os.MFD_CLOEXEC)
        os.ftruncate(memory, sum(lengths))
        planes = []
        for number, length in enumerate(lengths):
            plane = libcamera.FrameBuffer.Plane()
            plane.fd, plane.offset, plane.length = memory, sum(lengths[:number]), length
            planes.append(plane)
        buffer = libcamera.FrameBuffer(planes)
        self._memory[buffer] = mmap.mmap(memory, sum(lengths))
        os.close(memory)  # both have their own
        return buffer


class Silence:
    """Whether the cameras of this process have fallen silent, and the requests that came back in silence.

    They are kept: libcamera still looks at a request after it has told that it is back.
    """

    reigns = False
    swallowed: ClassVar[list[Any]] = []


class Advertising:
    """A camera that also claims to know the controls `names`, and puts what it was started with into `log`."""

    def __init__(self, camera: Any, names: list[str], log: list[dict[str, Any]]) -> None:
        self._camera = camera
        self._names = names
        self._log = log

    @property
    def controls(self) -> dict[Any, Any]:
        """What can be told, with a range that nobody looks at."""
        span = next(iter(self._camera.controls.values()))
        return {**self._camera.controls, **{getattr(libcamera.controls, name): span for name in self._names}}

    def start(self, controls: dict[Any, Any]) -> None:
        """As the camera's own, which judges the type of every value."""
        self._log.append({control.name: value for control, value in controls.items()})
        self._camera.start(controls)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._camera, name)


def install() -> None:
    """Once in a process."""
    show, handle = NullPreview.handle_request, picamera2.CameraManager.handle_request

    def show_in_time(preview: Any, camera: Any) -> None:
        time.sleep(1 / FRAME_HZ)
        show(preview, camera)

    def handle_unless_silent(manager: Any, flushid: Any = None) -> None:
        if Silence.reigns:
            Silence.swallowed += manager.cms.get_ready_requests()
        else:
            handle(manager, flushid)

    picamera2.DmaAllocator = MemfdAllocator
    picamera2.CameraManager.handle_request = handle_unless_silent
    Picamera2._get_raw_modes = no_raw_modes
    NullPreview.handle_request = show_in_time


def no_raw_modes(camera: Any) -> list[dict[str, Any]]:
    """The virtual camera has no raw pictures, and picamera2 takes for granted that every camera has."""
    return [{"format": "NV12", "size": (1280, 720)}]


@contextmanager
def silence() -> Iterator[None]:
    """No picture comes while the block runs; a camera that was open in it never gives one again."""
    Silence.reigns = True
    try:
        yield
    finally:
        Silence.reigns = False
