"""The referee's judge of passages: bodies through the building door against rows of the journal.

A passage sensor sees a broken beam. Two bodies that break it together, or somebody who comes out at the same moment,
cannot be told apart by any kiosk; neither can a direction without `inputs.exit`. Such a body may have a row or not.
The same holds while the kiosk is down or starts, in an emergency, and under the service key, when people go freely.
It holds for everybody without an admission, too, while the door stands open since the start or since its exit was used:
they may be people who come out.
A body that goes in by a door that opened as it was locked, or after that, may count for the admission before it or not.
Every other body that goes in must have a row `went_through`, and a second one on an unlocking must be reported in time.
"""

from collections.abc import Callable
from math import inf

from kiosk.model import Clock, Phase
from kiosk.settings.schema.settings import Settings
from kiosk.simulator.worlds.bodies import Body, Spot
from kiosk.simulator.worlds.judges.journal_rows import JournalRows
from kiosk.simulator.worlds.judges.standing_alarms import StandingAlarms
from kiosk.simulator.worlds.premises import BEAM_S
from kiosk.simulator.worlds.stay import SLACK_S

REPORT_S = 2.0
"""A second body on one admission is reported within this time."""

TOGETHER_S = 0.25
"""Two breaks of the beam within this time may be one for the sensor's debounce and its poll."""

OUT_AND_IN_S = 1.5
"""Bodies that go out and in within this time are not told apart."""

EXIT_S = 10.5
"""A press of the exit button may explain a passage for this long."""

BOOT_S = 4.0
UNSAVED_S = 1.0
"""So long after the start and before the end of the kiosk's life, a row may be missing."""

SHUT_S = 2.5
"""So long after a shut door was locked, its admission is over; a little earlier, it may be."""

FOLLOW_S = 9.5
"""Without a door contact, who follows later than this after the locking may be taken for somebody on their own."""


class PassageJudge:
    """Counts what the sensors can have seen; `accuse` notes a broken promise.

    rows: reads the journal's file. is_spoiled: nothing is judged, as a sensor is missing or lies.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        rows: JournalRows,
        accuse: Callable[[str, str], None],
        *,
        is_spoiled: bool,
    ) -> None:
        self._inputs = settings.inputs
        self._clock = clock
        self._rows = rows
        self._accuse = accuse
        self._is_spoiled = is_spoiled or settings.inputs.passage is None
        self._standing = StandingAlarms(clock, rows, accuse)
        self._surely: list[float] = []
        self._perhaps = 0
        self._must_report = self._may_report = 0
        self._beam_s = self._down_s = self._out_s = self._exit_s = self._up_s = self._locked_s = self._unlocked_s = -1e9
        self._opened_s = -1e9
        self._free = False
        self._leaving_until_s = -inf
        self._on_admission: int | None = None
        self._unlocked = self._open = self._opened_locked = False

    def goes_through(self, body: Body, left: Spot, *, down: bool, free: bool) -> bool:
        """A body went through the building door, in or out. free: in an emergency, or under the service key.

        Return True if it went in, and nothing else explains what a passage sensor sees.
        """
        now_s = self._clock.now_s()
        if Spot.BUILDING not in (left, body.spot):
            return False
        beam_s, before_s = now_s - BEAM_S / 2, self._beam_s
        self._beam_s = beam_s
        if left is Spot.BUILDING:
            self._goes_out(now_s)
        elif not down:
            together = beam_s - before_s < BEAM_S + TOGETHER_S
            out = now_s - self._out_s < OUT_AND_IN_S or now_s - self._exit_s < EXIT_S
            self._free = self._free or free
            free = self._free or now_s - self._up_s < BOOT_S
            surely = not (together or out or free or self._may_come_out(beam_s))
            self._goes_in(now_s, surely=surely, free=free)
            return surely
        elif beam_s <= self._down_s:
            self._perhaps += 1  # it broke the beam before the kiosk's life ended
            self._may_report += 1
        return False

    def unlocked(self, unlocked: bool) -> None:
        """The lock was released for an admission, or locked."""
        self._unlocked = unlocked
        if unlocked:
            self._on_admission, self._unlocked_s = 0, self._clock.now_s()
        else:
            self._locked_s = locked_s = self._clock.now_s()
            self._opened_locked = self._opened_locked or locked_s - self._opened_s <= SLACK_S
            if not self._open:
                until_s = locked_s + (SHUT_S if self._inputs.door_contact else EXIT_S)
                self._clock.call_at(until_s, lambda: self._admission_is_over(locked_s))

    def leaf_moved(self, is_open: bool, *, free: bool) -> None:
        """The building door opened or fell shut. When it is shut and locked, the admission is over.

        free: in an emergency, or under the service key; whoever is in the doorway then goes freely.
        """
        now_s, self._open = self._clock.now_s(), is_open
        if not is_open:  # no contact notices a door that is caught while it falls shut
            self._leaving_until_s = min(self._leaving_until_s, now_s + SLACK_S)
        elif now_s - self._exit_s < EXIT_S or now_s < self._leaving_until_s:
            self._leaving_until_s = inf
        self._free = self._free or (is_open and free)
        if is_open:
            self._opened_locked, self._opened_s = not self._unlocked, now_s
        else:
            self._free = False
            if not self._unlocked:
                self._on_admission = None

    def pressed(self, button: str) -> None:
        """A button was pressed."""
        if button == "exit":
            self._exit_s = self._clock.now_s()
        elif button == "officer":
            self._standing.officer_pressed()

    def wire_moved(self, name: str, active: bool) -> None:
        """A wire changed its level. In an emergency and under the service key, people go freely."""
        self._free = self._free or (active and name in ("service", "emergency"))

    def screen_shows(self, phase: Phase | None) -> None:
        """The screen shows this phase now; None: it is dark."""
        self._standing.screen_shows(phase)

    def kiosk_is_down(self) -> None:
        """The kiosk's life ended: the last rows may be lost."""
        now_s = self._down_s = self._clock.now_s()
        lost = [at_s for at_s in self._surely if now_s - at_s < UNSAVED_S]
        self._surely = self._surely[: len(self._surely) - len(lost)]
        self._perhaps += len(lost)
        self._on_admission = None

    def kiosk_is_up(self) -> None:
        """The kiosk runs again."""
        self._up_s = self._clock.now_s()
        if self._open:  # nobody knows why
            self._leaving_until_s = inf

    def end(self) -> None:
        """The world is over: compare bodies and rows. The row of a body of the last moment may not be written yet."""
        if self._is_spoiled:
            return
        self._standing.end()
        self.kiosk_is_down()
        rows, least = self._rows.passages(), len(self._surely)
        if not least <= rows.through <= least + self._perhaps:
            seen = f"{rows.through} rows for {least} to {least + self._perhaps} bodies"
            self._accuse("the journal counts the bodies that went through", seen)
        if rows.reported > self._may_report:
            seen = f"{rows.reported} reports for at most {self._may_report} bodies without an admission of their own"
            self._accuse("a second body on one admission is reported", seen)

    def _may_come_out(self, beam_s: float) -> bool:
        """Return True if a body of this moment may be one that comes out of a door that is open without an admission.

        Only a contact tells the kiosk that the door stands open.
        """
        is_admitted = self._on_admission is not None and self._unlocked_s <= beam_s
        return self._inputs.door_contact is not None and beam_s < self._leaving_until_s and not is_admitted

    def _admission_is_over(self, locked_s: float) -> None:
        if self._locked_s == locked_s and not self._unlocked:
            self._on_admission = None

    def _goes_out(self, now_s: float) -> None:
        self._out_s = now_s
        mixed = [at_s for at_s in self._surely if now_s - at_s < OUT_AND_IN_S]
        self._surely = self._surely[: len(self._surely) - len(mixed)]
        self._perhaps += len(mixed) + 1
        self._may_report += 1
        if self._inputs.exit is None:
            self._is_spoiled = True  # nothing tells this body from one that goes in

    def _goes_in(self, now_s: float, *, surely: bool, free: bool) -> None:
        if surely:
            self._surely.append(now_s)
        else:
            self._perhaps += 1
        if self._on_admission is None or free or self._unlocked_s > self._beam_s:
            self._may_report += 1  # the last: it broke the beam before the door was unlocked again for somebody else
            return
        self._on_admission += 1
        if self._on_admission < 2:
            is_late = now_s - self._locked_s > SHUT_S - 2 * SLACK_S
            is_over = not self._unlocked and (self._opened_locked or is_late)
            self._may_report += not surely or is_over
            return
        self._may_report += 1
        may_be_alone = self._inputs.door_contact is None and now_s - self._locked_s > FOLLOW_S
        if surely and not may_be_alone:
            self._must_report += 1
            wanted = self._must_report
            self._clock.call_at(now_s + REPORT_S, lambda: self._check_report(wanted, now_s))

    def _check_report(self, wanted: int, since_s: float) -> None:
        if self._is_spoiled:
            return
        found = self._rows.passages().reported
        if found < wanted:
            seen = f"{found} reports for {wanted} second bodies, {REPORT_S} s later"
            self._accuse("a second body on one admission is reported", seen)
            self._must_report = found
        else:
            self._standing.stands("passage_unadmitted", since_s)
