"""A person who waits is served without a further event, and a referred visitor who stays is not asked at once."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk.model import Phase
from kiosk.simulator.mlx90614 import BusFault
from tests.booth import FEVERISH_C, ROOM_C, Booth, settings

SERVED = (Phase.MEASURING, Phase.SCANNING)


@pytest.fixture
def booth(folder: Path) -> Iterator[Booth]:
    booth = Booth(folder, settings(sequence=["temperature", "credential"]))
    yield booth
    booth.close()


def fail_and_recover(booth: Booth) -> None:
    booth.bus.fault = BusFault.SILENT
    booth.advance(5.0)
    assert booth.phase is Phase.OUT_OF_SERVICE
    booth.bus.fault = None
    booth.advance(10.0)


def start_after_stop(booth: Booth) -> None:
    booth.press("stop")
    booth.press("officer")


def reset(booth: Booth) -> None:
    booth.press("emergency")
    booth.press("officer")


def begin_and_end_maintenance(booth: Booth) -> None:
    booth.press("service")


def admit_in_vain(booth: Booth) -> None:
    booth.press("officer")
    booth.advance(15.0)


@pytest.mark.parametrize(
    "happens", [fail_and_recover, start_after_stop, reset, begin_and_end_maintenance, admit_in_vain]
)
def test_a_person_who_waits_is_served_afterwards(booth: Booth, happens: Callable[[Booth], None]) -> None:
    booth.start()
    booth.set("presence", active=True)
    booth.advance(0.5)
    happens(booth)
    visits = booth.kiosk.loop.state.visits
    booth.advance(2.1)
    assert booth.phase in SERVED
    assert booth.kiosk.loop.state.visits >= visits


def test_a_person_who_is_there_at_the_start_is_served(booth: Booth) -> None:
    booth.set("presence", active=True)
    booth.start().advance(2.1)
    assert booth.phase in SERVED


def test_a_referred_visitor_who_stays_is_asked_again_only_later(booth: Booth) -> None:
    booth.start()
    booth.set("presence", active=True)
    booth.face(FEVERISH_C)
    booth.advance(12.0)
    assert booth.phase is Phase.REFERRING
    booth.face(ROOM_C)
    while booth.phase is Phase.REFERRING:
        booth.advance(0.5)
    for _ in range(9):
        assert booth.phase is Phase.IDLE
        booth.advance(1.0)
    booth.advance(3.0)
    assert booth.phase is Phase.MEASURING
