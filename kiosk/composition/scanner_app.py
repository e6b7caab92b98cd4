"""The composition root of the scanner's process, with the camera that the settings name.

`python -m kiosk.composition.scanner_app` is started by the unit `kiosk-scanner@.service`, whose connection to the
controller is standard input and output, or by the controller itself, which holds the other ends of three pipes.
"""

import sys
from pathlib import Path

OOM_SCORE = "300"
"""The process's oom_score_adj (proc(5)): if memory runs out, the kernel ends the scanner before the controller (-500,
which a child of it inherits) and after the browser (500). The controller starts the scanner again. A process may raise
its own score without a privilege."""


def main() -> None:
    """Load the libraries that read pictures, and serve until the controller closes the pipe.

    Exits with an error message if a library is missing.
    """
    raise_oom_score(Path("/proc/self/oom_score_adj"))
    try:
        from kiosk.hardware.cameras.opening import open_camera
        from kiosk.scanner.child.process import serve
    except ImportError as error:
        sys.exit(f"ERROR scanner: {error}; run 'kiosk doctor', it names the package to install")
    serve(open_camera)


def raise_oom_score(file: Path) -> None:
    """Write the score to `file`. If the kernel does not allow it, log that and keep the inherited score."""
    try:
        file.write_text(OOM_SCORE)
    except OSError as error:
        sys.stderr.write(f"INFO scanner: '{file}' cannot be written ({error.strerror})\n")


if __name__ == "__main__":
    main()
