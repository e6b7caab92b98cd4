import logging
from collections.abc import Callable, Iterator

import pytest

from kiosk.flow.events import (
    DeviceFailed,
    DeviceRecovered,
    DoorClosed,
    DoorOpened,
    EmergencyCleared,
    EmergencyRaised,
    Event,
    OfficerPressed,
    PassageSeen,
    PresenceGap,
    PresenceLost,
    PresenceSeen,
    ServiceKeyTurned,
    SkipPressed,
    StopPressed,
)
from kiosk.hardware.inputs import Inputs
from kiosk.model import Door
from kiosk.settings.schema.wiring import (
    ContactSettings,
    EmergencySettings,
    InputSettings,
    InputsSettings,
    PresenceSettings,
    Pull,
    TamperSettings,
)
from kiosk.simulator.clock import VirtualClock

from .header import Header

WIRED = InputsSettings(
    presence=PresenceSettings(pin=16, pull=Pull.DOWN, active_low=False, debounce_ms=50, linger_s=1.5),
    passage=InputSettings(pin=20),
    door_contact=ContactSettings(pin=21),
    street_contact=ContactSettings(pin=26),
    officer=InputSettings(pin=19),
    stop=InputSettings(pin=13),
    skip=InputSettings(pin=6),
    service=InputSettings(pin=12),
    emergency=EmergencySettings(pin=25),
    tamper=TamperSettings(pin=24),
)
CONTACTS = (21, 26, 25, 24)
"""The contacts whose pins are pulled up and closed to ground in the normal state."""


class Inbox:
    """Accepts events unless it is full."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.full = False

    def __call__(self, event: Event) -> bool:
        if not self.full:
            self.events.append(event)
        return not self.full

    def take(self) -> list[Event]:
        events, self.events = self.events, []
        return events


class Booth:
    """The inputs of a booth at rest: doors closed, nobody present."""

    def __init__(self, header: Header, clock: VirtualClock, settings: InputsSettings = WIRED) -> None:
        self.header, self.clock = header, clock
        self.inbox = Inbox()
        self.edges: list[float] = []
        self.on_edge: Callable[[], None] = lambda: self.edges.append(clock.now_s())
        self.inputs = Inputs(header, settings, clock, self.inbox, self._edge)
        for pin in CONTACTS:
            header.pin(pin).move(False)

    def _edge(self) -> None:
        self.on_edge()

    def move(self, pin: int, level: bool, then_s: float = 0.0) -> list[Event]:
        self.header.pin(pin).move(level)
        self.clock.advance(then_s)
        return self.inbox.take()


@pytest.fixture
def unstarted(header: Header, clock: VirtualClock) -> Iterator[Booth]:
    booth = Booth(header, clock)
    yield booth
    booth.inputs.close()


@pytest.fixture
def booth(unstarted: Booth) -> Booth:
    unstarted.inputs.start()
    return unstarted


def test_no_event_is_posted_before_the_start(unstarted: Booth) -> None:
    assert unstarted.move(25, True, then_s=5.0) == []


def test_a_booth_at_rest_posts_no_event_at_start(booth: Booth) -> None:
    booth.clock.advance(5.0)
    assert booth.inbox.take() == []


def test_the_state_found_at_start_is_posted_with_the_emergency_first(unstarted: Booth) -> None:
    active = [(25, True), (21, True), (26, True), (16, True), (12, False), (13, False), (24, True), (19, False)]
    for pin, level in active:
        unstarted.header.pin(pin).move(level)
    unstarted.inputs.start()
    assert unstarted.inbox.take() == [
        EmergencyRaised(1000.0),
        DoorOpened(1000.0, Door.BUILDING),
        DoorOpened(1000.0, Door.STREET),
        PresenceSeen(1000.0),
        ServiceKeyTurned(1000.0, on=True),
        StopPressed(1000.0),
        DeviceFailed(1000.0, "enclosure", "enclosure_opened"),
    ]


def test_a_button_that_is_stuck_at_start_is_no_press(unstarted: Booth) -> None:
    unstarted.header.pin(19).move(False)
    unstarted.inputs.start()
    unstarted.clock.advance(5.0)
    assert unstarted.inbox.take() == []


@pytest.mark.parametrize(
    ("pin", "pressed", "event"),
    [
        (19, False, OfficerPressed),
        (6, False, SkipPressed),
        (20, False, PassageSeen),
    ],
)
def test_a_press_is_one_event(booth: Booth, pin: int, pressed: bool, event: type) -> None:
    assert booth.move(pin, pressed, then_s=0.5) == [event(1000.03)]
    assert booth.move(pin, not pressed, then_s=0.5) == []


@pytest.mark.parametrize(
    ("pin", "active", "on", "off"),
    [
        (25, True, EmergencyRaised(1000.0), EmergencyCleared(1001.03)),
        (21, True, DoorOpened(1000.03, Door.BUILDING), DoorClosed(1001.03, Door.BUILDING)),
        (26, True, DoorOpened(1000.03, Door.STREET), DoorClosed(1001.03, Door.STREET)),
        (12, False, ServiceKeyTurned(1000.03, on=True), ServiceKeyTurned(1001.03, on=False)),
        (
            24,
            True,
            DeviceFailed(1000.03, "enclosure", "enclosure_opened"),
            DeviceRecovered(1001.03, "enclosure"),
        ),
    ],
)
def test_both_changes_of_a_level_are_posted(booth: Booth, pin: int, active: bool, on: Event, off: Event) -> None:
    assert booth.move(pin, active, then_s=1.0) == [on]
    assert booth.move(pin, not active, then_s=1.0) == [off]


def test_a_level_counts_only_after_its_stable_time(booth: Booth) -> None:
    assert booth.move(19, False, then_s=0.029) == []
    assert booth.move(19, True, then_s=5.0) == []


def test_bounces_are_one_press_timed_from_the_last_edge(booth: Booth) -> None:
    for _ in range(10):
        assert booth.move(19, False, then_s=0.01) == []
        assert booth.move(19, True, then_s=0.01) == []
    [press] = booth.move(19, False, then_s=0.5)
    assert isinstance(press, OfficerPressed)
    assert press.at_s == pytest.approx(1000.23)


def test_a_line_that_is_never_stable_never_counts(booth: Booth) -> None:
    for _ in range(500):
        assert booth.move(21, True, then_s=0.02) == []
        assert booth.move(21, False, then_s=0.02) == []


@pytest.mark.parametrize(("pin", "active", "event"), [(25, True, EmergencyRaised), (13, False, StopPressed)])
def test_emergency_and_stop_count_from_the_first_edge_and_for_as_long_as_the_line_chatters(
    booth: Booth, pin: int, active: bool, event: type
) -> None:
    assert booth.move(pin, active) == [event(1000.0)]
    for _ in range(500):
        assert booth.move(pin, not active, then_s=0.02) == []
        assert booth.move(pin, active, then_s=0.02) == []
    ends = booth.move(pin, not active, then_s=0.5)
    assert [type(end) for end in ends] == ([EmergencyCleared] if event is EmergencyRaised else [])


def test_an_emergency_edge_counts_even_if_the_level_is_over_before_it_is_read(booth: Booth) -> None:
    booth.header.pin(25).glitch(True)
    assert booth.inbox.take() == [EmergencyRaised(1000.0)]
    assert booth.inputs.emergency
    booth.clock.advance(0.1)
    assert booth.inbox.take() == [EmergencyCleared(1000.03)]
    assert not booth.inputs.emergency


def test_presence_is_posted_soon_and_its_loss_late(booth: Booth) -> None:
    assert booth.move(16, True, then_s=0.1) == [PresenceSeen(1000.05)]
    assert booth.move(16, False, then_s=1.4) == []
    assert booth.move(16, True, then_s=10.0) == [PresenceGap(1001.5)]
    assert booth.move(16, False, then_s=5.0) == [PresenceLost(1013.0)]


def test_a_flickering_presence_sensor_is_reported_at_most_once_a_second(booth: Booth) -> None:
    booth.move(16, True, then_s=0.1)
    posted = [event for _ in range(20) for level in (False, True) for event in booth.move(16, level, then_s=0.1)]
    assert [event.at_s for event in posted] == pytest.approx([1000.2, 1001.2, 1002.2, 1003.2])
    assert {type(event) for event in posted} == {PresenceGap}


def test_the_time_since_the_last_edge_of_the_presence_sensor_is_known(booth: Booth) -> None:
    booth.move(16, True, then_s=3.0)
    assert booth.inputs.presence_steady_s == pytest.approx(3.0)
    booth.move(16, False, then_s=0.1)
    booth.move(16, True, then_s=0.5)
    assert booth.inputs.presence_steady_s == pytest.approx(0.5), "a gap that is too short for a loss counts, too"


def test_raw_levels_are_available_at_once(booth: Booth) -> None:
    assert (booth.inputs.present, booth.inputs.open_doors, booth.inputs.emergency) == (False, frozenset(), False)
    booth.header.pin(16).move(True)
    booth.header.pin(26).move(True)
    booth.header.pin(25).move(True)
    assert booth.inputs.present
    assert booth.inputs.open_doors == {Door.STREET}
    assert booth.inputs.emergency
    assert booth.inbox.take() == [EmergencyRaised(1000.0)]


def test_a_cut_emergency_wire_is_an_emergency(booth: Booth) -> None:
    # the contact is closed to ground in the normal state; without the wire, the pull-up makes the pin high
    assert booth.header.pin(25).pull == "up"
    assert booth.move(25, True, then_s=0.1) == [EmergencyRaised(1000.0)]


def test_a_cut_wire_of_the_enclosures_switch_is_an_opened_enclosure(booth: Booth) -> None:
    # the switch is closed to ground while the enclosure is closed; without the wire, the pull-up makes the pin high
    assert booth.header.pin(24).pull == "up"
    assert booth.move(24, True, then_s=0.1) == [DeviceFailed(1000.03, "enclosure", "enclosure_opened")]


@pytest.mark.parametrize("pin", [16, 21, 26, 25])
def test_each_raw_edge_of_a_sensor_reaches_the_interlock_at_once(booth: Booth, pin: int) -> None:
    booth.header.pin(pin).move(True)
    booth.header.pin(pin).move(False)
    assert booth.edges == [1000.0, 1000.0]


@pytest.mark.parametrize("pin", [20, 19, 13, 6, 12])
def test_edges_of_buttons_do_not_reach_the_interlock(booth: Booth, pin: int) -> None:
    booth.move(pin, False, then_s=1.0)
    assert booth.edges == []


def test_the_poll_finds_a_change_without_an_edge(booth: Booth) -> None:
    booth.header.pin(25).move_unseen(True)
    booth.clock.advance(0.1)
    assert booth.edges == [1000.1]
    assert booth.inbox.take() == [EmergencyRaised(1000.1)]


def test_a_short_press_whose_release_had_no_edge_is_no_press(booth: Booth) -> None:
    booth.header.pin(19).move(False)
    booth.clock.advance(0.01)
    booth.header.pin(19).move_unseen(True)
    booth.clock.advance(5.0)
    assert booth.inbox.take() == []


@pytest.mark.parametrize(("pin", "level"), [(25, True), (21, True), (16, True), (12, False), (13, False), (24, True)])
def test_essential_events_are_offered_until_they_are_accepted(booth: Booth, pin: int, level: bool) -> None:
    booth.inbox.full = True
    booth.move(pin, level, then_s=60.0)
    booth.inbox.full = False
    booth.clock.advance(0.1)
    assert len(booth.inbox.take()) == 1
    booth.clock.advance(60.0)
    assert booth.inbox.take() == []


def test_an_emergency_that_began_and_ended_while_the_inbox_was_full_is_posted(booth: Booth) -> None:
    booth.inbox.full = True
    for _ in range(5):
        booth.move(25, True, then_s=1.0)
        booth.move(25, False, then_s=1.0)
    booth.inbox.full = False
    booth.clock.advance(0.1)
    kinds = [type(event) for event in booth.inbox.take()]
    assert kinds == [EmergencyRaised, EmergencyCleared]


def test_a_press_that_the_full_inbox_refuses_is_lost_with_a_warning(
    booth: Booth, caplog: pytest.LogCaptureFixture
) -> None:
    booth.inbox.full = True
    with caplog.at_level(logging.WARNING):
        booth.move(19, False, then_s=1.0)
    booth.inbox.full = False
    booth.clock.advance(60.0)
    assert booth.inbox.take() == []
    assert caplog.messages == ["officer: the inbox is full, this press is lost"]


def test_an_error_on_gpiozeros_thread_is_raised_on_the_clocks_thread(
    booth: Booth, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise ZeroDivisionError

    booth.on_edge = broken
    booth.header.pin(25).move(True)  # gpiozero's thread gets no exception
    with pytest.raises(ZeroDivisionError):
        booth.clock.advance(0.01)


def test_a_booth_with_fewer_inputs_reads_them_as_inactive(header: Header, clock: VirtualClock) -> None:
    inputs = Inputs(header, InputsSettings(), clock, Inbox(), lambda: None)
    inputs.start()
    assert not inputs.has_presence
    assert (inputs.present, inputs.open_doors, inputs.emergency) == (False, frozenset(), False)
    inputs.close()


def test_after_closing_no_event_is_posted_and_no_alarm_is_left(booth: Booth) -> None:
    booth.header.pin(21).move(True)
    booth.inputs.close()
    booth.inputs.close()
    booth.clock.advance(60.0)
    assert booth.inbox.take() == []
    assert booth.clock.next_at_s() is None


def test_a_poll_that_was_already_ringing_at_closing_does_nothing(booth: Booth) -> None:
    booth.inputs.close()
    booth.inputs._poll()
    assert booth.clock.next_at_s() is None


def test_the_heartbeat_comes_from_the_clocks_thread(booth: Booth) -> None:
    assert booth.inputs.beat_at_s == 1000.0
    booth.clock.advance(60.0)
    assert booth.inputs.beat_at_s == pytest.approx(1060.0, abs=0.11)
