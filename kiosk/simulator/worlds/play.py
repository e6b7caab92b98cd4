"""Playing a story: the real kiosk on mock pins, a simulated bus and a virtual clock, with people around it."""

import tempfile
from collections import deque
from collections.abc import Iterator
from datetime import timedelta
from math import inf
from pathlib import Path
from typing import cast

from kiosk.composition.app import Kiosk
from kiosk.composition.environment import Environment, scanner_opener
from kiosk.display.screens import Screen
from kiosk.display.server import DisplayServer
from kiosk.flow.state import State
from kiosk.hardware.inputs import POLL_S
from kiosk.model import Clock, Phase, WallTime
from kiosk.runtime.worker import Duty, InlineWorker
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.inline_scanner import InlineScannerLink
from kiosk.simulator.watched_bus import imager_on, watched_bus
from kiosk.simulator.worlds.bodies import Body, Spot
from kiosk.simulator.worlds.booth import settings_of
from kiosk.simulator.worlds.card import Card, CardDuty
from kiosk.simulator.worlds.codes import NOW_UTC, payloads_of, write_public_key
from kiosk.simulator.worlds.deeds import Deeds
from kiosk.simulator.worlds.devices import LateWorker, MortalClock, WorldHeader, held_codes_opener
from kiosk.simulator.worlds.judges.blindness import blindness_of
from kiosk.simulator.worlds.judges.journal_rows import JournalRows
from kiosk.simulator.worlds.judges.referee import Referee
from kiosk.simulator.worlds.judges.rest_judge import RestJudge
from kiosk.simulator.worlds.judges.service_judge import MOMENTARY_S, judge_service
from kiosk.simulator.worlds.pictures.camera import WorldCamera
from kiosk.simulator.worlds.premises import Premises
from kiosk.simulator.worlds.report import WorldReport, in_order, journal_tells, unplayed
from kiosk.simulator.worlds.services.status import WorldStatus
from kiosk.simulator.worlds.services.venue import WorldVenue
from kiosk.simulator.worlds.story import Story, StoryLine
from kiosk.simulator.worlds.walkers import Walker
from kiosk.support.links import Link
from kiosk.support.time_zones import zone_of

REAL_PACE_EVERY, RARE_POLL_S = 16, 5.0
"""In each world with such a seed, inputs are polled and workers tick as often as on a Raspberry Pi. In the others they
do so rarely: the header of a world reports every edge, and idle ticks would take most of the processor's time."""

RARE_TICK_S = 0.75
"""The credential worker then makes the uses of passes durable within this time."""

SETTLE_S = 30.0
"""A world in which nothing more can happen is watched for so long, and then ends early."""

WARNINGS = ("disinfecting.warn", "disinfecting.spray")
"""The screen announces the spray with these texts."""


def play(story: Story, ram: Path | None = None) -> WorldReport:
    """Play `story` to its end in a temporary folder (below `ram`, if given) and return what the referee saw."""
    with tempfile.TemporaryDirectory(prefix="world-", dir=ram) as folder:
        world = PlayedWorld(story, Path(folder))
        try:
            report = world.run()
        except Exception:  # not Ctrl+C, which may come in the middle of anything
            world.close()
            raise
        world.close()
        return report


class PlayedWorld:
    """One story on its way. It is the kiosk's display, too: it sees each screen and shows it to the people."""

    def __init__(self, story: Story, folder: Path) -> None:
        self.story = story
        self.clock = VirtualClock()
        self.start_s = self.clock.now_s()
        self._told: list[tuple[float, str]] = []
        self._happened_s = self.start_s
        self._folder = folder
        self._real_pace = story.seed % REAL_PACE_EVERY == 0
        self._deeds = Deeds(self)
        write_public_key(folder)
        self.settings = settings_of(story.site, folder)
        self._journal = journal = folder / self.settings.journal.path
        self._rows, self.card = JournalRows(journal), Card(journal, story.seed, self.end_life)
        blind = blindness_of(story.lines)
        self.referee = Referee(self.settings, self.clock, self.start_s, self._rows, blind, self.tell)
        faced = lambda: self.referee.faced(self.premises.face_at_thermometer())  # noqa: E731
        self.bus = watched_bus(self.settings, self.clock, story.seed, story.room_c, faced)
        self.status = WorldStatus(self.settings, self.clock, self.referee.stay, self.tell)
        self.venue = WorldVenue(self.clock, self.referee.stay, self.tell)
        self.premises: Premises = Premises(self.settings, self.clock, self.bus, self.referee)
        self.premises.room_c = story.room_c
        self.camera_is_silent = False
        self.late_s: dict[str, float] = {}
        self.wall_step_s = 0.0
        self._screen: Screen | None = None
        self._due: tuple[State | None, float] = None, inf
        self._waiting: dict[str, list[StoryLine]] = {}
        self._shown: set[str] = set()
        self._kiosk: Kiosk | None = None
        self._life: MortalClock | None = None
        self._scanner: InlineScannerLink | None = None
        self._walkers = self._people()
        self._unserved = list(self._walkers.values())
        for line in story.lines:
            if line.when:
                self._waiting.setdefault(line.when, []).append(line)
            else:
                self._at(line.at_s, line)

    def _people(self) -> dict[str, Walker]:
        """Return the people of the story by name."""
        bodies, queue, walkers = self.premises.bodies, deque[Walker](), {}
        for one in self.story.people:
            bodies[one.name] = Body(one.name, one.skin_c, one.carries, Spot(one.starts), self.start_s, hand=one.hand)
        for persona in self.story.people:
            body, leader = bodies[persona.name], bodies[persona.follows] if persona.follows else None
            walkers[persona.name] = Walker(
                persona, body, self.premises, self.clock, lambda: self._screen, leader, queue, self.venue.scan
            )
        return walkers

    def run(self) -> WorldReport:
        """Play to the end."""
        self._boot()
        for walker in self._walkers.values():
            walker.start()
        end_s = self.start_s + self.story.lasts_s
        rest = RestJudge(self.clock, self.referee.accuse)
        while self.clock.now_s() < end_s and not self._is_over:
            self._turn(end_s)
            if not rest.rests_after_turn():
                break
        self.referee.end()
        judge_service(self.story, self.settings, self._walkers.values(), self.referee, self.start_s, self.clock.now_s())
        fates = {
            name: f"is in the {walker.body.spot.value}" + (" (told to go elsewhere)" if walker.fate.sent_on_s else "")
            for name, walker in self._walkers.items()
        }
        referee, ended_s = self.referee, self.clock.now_s() - self.start_s
        counts = self._rows.visits(), referee.admissions, len(referee.entered)
        told = in_order([*self._told, *journal_tells(self._journal, self.start_s)])
        return WorldReport(
            self.story.title, referee.broken, told, *counts, ended_s, fates, list(unplayed(self.story, self._shown))
        )

    def close(self) -> None:
        """Switch the kiosk off."""
        if self._kiosk:
            self.referee.kiosk_is_down()
            self._kiosk.close("asked")
            self._kiosk = None

    # --- the kiosk's display ----------------------------------------------------------------------------------------

    def show(self, screen: Screen, _now_s: float) -> None:
        """Show a screen to the people."""
        before, self._screen = self._screen, screen
        self.referee.screen_says_spray(screen.headline.startswith(WARNINGS))
        self.referee.screen_shows(screen.phase, screen.referral)
        self.venue.code_is_shown(screen.venue_code)
        if before is None or before.phase is not screen.phase:
            why = f" ({screen.referral.value})" if screen.referral else ""
            self.tell(f"the screen shows {screen.phase.value}{why}")
            self._shown.add(screen.phase.value)
            for line in self._waiting.get(screen.phase.value, ()):
                self._at(self.clock.now_s() - self.start_s + line.at_s, line)
        for walker in self._walkers.values():
            walker.screen_changed()

    def preview(self, _jpeg: bytes) -> None:
        """Nobody needs the live picture here."""

    # --- the camera's view ------------------------------------------------------------------------------------------

    def codes_in_view(self) -> Iterator[tuple[str, bytes]]:
        """Yield the name and the payload of each code that a body in the chamber holds up."""
        for body in self.bodies_in_view():
            for name in body.shows:
                for payload in payloads_of(name):
                    yield name, payload

    def bodies_in_view(self) -> list[Body]:
        """Return the bodies in the chamber."""
        return [body for body in self.premises.bodies.values() if body.spot is Spot.CHAMBER]

    def code_was_seen(self, name: str, *, again: bool = False) -> None:
        """Tell the referee that the camera saw a code."""
        self.referee.showed(name, again=again)

    # --- time -------------------------------------------------------------------------------------------------------

    def _turn(self, end_s: float) -> None:
        """Let the loop do what it has to do now, and advance the clock to the next thing that happens."""
        kiosk, clock = self._kiosk, self.clock
        next_s = clock.next_at_s()
        next_s = end_s if next_s is None or next_s > end_s else next_s
        if kiosk:
            if self._has_work(kiosk):
                while kiosk is self._kiosk and kiosk.loop.turn(0.0):
                    pass
                next_s = min(next_s, clock.next_at_s() or end_s)
            # the loop lets no deadline pass while an admission waits for its row
            if kiosk is self._kiosk and clock.now_s() < self._due_s(kiosk) < next_s:
                next_s = self._due_s(kiosk)
        clock.advance_to(max(next_s, clock.now_s()))

    def _has_work(self, kiosk: Kiosk) -> bool:
        """Return True if a turn of the loop may do something now: the loop sleeps until then."""
        if kiosk.inbox.holds_older(inf) or kiosk.writer.waiting_since_s is not None:
            return True
        return self._due_s(kiosk) <= self.clock.now_s()

    def _due_s(self, kiosk: Kiosk) -> float:
        """Return when something falls due in the state of the loop; infinite if nothing does."""
        state = kiosk.loop.state
        if state is not self._due[0]:
            due_s = state.due_s
            self._due = state, inf if due_s is None else due_s
        return self._due[1]

    @property
    def _is_over(self) -> bool:
        """True once nobody wants anything more, no line is left, and nothing happened for `SETTLE_S`."""
        while self._unserved and self._unserved[-1].wants_nothing:
            self._unserved.pop()
        if self._unserved:
            return False
        settle_s = SETTLE_S if self.story.lines else 0.0
        return self.clock.now_s() - self._happened_s >= settle_s and self._is_quiet

    @property
    def _is_quiet(self) -> bool:
        """True while the entrance is as at night: nobody in it, doors shut and locked, pump off, screen idle."""
        return self._screen is not None and self._screen.phase is Phase.IDLE and self.premises.is_deserted

    def _at(self, at_s: float, line: StoryLine) -> None:
        self._happened_s = max(self._happened_s, self.start_s + at_s + (line.for_s or MOMENTARY_S))
        self.clock.call_at(self.start_s + at_s, lambda: self._deeds.carry_out(line))

    # --- the kiosk's life -------------------------------------------------------------------------------------------

    def _boot(self) -> None:
        header, zone = WorldHeader(), zone_of(self.settings.time_zone)
        life = self._life = MortalClock(self.clock)
        environment = Environment(
            clock=life,
            board=header,
            open_i2c=lambda _number: self.bus,
            open_imager=imager_on(self.bus),
            open_scanner=scanner_opener(self._start_scanner) if self.story.pictures else held_codes_opener(self),
            worker=lambda duty, _on_crash: self._worker(duty, life),
            open_venue=self.venue.connect,
            open_status=self.status.connect,
            wall=lambda: WallTime(NOW_UTC + timedelta(seconds=self.clock.now_s() + self.wall_step_s), True, zone),
            poll_s=POLL_S if self._real_pace else RARE_POLL_S,
        )
        self.bus.closed = False
        self._kiosk = Kiosk(self.settings, self._folder, environment, cast("DisplayServer", self))
        self.premises.put_up(header)
        self.premises.sense()
        self.referee.kiosk_is_up(self.premises.relay_unlocks)
        self._kiosk.start()

    def end_life(self, for_s: float) -> None:
        """End the process without any clean-up: pins are as the board leaves them, files are let go."""
        kiosk, self._kiosk = self._kiosk, None
        if kiosk is None:
            return
        assert self._life
        self._life.die()
        self._life = None
        self.referee.kiosk_is_down()
        self.premises.put_up(WorldHeader())
        self.premises.sense()
        kiosk.writer._journal.close()
        if self._scanner:
            self._scanner.release()
        self._screen = None
        self.clock.call_at(self.clock.now_s() + for_s, self._boot)

    def _worker(self, duty: Duty, clock: Clock) -> InlineWorker:
        if duty.name == "journal":
            kiosk_life = self._life
            duty = CardDuty(duty, self.card, lambda: kiosk_life is self._life)
        idle_s = RARE_TICK_S if duty.name == "credentials" and not self._real_pace else 0.0
        return LateWorker(duty, clock, lambda job: self.late_s.get(duty.name, 0.0) + self.status.takes_s(job), idle_s)

    def _start_scanner(self) -> Link:
        assert self._life
        self._scanner = InlineScannerLink(lambda setup: WorldCamera(self, setup, self.clock), self._life)
        return self._scanner

    def tell(self, what: str) -> None:
        """Add a sentence to the story as it is told."""
        self._happened_s = max(self._happened_s, now_s := self.clock.now_s())
        self._told.append((now_s - self.start_s, what))
