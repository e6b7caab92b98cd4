"""A loudspeaker on the virtual clock for the tests, with clips of the simulated voice."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from kiosk.display.sentences import sentences_of
from kiosk.display.speech import Speech
from kiosk.flow.events import DeviceFailed, DeviceRecovered, Event
from kiosk.hardware.speaker.clips import ClipName, Clips, Sentences
from kiosk.hardware.speaker.duty import SpeakerDuty
from kiosk.hardware.speaker.rendering import render
from kiosk.model import WallTime
from kiosk.runtime.worker import InlineWorker
from kiosk.settings.schema.speaker import SpeakerSettings
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.speaker import Heard, SimulatedPlayer, spell
from tests.display.scenes import REFERRALS, texts

LANGUAGES = ("id", "en")


def shipped_sentences() -> Sentences:
    """The sentences of the shipped texts and of the test site."""
    said = sentences_of(texts(), LANGUAGES, REFERRALS)
    return {ClipName(*name): sentence for name, sentence in said.items()}


class Speaker:
    """A loudspeaker; `settings` are those of the section `speaker`, `spoilt` the clips that cannot be read."""

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, object] | None = None,
        sentences: Sentences | None = None,
        languages: tuple[str, ...] = LANGUAGES,
        spoilt: tuple[ClipName, ...] = (),
    ) -> None:
        self.clock = VirtualClock()
        self.began_s = self.clock.now_s()
        self.player = SimulatedPlayer(self.clock)
        self.utc = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
        self.sure = True
        self.events: list[Event] = []
        self.deaf = False
        sentences = shipped_sentences() if sentences is None else sentences
        render(folder, sentences, spell)
        for name in spoilt:
            name.path(folder).write_bytes(b"RIFF")
        self.clips = Clips(folder, sentences, languages)
        duty = SpeakerDuty(
            self.player, self.clips, SpeakerSettings.model_validate(settings or {}), self.clock, self.wall, self.post
        )
        self.worker = InlineWorker(duty, self.clock)
        self.worker.start()

    def wall(self) -> WallTime:
        return WallTime(self.utc, self.sure)

    def post(self, event: Event) -> bool:
        if not self.deaf:
            self.events.append(event)
        return not self.deaf

    def say(self, speech: Speech, then_s: float = 0.0) -> "Speaker":
        self.worker.put(speech)
        self.clock.advance(then_s)
        return self

    def wait(self, for_s: float) -> "Speaker":
        self.clock.advance(for_s)
        return self

    @property
    def heard(self) -> list[str]:
        """The speeches that were heard, in order; one that was cut off ends with a dash."""
        return [f"{heard.words}-" if heard.cut else heard.words for heard in self.player.heard]

    @property
    def last(self) -> Heard:
        return self.player.heard[-1]

    @property
    def health(self) -> list[str]:
        """The reports about the loudspeaker: fault codes, and "" for one that works."""
        assert all(event.device == "speaker" for event in self.events if isinstance(event, DeviceFailed))
        faults = [event for event in self.events if isinstance(event, DeviceFailed | DeviceRecovered)]
        return [event.fault if isinstance(event, DeviceFailed) else "" for event in faults]
