"""The composition root of the scanner's process, with the real camera that the settings name.

`python -m kiosk.composition.scanner_app` is started by the controller, which holds both ends of its pipes.
"""

import sys
from pathlib import Path

OOM_SCORE = "300"
"""proc(5), oom_score_adj: when memory runs out the scanner goes before the controller (-500, inherited from it) and
behind the browser (500); its controller starts it again. To go earlier is nobody's privilege."""


def main() -> None:
    """Load what reads pictures, and serve."""
    go_before_the_controller(Path("/proc/self/oom_score_adj"))
    try:
        from kiosk.hardware.cameras.opening import open_camera
        from kiosk.scanner.child.process import serve
    except ImportError as error:
        sys.exit(f"ERROR scanner: {error}; run 'kiosk doctor', it tells what to install")
    serve(open_camera)


def go_before_the_controller(score: Path) -> None:
    """Say which of the two the kernel should end; a kernel that does not let us is left as it is."""
    try:
        score.write_text(OOM_SCORE)
    except OSError as error:
        sys.stderr.write(f"INFO scanner: '{score}' cannot be written ({error.strerror})\n")


if __name__ == "__main__":
    main()
