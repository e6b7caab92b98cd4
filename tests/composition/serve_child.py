"""The service of a settings file on mock pins: serve_child.py FOLDER. The tests start it as a process of its own.

While FOLDER/broken exists, the I2C bus cannot be opened, so that the kiosk cannot be built.
"""

import os
import sys
from datetime import tzinfo
from pathlib import Path

from gpiozero.pins.mock import MockFactory

from kiosk.composition.environment import Environment, UnitSockets
from kiosk.composition.service import serve
from kiosk.errors import KioskError
from kiosk.hardware.board import Board
from kiosk.runtime.clock import RealClock
from kiosk.runtime.worker import ThreadWorker
from kiosk.simulator.mlx90614 import Mlx90614Bus
from tests.booth import Booth, FakeScanner


def main(folder: Path) -> int:
    clock = RealClock()

    def open_i2c(_number: int) -> Mlx90614Bus:
        if (folder / "broken").exists():
            raise ZeroDivisionError("a bug in the bus")
        return Mlx90614Bus(clock)

    def open_environment(_floor: Path, _units: UnitSockets, _zone: tzinfo) -> Environment:
        return Environment(
            clock=clock,
            board=Board(MockFactory()),
            open_i2c=open_i2c,
            open_scanner=lambda _camera, _scanner, clock, post, _preview: FakeScanner(clock, post),
            worker=lambda duty, on_crash: ThreadWorker(duty, clock, on_crash),
            wall=Booth.wall,
        )

    try:
        serve(folder / "kiosk.yaml", os.environ, open_environment)
    except KioskError as error:
        sys.stderr.write(f"{error}\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
