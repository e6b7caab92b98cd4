"""The protocol of a camera, as the scanner uses it.

Rule 1: only the scanner's process opens a camera: a camera can hang in the kernel, and takes its process along.
"""

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]
else:
    Grey = Any
"""A picture: height x width bytes, 0 black to 255 white, each row right behind the last."""

CLOSE_S = 2.0
"""A camera that does not let go within this time never will."""


class Camera(Protocol):
    """A stream of grey pictures, of which only the newest matters."""

    def start(self) -> None:
        """Open the camera and let pictures flow; `DeviceError` (camera_missing) when it cannot be had."""
        ...

    def frame(self, wait_s: float) -> Grey | None:
        """The newest picture that was not given yet, or None when none came within `wait_s`.

        Raises `DeviceError` (camera_silent) when none will ever come again.
        """
        ...

    def expose(self, stops: float) -> None:
        """Correct the exposure by `stops` (0 as the camera sees fit, below it darker) from the next pictures on.

        Nothing happens where the camera cannot be told; the log says so once.
        """
        ...

    def close(self) -> None:
        """Let the camera go; safe to call twice.

        Raises `DeviceError` (camera_silent) when it does not let go in time: then only the end of the process helps.
        """
        ...
