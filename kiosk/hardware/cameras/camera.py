"""The protocol of a camera, as the scanner uses it.

Rule: only the scanner's process opens a camera: a camera can hang in the kernel, and its process then hangs too.
"""

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]
else:
    Grey = Any
"""A picture of height x width bytes, 0 black to 255 white, contiguous in memory row by row."""

CLOSE_S = 2.0
"""Longest wait for the end of `close`. A camera that takes longer hangs."""


class Camera(Protocol):
    """A stream of grey pictures, of which only the newest matters."""

    def start(self) -> None:
        """Open the camera and start the stream. Raises `DeviceError` (camera_missing) if that fails."""
        ...

    def frame(self, wait_s: float) -> Grey | None:
        """Return the newest picture that was not returned yet, or None if none arrives within `wait_s` seconds.

        Raises `DeviceError` if no picture can come any more: camera_silent if the stream has ended or a silent camera
        cannot be closed, camera_missing if a silent camera cannot be opened again.
        """
        ...

    def expose(self, stops: float) -> None:
        """Correct the exposure by `stops` (powers of two) from the next pictures on.

        0 is the camera's own choice; a negative number is darker. A camera that cannot be corrected stays as it is,
        and the log says so once.
        """
        ...

    def close(self) -> None:
        """Close the camera. Safe to call twice.

        Raises `DeviceError` (camera_silent) if it is not closed within `CLOSE_S`; then only the end of the process
        helps.
        """
        ...
