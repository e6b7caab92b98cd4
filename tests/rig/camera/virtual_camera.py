"""Patches of picamera2 with which it runs on libcamera's virtual camera; the kiosk's code is not patched.

Rule 1: memory comes from memfd: there is no DMA heap here, and the virtual camera needs a plane for each colour.
Rule 2: pictures come at a camera's rate: the virtual camera would deliver the next one as soon as it is requested.
Rule 3: a silence is simulated as libcamera behaves after a camera is lost: no request completes any more.
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
"""The controls of Camera Module 3 that the kiosk sets."""


class MemfdAllocator(Allocator):  # type: ignore[misc] # picamera2 has no types
    """NV12 buffers, each in one memfd: the grey plane, then the colour plane of half its height."""

    def __init__(self) -> None:
        super().__init__()
        self._buffers: dict[Any, list[Any]] = {}
        self._memory: dict[Any, mmap.mmap] = {}
        self.sync = lambda allocator, buffer, _write: nullcontext(allocator._memory[buffer])

    def allocate(self, libcamera_config: Any, use_case: Any) -> None:
        """Make the buffers of a configuration; they replace those of the last one."""
        self._memory.clear()
        for stream in libcamera_config:
            lengths = [stream.stride * stream.size.height, stream.stride * stream.size.height // 2]
            self._buffers[stream.stream] = [self._buffer(lengths) for _ in range(stream.buffer_count)]

    def buffers(self, stream: Any) -> list[Any]:
        """Return the buffers of one stream."""
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
        os.close(memory)  # libcamera's buffer and the mapping have descriptors of their own
        return buffer


class Silence:
    """The state of the simulated silence, for all cameras of this process.

    active: True while no request is passed on to picamera2. held: the requests that completed meanwhile; they must stay
    alive, because libcamera still reads a request after it reported it as complete.
    """

    active = False
    held: ClassVar[list[Any]] = []


class Advertising:
    """A camera that also claims to have the controls `names`, and adds the controls of each start to `log`."""

    def __init__(self, camera: Any, names: list[str], log: list[dict[str, Any]]) -> None:
        self._camera = camera
        self._names = names
        self._log = log

    @property
    def controls(self) -> dict[Any, Any]:
        """The controls of the camera and the claimed ones, with an arbitrary range."""
        span = next(iter(self._camera.controls.values()))
        return {**self._camera.controls, **{getattr(libcamera.controls, name): span for name in self._names}}

    def start(self, controls: dict[Any, Any]) -> None:
        """Log the controls and start the camera, which checks the type of every value."""
        self._log.append({control.name: value for control, value in controls.items()})
        self._camera.start(controls)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._camera, name)


def install() -> None:
    """Install the patches; call it once in a process."""
    show, handle = NullPreview.handle_request, picamera2.CameraManager.handle_request

    def handle_at_the_rate(preview: Any, camera: Any) -> None:
        time.sleep(1 / FRAME_HZ)
        show(preview, camera)

    def handle_unless_silent(manager: Any, flushid: Any = None) -> None:
        if Silence.active:
            Silence.held += manager.cms.get_ready_requests()
        else:
            handle(manager, flushid)

    picamera2.DmaAllocator = MemfdAllocator
    picamera2.CameraManager.handle_request = handle_unless_silent
    Picamera2._get_raw_modes = no_raw_modes
    NullPreview.handle_request = handle_at_the_rate


def no_raw_modes(camera: Any) -> list[dict[str, Any]]:
    """Return a mode in place of the raw ones, which the virtual camera lacks and picamera2 expects."""
    return [{"format": "NV12", "size": (1280, 720)}]


@contextmanager
def silence() -> Iterator[None]:
    """Deliver no picture while the block runs; a camera that was open during it never delivers one again."""
    Silence.active = True
    try:
        yield
    finally:
        Silence.active = False
