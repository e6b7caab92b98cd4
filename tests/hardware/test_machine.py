"""State-machine tests: no sequence of calls drives the pins of the pump or the lock to a forbidden state."""

import math

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kiosk.hardware.inputs import Inputs
from kiosk.hardware.interlock import Interlock
from kiosk.hardware.lock import DoorLock
from kiosk.hardware.sprayer import POLL_S, Sprayer
from kiosk.hardware.timed import BREAK_S
from kiosk.model import ChamberWhen
from kiosk.settings.schema.doors import DoorSettings, LockKind
from kiosk.settings.schema.wiring import (
    ContactSettings,
    EmergencySettings,
    InputsSettings,
    PresenceSettings,
    Pull,
    SprayerSettings,
)
from kiosk.simulator.clock import VirtualClock
from tests.samples import examples

from .header import Header

LIMIT_S = 4.0
ROUNDING_S = 1e-6
SECONDS = st.one_of(
    st.sampled_from([0.0, 0.05, BREAK_S, LIMIT_S, 1e9, math.inf, math.nan, -1.0]), st.floats(0.0, 2 * LIMIT_S)
)
PASSING = st.one_of(st.sampled_from([0.0, 0.05, 0.1, BREAK_S, LIMIT_S]), st.floats(0.0, LIMIT_S))

PUMP, PRESENCE, BUILDING, STREET, EMERGENCY = 27, 16, 21, 26, 25
INPUTS = InputsSettings(
    presence=PresenceSettings(pin=PRESENCE, pull=Pull.DOWN, active_low=False),
    door_contact=ContactSettings(pin=BUILDING),
    street_contact=ContactSettings(pin=STREET),
    emergency=EmergencySettings(pin=EMERGENCY),
)


def longest_on_s(moves: list[tuple[float, bool]], on: bool, now_s: float) -> float:
    """Return the longest time at level `on` in seconds; a pause shorter than `BREAK_S` does not end it."""
    longest_s, since_s, until_s = 0.0, math.nan, -math.inf
    for number, (at_s, level) in enumerate(moves):
        if level is on:
            end_s = moves[number + 1][0] if number + 1 < len(moves) else now_s
            since_s = at_s if at_s - until_s >= BREAK_S - ROUNDING_S else since_s
            until_s = end_s
            longest_s = max(longest_s, until_s - since_s)
    return longest_s


class Chamber(RuleBasedStateMachine):
    """A sprayer with its interlock; presence, doors and emergency change, with and without reported edges."""

    @initialize(when=st.sampled_from(ChamberWhen))
    def build(self, when: ChamberWhen) -> None:
        self.when = when
        self.clock = VirtualClock()
        self.header = Header(self.clock)
        self.inputs = Inputs(self.header, INPUTS, self.clock, lambda event: True, self.edge)
        interlock = Interlock(when, self.inputs, 0.0)
        self.sprayer = Sprayer(
            self.header, SprayerSettings(relay_pin=PUMP, max_spray_s=LIMIT_S), self.clock, interlock, interlock
        )
        for pin in (BUILDING, STREET, EMERGENCY):
            self.header.pin(pin).move(False)
        self.inputs.start()
        self.unseen_until_s = -math.inf

    def edge(self) -> None:
        self.sprayer.check()

    def allowed(self) -> bool:
        """Compute the interlock a second time, from the pins."""
        shut = not (self.header.high(BUILDING) or self.header.high(STREET) or self.header.high(EMERGENCY))
        return shut and self.header.high(PRESENCE) is (self.when is ChamberWhen.OCCUPIED)

    @rule(for_s=SECONDS)
    def spray(self, for_s: float) -> None:
        allowed = self.allowed()
        if self.sprayer.spray(for_s):
            assert allowed

    @rule()
    def stop(self) -> None:
        self.sprayer.stop()
        assert not self.header.high(PUMP)

    @rule(pin=st.sampled_from([PRESENCE, BUILDING, STREET, EMERGENCY]), level=st.booleans())
    def move(self, pin: int, level: bool) -> None:
        self.header.pin(pin).move(level)

    @precondition(lambda self: self.allowed())
    @rule(for_s=st.floats(0.5, LIMIT_S))
    def spray_while_allowed(self, for_s: float) -> None:
        self.sprayer.spray(for_s)

    @rule(pin=st.sampled_from([PRESENCE, BUILDING, STREET, EMERGENCY]))
    def move_without_an_edge(self, pin: int) -> None:
        self.header.pin(pin).move_unseen(not self.header.high(pin))
        self.unseen_until_s = self.clock.now_s() + POLL_S

    @rule(for_s=PASSING)
    def time_passes(self, for_s: float) -> None:
        self.clock.advance(for_s)

    @invariant()
    def the_pump_is_off_unless_it_is_allowed(self) -> None:
        if self.clock.now_s() > self.unseen_until_s + ROUNDING_S and self.header.high(PUMP):
            assert self.allowed()

    @invariant()
    def no_spray_exceeds_the_limit(self) -> None:
        moves = self.header.pin(PUMP).moves
        assert longest_on_s(moves, on=True, now_s=self.clock.now_s()) <= LIMIT_S + ROUNDING_S

    @invariant()
    def the_reported_state_is_the_state_of_the_pin(self) -> None:
        assert self.sprayer.spraying is self.header.high(PUMP)

    def teardown(self) -> None:
        if hasattr(self, "header"):
            self.sprayer.close()
            assert not self.header.high(PUMP)
            self.inputs.close()
            self.header.close()


class Entrance(RuleBasedStateMachine):
    """A door's lock of either kind and polarity, with all its operations."""

    @initialize(kind=st.sampled_from(LockKind), active_high=st.booleans())
    def build(self, kind: LockKind, active_high: bool) -> None:
        self.pin = 17 if active_high else 5
        self.clock = VirtualClock()
        self.header = Header(self.clock)
        settings = DoorSettings(relay_pin=self.pin, active_high=active_high, lock=kind, max_hold_s=LIMIT_S)
        self.open_level = active_high is (kind is LockKind.FAIL_SECURE)
        self.rest_level = not active_high
        self.lock = DoorLock(self.header, settings, self.clock)
        self.released = False
        self.moves_before = 0

    @rule(hold_s=SECONDS)
    def unlock(self, hold_s: float) -> None:
        self.lock.unlock(hold_s)

    @rule()
    def relock(self) -> None:
        self.lock.lock()
        self.end_release()
        assert self.lock.locked

    def end_release(self) -> None:
        if self.released:
            self.moves_before = len(self.header.pin(self.pin).moves)
        self.released = False

    @rule()
    def release(self) -> None:
        self.lock.release()
        self.released = True

    @rule(for_s=PASSING)
    def time_passes(self, for_s: float) -> None:
        self.clock.advance(for_s)

    @invariant()
    def only_a_release_opens_longer_than_the_limit(self) -> None:
        if self.released:
            assert not self.lock.locked
            return
        moves = self.header.pin(self.pin).moves[self.moves_before :]
        assert longest_on_s(moves, on=self.open_level, now_s=self.clock.now_s()) <= LIMIT_S + ROUNDING_S

    @invariant()
    def the_reported_state_is_the_state_of_the_pin(self) -> None:
        assert self.lock.locked is not (self.header.high(self.pin) is self.open_level)

    def teardown(self) -> None:
        if hasattr(self, "header"):
            self.lock.close()
            assert self.header.high(self.pin) is self.rest_level
            self.header.close()


TestChamber = Chamber.TestCase
TestEntrance = Entrance.TestCase
TestChamber.settings = hypothesis_settings(max_examples=examples(60), stateful_step_count=40, deadline=None)
TestEntrance.settings = hypothesis_settings(max_examples=examples(60), stateful_step_count=40, deadline=None)
