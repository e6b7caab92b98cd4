"""The start of a kiosk: an emergency of the last run, and the time for devices to answer."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from kiosk.composition.app import START_S
from kiosk.display.screens import screen_of
from kiosk.errors import DeviceError
from kiosk.flow.events import DeviceFailed, DeviceRecovered, ExitRequested
from kiosk.hardware.buses import LateBus
from kiosk.hardware.thermometers.mlx90614 import Mlx90614
from kiosk.model import Phase
from kiosk.runtime.worker import Duty, InlineWorker, Worker
from kiosk.settings.schema.thermometer import ThermometerSettings
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.mlx90614 import Mlx90614Bus
from tests.booth import PINS, Booth, FakeScanner, settings
from tests.composition.faults.card import BoothWithCard


class SilentScanner(FakeScanner):
    """A scanner that never answers."""

    def tick(self) -> None:
        pass


def end_in_an_emergency(folder: Path) -> None:
    """Run a kiosk that ends while an emergency stands; its input is clear by then."""
    booth = Booth(folder).start()
    booth.press("emergency")
    booth.close()


def test_the_card_is_not_needed_to_start_the_inputs(folder: Path) -> None:
    """The emergency of the last run is read from the card on the journal's thread."""
    end_in_an_emergency(folder)
    booth = BoothWithCard(folder)
    booth.kiosk.start()  # from here on, the card stalls
    booth.advance(0.5)
    assert booth.phase is Phase.STARTING
    booth.set("emergency", active=True)
    booth.settle()
    assert (booth.phase, booth.door_energised) == (Phase.EMERGENCY, True)
    booth.close()


@pytest.mark.parametrize(
    ("pressed", "phase"), [("", Phase.STARTING), ("stop", Phase.OUT_OF_SERVICE), ("service", Phase.MAINTENANCE)]
)
def test_an_emergency_of_the_last_run_stands_as_soon_as_the_card_answers(
    folder: Path, pressed: str, phase: Phase
) -> None:
    end_in_an_emergency(folder)
    booth = BoothWithCard(folder)
    booth.kiosk.start()
    if pressed:
        booth.set(pressed, active=True)
    booth.advance(0.5)
    assert (booth.phase, booth.door_energised) == (phase, False)
    booth.card.answer()
    booth.settle()
    assert (booth.phase, booth.door_energised) == (Phase.EMERGENCY, True)
    booth.press("officer")
    assert (booth.phase is Phase.EMERGENCY, booth.door_energised) == (False, False)
    booth.close()


def test_an_emergency_that_the_inbox_does_not_accept_is_offered_again_before_the_first_row(folder: Path) -> None:
    end_in_an_emergency(folder)
    booth = BoothWithCard(folder)
    rows = len(booth.rows())
    booth.kiosk.start()
    while booth.kiosk.inbox.post(ExitRequested(booth.clock.now_s())):
        pass
    booth.card.answer()
    assert len(booth.rows()) == rows
    booth.settle()
    booth.card.answer()
    booth.settle()
    assert len(booth.rows()) > rows
    assert booth.phase is Phase.EMERGENCY
    booth.close()


@pytest.mark.parametrize("wire", ["emergency", "service"])
def test_a_camera_has_its_whole_time_to_answer_after_an_emergency_or_a_technicians_work(
    folder: Path, wire: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    booth = Booth(folder, settings(), lambda _camera, _scanner, clock, post, _preview: SilentScanner(clock, post))
    monkeypatch.setattr(booth.kiosk.loop, "turn", partial(booth.kiosk.loop.turn, wait_s=0.0))
    booth.kiosk.start()
    start_s = booth.clock.now_s()
    script: list[tuple[float, Callable[[], None]]] = [
        (1.0, lambda: booth.set(wire, active=True)),
        (2 * START_S, lambda: booth.set(wire, active=False)),
        (2 * START_S + 0.5, lambda: booth.set("officer", active=True)),
    ]

    def on_turn() -> None:
        while script and booth.clock.now_s() - start_s >= script[0][0]:
            script.pop(0)[1]()
        booth.advance(0.25)
        if "not ready after 30 s" in caplog.text:
            booth.kiosk.stop()

    booth.kiosk.run(on_turn)
    assert booth.clock.now_s() - start_s >= 3 * START_S
    booth.close()


def test_a_camera_that_comes_late_is_used_without_a_restart(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    booth = Booth(folder, settings(), lambda _camera, _scanner, clock, post, _preview: SilentScanner(clock, post))
    monkeypatch.setattr(booth.kiosk.loop, "turn", partial(booth.kiosk.loop.turn, wait_s=0.0))
    booth.kiosk.start()
    start_s = booth.clock.now_s()
    post = booth.kiosk.inbox.post
    script: list[tuple[float, Callable[[], object]]] = [
        (1.0, lambda: post(DeviceFailed(booth.clock.now_s(), "camera", "camera_missing"))),
        (100.0, lambda: post(DeviceRecovered(booth.clock.now_s(), "camera"))),
        (110.0, booth.kiosk.stop),
    ]
    seen: list[tuple[Phase, bool, str]] = []

    def on_turn() -> None:
        booth.advance(0.5)
        while script and booth.clock.now_s() - start_s >= script[0][0]:
            script.pop(0)[1]()
        screen = screen_of(booth.kiosk.loop.state, booth.kiosk.rules)
        now = (booth.phase, booth.kiosk.ready, screen.fault)
        if not seen or seen[-1] != now:
            seen.append(now)

    booth.kiosk.run(on_turn)
    assert seen[-3:] == [
        (Phase.STARTING, False, "camera_missing"),
        (Phase.STARTING, True, "camera_missing"),
        (Phase.IDLE, True, ""),
    ]
    booth.close()


def test_a_bus_that_comes_late_is_opened_when_it_is_used() -> None:
    opened: list[int] = []

    def open_bus(number: int) -> Any:
        opened.append(number)
        if len(opened) < 3:
            raise DeviceError("thermometer", "no bus", "thermometer_silent")
        return Mlx90614Bus(VirtualClock())

    bus = LateBus(1, open_bus)
    sensor = Mlx90614(bus, ThermometerSettings())
    for _ in range(2):
        with pytest.raises(DeviceError, match="no bus"):
            sensor.sample()
    sensor.sample()
    sensor.sample()
    assert opened == [1, 1, 1]
    sensor.close()
    bus.close()


def test_every_line_is_followed_before_a_worker_starts_a_process(folder: Path) -> None:
    """A process that a worker starts has copies of the lines' descriptors for a moment, and a line is then busy."""
    followed: list[bool] = []

    class WatchingWorker(InlineWorker):
        def start(self) -> None:
            followed.append(all(booth.header.pin(number).when_changed for number in PINS.values()))
            super().start()

    class WatchedBooth(Booth):
        def worker(self, duty: Duty) -> Worker:
            return WatchingWorker(duty, self.clock)

    booth = WatchedBooth(folder)
    booth.start().close()
    assert len(followed) == len(booth.kiosk.workers)
    assert all(followed)
