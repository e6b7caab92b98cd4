"""The fixtures `rig` and `unit_rig`: supervisors for a test. Their processes are ended after the test.

Those of `rig` start their processes themselves. Those of `unit_rig` connect to a socket, as an installed kiosk does.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.scanner.wire.orders import Orders
from tests.scanner.host.supervised import ORDERS, PATIENCE_S, MakeRig, Rig, Unit


@pytest.fixture
def rig() -> Iterator[MakeRig]:
    yield from make_rigs(None)


@pytest.fixture
def unit_rig(tmp_path: Path) -> Iterator[MakeRig]:
    unit = Unit(tmp_path)
    yield from make_rigs(unit)
    unit.stop_listening()


def make_rigs(unit: Unit | None) -> Iterator[MakeRig]:
    rigs: list[Rig] = []

    def make(*kinds: str, orders: Orders = ORDERS) -> Rig:
        commands = ([sys.executable, "-m", "tests.scanner.host.children", kind] for kind in kinds)
        rigs.append(Rig(*commands, orders=orders, unit=unit))
        rigs[-1].scanner.tick()
        return rigs[-1]

    yield make
    for made in rigs:
        made.scanner.close()
        for process in made.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE_S)
