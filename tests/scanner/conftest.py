"""The fixture `rig`: supervisors for a test. Their processes are ended after the test."""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator

import pytest

from tests.scanner.host.supervised import PATIENCE_S, MakeRig, Rig


@pytest.fixture
def rig() -> Iterator[MakeRig]:
    rigs: list[Rig] = []

    def make(*kinds: str) -> Rig:
        rigs.append(Rig(*([sys.executable, "-m", "tests.scanner.host.children", kind] for kind in kinds)))
        rigs[-1].scanner.tick()
        return rigs[-1]

    yield make
    for made in rigs:
        made.scanner.close()
        for process in made.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE_S)
