"""A hall for visitors who see nothing: the demo's booth, whose loudspeaker is heard on the virtual clock."""

from collections.abc import Callable, Iterator
from pathlib import Path

from kiosk.display.server import DisplayServer
from kiosk.display.texts import load
from kiosk.settings.schema.settings import Settings
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.demo import Demo
from kiosk.simulator.demo_command import OWN_SETTINGS
from kiosk.simulator.people.blind_visitor import BlindVisitor
from kiosk.simulator.people.personas import Persona, VisitorCodes
from kiosk.simulator.speaker import Heard, SimulatedPlayer
from kiosk.simulator.voice import simulated_voice

TEXTS = load(OWN_SETTINGS.parent / "texts", ("id", "en"))


def say(language: str, key: str) -> str:
    """The words that are heard for a text."""
    words = TEXTS.say(language, key)
    return f"{language}: {words if words.endswith(('.', '?', '!', ':')) else f'{words}.'}"


class Hall:
    """The demo's booth with a loudspeaker, a referee with ears, and no other visitors. display: the page, if any."""

    def __init__(self, folder: Path, settings: Settings, display: DisplayServer | None = None) -> None:
        self.clock = VirtualClock()
        self.heard: list[Heard] = []
        self.ears: list[Callable[[Heard], None]] = [self.heard.append]
        self.sprayed_at_s: float | None = None
        self.codes: dict[str, bytes] = {}
        self.player = SimulatedPlayer(self.clock, self._on_heard)
        voice = simulated_voice(settings, folder / "voice", OWN_SETTINGS.parent / "texts", self.player)
        self.demo = Demo(settings, folder, self._nobody, self.clock, lambda _ending: None, display, voice)
        self.demo.start()
        self.run(3.0)

    def _nobody(self, codes: VisitorCodes) -> Iterator[Persona]:
        self.codes = {colour: text.encode() for text, colour in codes.statuses.items()}
        return iter(())

    def _on_heard(self, heard: Heard) -> None:
        for ear in self.ears:
            ear(heard)

    def run(self, for_s: float) -> None:
        until_s = self.clock.now_s() + for_s
        while self.clock.now_s() < until_s:
            self.demo.advance()
            if self.demo.booth.spraying and self.sprayed_at_s is None:
                self.sprayed_at_s = self.clock.now_s()

    def visit(self, language: str, status: str, *, declines: bool = False, lasts_s: float = 75.0) -> BlindVisitor:
        visitor = BlindVisitor(self.demo.booth, self.clock, TEXTS, language, self.codes[status], declines=declines)
        self.ears.append(visitor.hear)
        visitor.arrive()
        until_s = self.clock.now_s() + lasts_s
        while self.clock.now_s() < until_s and not visitor.entered and not visitor.sent_to:
            self.run(1.0)
        return visitor

    def words(self) -> list[str]:
        return [f"{heard.words}-" if heard.cut else heard.words for heard in self.heard]
