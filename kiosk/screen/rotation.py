"""The rotation of the picture, for a monitor that stands upright: by wlr-randr on Wayland, by xrandr on X.

cage rotates an output only before its program opens a window (cage issue 421), so this is called before the browser.
"""

import logging
import shutil
import subprocess
from collections.abc import Mapping

logger = logging.getLogger(__name__)

ANSWER_S = 5.0

TRANSFORMS = {0: "normal", 90: "90", 180: "180", 270: "270"}
"""The names of rotations in wlr-randr (wl_output.transform: degrees counter-clockwise), by degrees."""

ORIENTATIONS = {0: "normal", 90: "left", 180: "inverted", 270: "right"}
"""The names of the same rotations in xrandr."""


def rotate(degrees: int, environ: Mapping[str, str]) -> bool:
    """Rotate every output by `degrees` (0, 90, 180, 270). Return False, and log why, if that is not possible."""
    try:
        if environ.get("WAYLAND_DISPLAY"):
            outputs = [line.split()[0] for line in _run("wlr-randr").splitlines() if line and not line[0].isspace()]
            for output in outputs:
                _run("wlr-randr", "--output", output, "--transform", TRANSFORMS[degrees])
        else:
            _run("xrandr", "--orientation", ORIENTATIONS[degrees])
    except (OSError, subprocess.SubprocessError) as error:
        logger.error("the screen is not rotated: %s", error)  # noqa: TRY400 - a traceback adds nothing
        return False
    return True


def _run(program: str, *arguments: str) -> str:
    path = shutil.which(program)
    if path is None:
        raise FileNotFoundError(f"'{program}' is not installed")
    done = subprocess.run(  # noqa: S603 - the programs named above
        [path, *arguments], capture_output=True, text=True, timeout=ANSWER_S, check=True
    )
    return done.stdout
