"""The composition root of the imager's process: `python -m kiosk.composition.imager_app`.

It is started by the unit `kiosk-imager@.service`, whose connection to the controller is standard input and output, or
by the controller itself, which holds the other ends of two pipes.
"""

import os
import sys
from pathlib import Path

from kiosk.composition.scanner_app import raise_oom_score
from kiosk.errors import KioskError


def main() -> None:
    """Load NumPy, and serve until the controller closes the pipe. Exits with an error message if NumPy is missing."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # NumPy reads it when it is loaded; each thread would reserve memory
    raise_oom_score(Path("/proc/self/oom_score_adj"))
    try:
        from kiosk.hardware.thermometers.imager.child import main as serve
    except ImportError as error:
        sys.exit(f"ERROR imager: {error}; run 'kiosk doctor', it names the package to install")
    try:
        serve()
    except KioskError as error:
        sys.exit(f"ERROR {error}")


if __name__ == "__main__":
    main()
