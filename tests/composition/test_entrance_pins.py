"""The safety rules on the pins: random visitors, officers and accidents with the real devices on mock pins."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kiosk.model import Phase
from tests.booth import DOOR_PIN, FEVERISH_C, HEALTHY_C, PUMP_PIN, ROOM_C, Booth
from tests.booth import settings as booth_settings
from tests.samples import examples

WARN_S, SPRAY_S, AGAIN_S = 1.0, 3.0, 5.0
MAX_HOLD_S, MAX_SPRAY_S = 10.0, 10.0
SLACK_S = 0.01
CONTACTS = ("door_contact", "street_contact")


class Entrance(RuleBasedStateMachine):
    """Records from the outside what the visitor has really done, and checks the pins against that."""

    chamber_when = "occupied"

    @initialize()
    def build(self) -> None:
        self.folder = tempfile.TemporaryDirectory(dir=ram_disk())
        chamber = {"when": self.chamber_when, "warn_s": WARN_S, "spray_s": SPRAY_S, "again_s": AGAIN_S}
        self.booth = Booth(Path(self.folder.name), booth_settings(chamber=chamber)).start()
        self.active: set[str] = set()
        self.skin_c = ROOM_C
        self.forget_visitor()
        self.emergency_since_reset = self.officer_presses = False
        self.unlockings = 0

    def forget_visitor(self) -> None:
        self.came_at_s = self.booth.clock.now_s()
        self.measured_healthy = self.good_code_shown = False
        self.sprayed_since_s = self.booth.clock.now_s()

    def move(self, name: str, active: bool) -> None:
        self.booth.set(name, active=active)
        (self.active.add if active else self.active.discard)(name)
        if not active or name != "emergency":  # the loop releases the door a moment later
            self.pins_are_safe()
        self.watch(0.1)

    def watch(self, for_s: float) -> None:
        """Let time pass in small steps and check the pins after each."""
        for _ in range(max(1, round(for_s / 0.1))):
            self.measured_healthy |= self.skin_c == HEALTHY_C
            self.booth.advance(0.1)
            self.pins_are_safe()

    @rule()
    def a_visitor_comes(self) -> None:
        if "presence" not in self.active:
            self.forget_visitor()
        self.move("presence", True)

    @rule()
    def the_visitor_goes(self) -> None:
        self.face(ROOM_C)
        self.move("presence", False)
        self.watch(2.0)

    @rule(skin_c=st.sampled_from((ROOM_C, HEALTHY_C, HEALTHY_C, FEVERISH_C)))
    def face(self, skin_c: float) -> None:
        self.skin_c = skin_c
        self.booth.face(skin_c)

    @rule(good=st.booleans())
    def show_a_code(self, good: bool) -> None:
        self.good_code_shown |= good
        self.booth.show(self.booth.good_pass if good else self.booth.forged_pass)

    @rule(name=st.sampled_from(CONTACTS), opened=st.booleans())
    def a_door_moves(self, name: str, opened: bool) -> None:
        self.move(name, opened)

    @rule(name=st.sampled_from(("stop", "skip", "passage")))
    def a_button_is_pressed(self, name: str) -> None:
        self.move(name, True)
        self.move(name, False)

    @rule()
    def the_officer_presses(self) -> None:
        self.officer_presses = True
        self.move("officer", True)
        self.move("officer", False)
        self.emergency_since_reset = "emergency" in self.active
        self.officer_presses = False

    @rule(on=st.booleans())
    def the_emergency_input_moves(self, on: bool) -> None:
        self.emergency_since_reset |= on
        self.move("emergency", on)

    @rule(on=st.booleans())
    def the_key_is_turned(self, on: bool) -> None:
        self.move("service", on)

    @rule(for_s=st.floats(0.1, 8.0))
    def time_passes(self, for_s: float) -> None:
        self.watch(for_s)

    @rule(good=st.booleans(), leaves_early=st.booleans())
    def a_whole_visit(self, good: bool, leaves_early: bool) -> None:
        self.return_to_rest()
        self.a_visitor_comes()
        self.watch(WARN_S + SPRAY_S + 0.5)
        self.face(HEALTHY_C)
        self.watch(2.5)
        if leaves_early:
            self.the_visitor_goes()
        self.show_a_code(good)
        self.watch(1.0)

    def return_to_rest(self) -> None:
        for name in ("presence", *CONTACTS, "emergency", "service"):
            self.move(name, False)
        self.watch(12.0)
        if self.booth.kiosk.loop.state.phase in (Phase.EMERGENCY, Phase.OUT_OF_SERVICE):
            self.the_officer_presses()
        self.watch(12.0)

    @invariant()
    def pins_are_safe(self) -> None:
        if not hasattr(self, "booth"):
            return
        if self.booth.pump_on:
            assert not self.active & {*CONTACTS, "emergency"}
            assert ("presence" in self.active) is (self.chamber_when == "occupied")
            if self.chamber_when == "occupied":
                assert self.booth.clock.now_s() - self.came_at_s >= WARN_S
                assert self.pump_ran_s() <= SPRAY_S + SLACK_S
        unlockings = sum(level for _, level in self.moves(DOOR_PIN))
        if unlockings > self.unlockings:
            assert self.emergency_since_reset or self.officer_presses or self.everything_done()
        self.unlockings = unlockings
        for pin, longest_s in ((DOOR_PIN, MAX_HOLD_S), (PUMP_PIN, MAX_SPRAY_S)):
            if not self.emergency_since_reset:
                assert self.on_for_s(pin) <= longest_s + SLACK_S
        if "emergency" in self.active:
            assert self.booth.door_energised

    def everything_done(self) -> bool:
        sprayed = self.chamber_when == "empty" or self.pump_ran_s() >= SPRAY_S - SLACK_S
        return sprayed and self.measured_healthy and self.good_code_shown

    def moves(self, pin: int) -> list[tuple[float, bool]]:
        return list(self.booth.header.factory.pin(pin).moves)

    def pump_ran_s(self) -> float:
        ran_s, on_at_s = 0.0, None
        for at_s, level in self.moves(PUMP_PIN):
            if level:
                on_at_s = at_s
            elif on_at_s is not None and at_s >= self.sprayed_since_s:
                ran_s += at_s - on_at_s
        return ran_s

    def on_for_s(self, pin: int) -> float:
        moves = self.moves(pin)
        return self.booth.clock.now_s() - moves[-1][0] if moves and moves[-1][1] else 0.0

    def teardown(self) -> None:
        if hasattr(self, "booth"):
            self.booth.close()
            assert [self.booth.level(pin) for pin in (DOOR_PIN, PUMP_PIN)] == [False, False]
            self.folder.cleanup()


class EntranceWithEmptyChamber(Entrance):
    chamber_when = "empty"


def ram_disk() -> str | None:
    """Return a folder in memory, where fsync costs nothing, or None if there is none."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


FEW_EXAMPLES = settings(
    max_examples=examples(15), stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
TestOccupied = Entrance.TestCase
TestOccupied.settings = FEW_EXAMPLES
TestEmpty = EntranceWithEmptyChamber.TestCase
TestEmpty.settings = FEW_EXAMPLES
