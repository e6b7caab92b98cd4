from collections.abc import Callable

from kiosk.hardware.rhythm import RhythmPlayer
from kiosk.model import Alarm
from kiosk.simulator.clock import VirtualClock


class LateClock(VirtualClock):
    """Rings `late_s` seconds too late, as a busy machine does, and keeps every action, also of cancelled alarms."""

    def __init__(self, late_s: float = 0.0) -> None:
        super().__init__()
        self.late_s = late_s
        self.actions: list[Callable[[], None]] = []

    def call_at(self, at_s: float, action: Callable[[], None]) -> Alarm:
        self.actions.append(action)
        return super().call_at(at_s + self.late_s, action)


def test_a_rhythm_does_not_drift_on_a_clock_that_rings_late() -> None:
    clock = LateClock(late_s=0.01)
    played: list[float] = []
    player: RhythmPlayer[bool] = RhythmPlayer(clock, lambda on: played.append(clock.now_s()))
    player.play(((True, 1.0), (False, 1.0)))
    clock.advance(100.5)
    assert len(played) == 101
    assert abs(played[-1] - 1100.01) < 1e-6


def test_after_a_standstill_the_rhythm_continues_from_now() -> None:
    clock = LateClock(late_s=10.0)
    played: list[tuple[float, bool]] = []
    player: RhythmPlayer[bool] = RhythmPlayer(clock, lambda on: played.append((clock.now_s(), on)))
    player.play(((True, 1.0), (False, 1.0)))
    clock.late_s = 0.0
    clock.advance(13.5)
    assert played == [(1000.0, True), (1011.0, False), (1012.0, True), (1013.0, False)]


def test_a_late_alarm_of_a_replaced_rhythm_plays_nothing() -> None:
    clock = LateClock()
    played: list[str] = []
    player = RhythmPlayer(clock, played.append)
    beats = (("one", 1.0), ("two", 1.0))
    player.play(beats)
    player.play(beats)
    clock.actions[0]()
    assert played == ["one", "one"]
    player.stop()
    clock.actions[1]()
    clock.advance(10.0)
    assert played == ["one", "one"]
