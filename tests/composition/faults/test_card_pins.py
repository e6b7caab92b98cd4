"""The door's pin: the door is unlocked only after a durable row, also if something fails while rows are written."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from kiosk.model import Phase
from kiosk.runtime.admission import DURABLE_S
from tests.composition.faults.card import BoothWithCard
from tests.composition.test_entrance_pins import ram_disk
from tests.samples import examples
from tests.scenarios.test_bad_input import disk_full

WIRES = ("presence", "officer", "officer", "passage", "stop", "skip", "service", "emergency", "door_contact")
DELAYS_S = st.sampled_from((0.0, 0.1, DURABLE_S))


class CardAndWires(RuleBasedStateMachine):
    """Moves inputs and lets the card answer, late, in between or with an error; checks the pins after each event."""

    @initialize()
    def build(self) -> None:
        self.folder = tempfile.TemporaryDirectory(dir=ram_disk())
        self.booth = BoothWithCard(Path(self.folder.name)).start()
        self.unlocked = 0
        self.seen_energised = False

    def follow(self, for_s: float) -> None:
        """Handle one event at a time, so that each change of the door is checked in the phase that caused it."""
        self.booth.clock.advance(for_s)
        self.check()
        while self.booth.kiosk.loop.turn(0.0):
            self.check()

    def check(self) -> None:
        energised = self.booth.door_energised
        phase = self.booth.phase
        if energised and not self.seen_energised and phase is not Phase.EMERGENCY:
            self.unlocked += 1
            assert phase is Phase.ADMITTING
            assert self.unlocked <= len(self.booth.admitted())
        if phase is Phase.EMERGENCY:
            assert energised
        assert not (energised and self.booth.pump_on)
        if phase not in {Phase.EMERGENCY, Phase.ADMITTING}:
            assert not energised
        self.seen_energised = energised

    @rule(name=st.sampled_from(WIRES), active=st.booleans(), delay_s=DELAYS_S)
    def a_wire_moves(self, name: str, active: bool, delay_s: float) -> None:
        self.booth.set(name, active=active)
        self.follow(0.05 + delay_s)

    @rule()
    def the_officer_presses(self) -> None:
        for active in (True, False):
            self.booth.set("officer", active=active)
            self.follow(0.05)

    @rule(presses=st.integers(1, 3))
    def the_officer_presses_and_then_stop(self, presses: int) -> None:
        self.a_wire_moves("stop", active=False, delay_s=0.0)
        for _ in range(presses):
            self.the_officer_presses()
        self.a_wire_moves("stop", active=True, delay_s=0.0)
        assert self.booth.phase in {Phase.OUT_OF_SERVICE, Phase.MAINTENANCE, Phase.EMERGENCY}

    @rule()
    def the_card_answers(self) -> None:
        self.booth.card.answer()
        self.follow(0.0)

    @rule(name=st.sampled_from(WIRES), active=st.booleans(), delay_s=DELAYS_S)
    def the_card_answers_and_meanwhile_a_wire_moves(self, name: str, active: bool, delay_s: float) -> None:
        self.booth.card.answer(lambda: self.a_wire_moves(name, active, delay_s))
        self.follow(0.0)

    @rule()
    def the_card_is_full(self) -> None:
        with disk_full():
            self.booth.card.answer()
        self.follow(0.0)

    @rule(for_s=st.floats(0.1, 8.0))
    def time_passes(self, for_s: float) -> None:
        for _ in range(round(for_s / 0.1)):
            self.follow(0.1)

    def teardown(self) -> None:
        if hasattr(self, "booth"):
            self.booth.close()
            assert not self.booth.door_energised
            assert len(set(self.rows())) == len(self.rows())
            self.folder.cleanup()

    def rows(self) -> list[tuple[int, int]]:
        with self.booth.reading() as reading:
            return [(row.run, row.seq) for row in reading.rows()]


TestCardAndWires = CardAndWires.TestCase
TestCardAndWires.settings = settings(
    max_examples=examples(60), stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
