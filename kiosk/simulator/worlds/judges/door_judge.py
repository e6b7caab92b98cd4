"""The judge of the doors' alarms: a door that is forced or held open must be in the journal until it is acknowledged.

A door is forced when it opens although its relay locks it and nobody inside asked to come out. Nothing is judged
without a door contact, in a story in which the contact lies or the card does not answer, and around the times in which
people go freely: while the kiosk starts, and in an emergency. An alarm that no opening explains is judged, too.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kiosk.flow.door_observations import BOLT_LATE_S
from kiosk.model import Clock, Phase
from kiosk.settings.schema.settings import Settings
from kiosk.simulator.worlds.bodies import Leaf
from kiosk.simulator.worlds.judges.blindness import Blindness
from kiosk.simulator.worlds.judges.journal_rows import JournalRows
from kiosk.simulator.worlds.judges.standing_alarms import StandingAlarms
from kiosk.simulator.worlds.stay import SLACK_S

FORCED = "a forced door is reported"
HELD_OPEN = "a door that is held open is reported"
UNCAUSED = "no alarm without a cause"

REPORT_S = 2.0
"""An alarm is reported within this time."""

GRACE_S = 2.5
"""So long after it was unlocked, the door may open without being forced: a hand may be on it."""

EXIT_S = 10.5
"""A press of the exit button explains an open door for this long."""

FREE = frozenset({Phase.STARTING, Phase.EMERGENCY, None})
"""While the screen shows one of these, or nothing, people go freely."""


@dataclass(frozen=True, slots=True)
class DoorAlarms:
    """The alarms of one door.

    exit: the input by which people inside ask to come out. forced, held_open: the codes of its faults. open_alarm_s: it
    may stand open for so long. grace_s: it may be opened so long after it was locked. reports_forced: the site wants to
    hear of forced openings, and an input explains the others. is_latched: the alarm of an open door stays when the door
    is shut.
    """

    exit: str
    forced: str
    held_open: str
    open_alarm_s: float
    grace_s: float
    reports_forced: bool
    is_latched: bool


class DoorJudge:
    """Judges each opening of one door. rows: reads the journal's file. accuse: notes a broken promise."""

    def __init__(
        self, name: str, alarms: DoorAlarms, clock: Clock, rows: JournalRows, accuse: Callable[[str, str], None]
    ) -> None:
        self._name = name
        self._alarms = alarms
        self._clock = clock
        self._rows = rows
        self._accuse = accuse
        self._unlocked = False
        self._unlocked_s = self._exit_s = self._officer_s = self._free_s = -1e9
        self._is_free = True
        self._openings = 0
        self._opened_s: float | None = None
        self._standing = StandingAlarms(clock, rows, accuse)
        self._causes: set[str] = set()

    def lock_moved(self, unlocked: bool) -> None:
        """The lock of the door was released or locked."""
        self._unlocked, self._unlocked_s = unlocked, self._clock.now_s()

    def pressed(self, button: str) -> None:
        """Somebody asked to come out, or the officer pressed the button, which may acknowledge an alarm."""
        if button == self._alarms.exit:
            self._exit_s = self._clock.now_s()
        elif button == "officer":
            self._officer_s = self._clock.now_s()
            self._standing.officer_pressed()

    def screen_shows(self, phase: Phase | None) -> None:
        """The screen shows this phase now; None: it is dark."""
        if self._is_free:
            self._free_s = self._clock.now_s()
        self._is_free = phase in FREE
        self._standing.screen_shows(phase)

    def leaf_moved(self, leaf: Leaf) -> None:
        """The door opened or fell shut."""
        now_s, alarms = self._clock.now_s(), self._alarms
        self._openings += 1
        self._note_held_open(now_s)
        self._opened_s = now_s if leaf.open else None
        if not leaf.open:
            return
        opening, alarm_s = self._openings, now_s + alarms.open_alarm_s
        if not self._unlocked:
            self._causes.add(alarms.forced)
        if leaf.forced and alarms.reports_forced and self._must_be_shut(now_s):
            self._clock.call_at(now_s + SLACK_S, lambda: self._check_forced(opening, now_s))
        self._clock.call_at(alarm_s + REPORT_S, lambda: self._check_held_open(opening, now_s))

    def end(self) -> None:
        """The world is over: alarms that nobody acknowledged still stand, and no other ones were raised."""
        self._note_held_open(self._clock.now_s())
        self._standing.end()
        for fault in sorted({self._alarms.forced, self._alarms.held_open} - self._causes):
            if self._rows.times_raised(fault):
                self._accuse(UNCAUSED, f"{fault} was raised")

    def _note_held_open(self, now_s: float) -> None:
        if self._opened_s is not None and now_s - self._opened_s > self._alarms.open_alarm_s - SLACK_S:
            self._causes.add(self._alarms.held_open)

    def _must_be_shut(self, now_s: float) -> bool:
        grace_s = self._alarms.grace_s
        is_locked = not self._unlocked and now_s - self._unlocked_s > grace_s
        return is_locked and now_s - self._exit_s > EXIT_S and not self._people_go_freely(now_s - grace_s)

    def _people_go_freely(self, since_s: float) -> bool:
        return self._is_free or self._free_s > since_s

    def _check_forced(self, opening: int, opened_s: float) -> None:
        """Demand the alarm of a forced door, unless it was shut before the contact was debounced."""
        if opening == self._openings:
            rest_s = REPORT_S - SLACK_S
            self._clock.call_at(
                self._clock.now_s() + rest_s, lambda: self._check(FORCED, opened_s, self._alarms.forced, latched=True)
            )

    def _check_held_open(self, opening: int, opened_s: float) -> None:
        if opening == self._openings:
            self._check(HELD_OPEN, opened_s, self._alarms.held_open, latched=self._alarms.is_latched)

    def _check(self, promise: str, opened_s: float, fault: str, *, latched: bool) -> None:
        if self._people_go_freely(opened_s) or self._officer_s > opened_s:
            return  # people went freely, or the alarm may be acknowledged
        if not self._rows.fault_stands(fault):
            since_s = self._clock.now_s() - opened_s
            self._accuse(promise, f"the {self._name} door opened {since_s:.1f} s ago; {fault} does not stand")
        elif latched:
            self._standing.stands(fault, opened_s)


def door_judges(
    settings: Settings, clock: Clock, rows: JournalRows, blindness: Blindness, accuse: Callable[[str, str], None]
) -> Iterator[tuple[str, DoorJudge]]:
    """Yield the judges of the doors whose contacts are wired and tell the truth, by the doors' names."""
    door, street, inputs = settings.door, settings.street_door, settings.inputs
    if inputs.door_contact and not blindness.doors:
        alarms = DoorAlarms(
            "exit", "door_forced", "door_held_open", door.open_alarm_s, GRACE_S, door.report_forced, is_latched=True
        )
        yield "building", DoorJudge("building", alarms, clock, rows, accuse)
    if street and not blindness.street_door:
        grace_s, sees_exit = street.bolt_s + BOLT_LATE_S + SLACK_S, inputs.street_exit is not None
        faults = "street_door_forced", "street_door_held_open"
        alarms = DoorAlarms("street_exit", *faults, street.open_alarm_s, grace_s, sees_exit, is_latched=False)
        yield "street", DoorJudge("street", alarms, clock, rows, accuse)
