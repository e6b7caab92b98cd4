from collections.abc import Iterator

import pytest

from kiosk.simulator.clock import VirtualClock

from .header import Header


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def header(clock: VirtualClock) -> Iterator[Header]:
    header = Header(clock)
    yield header
    header.close()
