"""A visitor who sees nothing, and does what the loudspeaker says.

Rule: this visitor knows what is heard and nothing else. Sentences that were cut off, or that are said in another
language, are not understood.
"""

from collections.abc import Callable

from kiosk.display.texts import Texts
from kiosk.model import Clock, HealthQuestion
from kiosk.simulator.booth import SimulatedBooth, scene_of
from kiosk.simulator.people.personas import NORMAL_SKIN_C
from kiosk.simulator.people.phone import CodeCarrier, Scene
from kiosk.simulator.speaker import Heard

REACTION_S = 0.6
"""Time from the end of a sentence until the visitor acts."""

STEP_S = 0.4
"""Time for each step through the door; the visitor feels for it first."""

NEXT_PLACE = "referring.voice"


class BlindVisitor:
    """Acts on the booth when a sentence was heard to its end.

    Args:
        booth: the sensors and doors.
        clock: for the time until the visitor acts.
        texts, language: what the words mean, and the language that the visitor understands.
        code: the code on the visitor's phone.
        declines: the visitor declines the spray as soon as it is said how.

    Attributes:
        understood: the keys of the sentences that were understood, in order.
        sent_to: the words for the place to which the visitor was referred, or "".
        entered: the visitor went through the building door.
    """

    def __init__(
        self,
        booth: SimulatedBooth,
        clock: Clock,
        texts: Texts,
        language: str,
        code: bytes,
        *,
        declines: bool = False,
    ) -> None:
        self.understood: list[str] = []
        self.sent_to = ""
        self.entered = False
        self._booth = booth
        self._clock = clock
        self._language = language
        self._keys = {texts.say(language, key).rstrip("."): key for key in texts.sentences[language] if "." in key}
        self._listens_for_place = False
        self._deeds: dict[str, Callable[[], None]] = {
            "disinfecting.door.headline": lambda: booth.set("street_contact", active=False),
            "measuring.closer.headline": lambda: booth.face(NORMAL_SKIN_C),
            **{f"asking.{question.value}.instruction": lambda: self._press("no") for question in HealthQuestion},
            "scanning.headline": lambda: booth.show(scene_of(CodeCarrier.PHONE, code, 1)),
            "admitting.headline": self._open_the_door,
        }
        if declines:
            self._deeds["disinfecting.skip"] = lambda: self._press("skip")

    def arrive(self) -> None:
        """Step in front of the kiosk."""
        self._booth.set("presence", active=True)

    def hear(self, heard: Heard) -> None:
        """Understand a sentence, and act."""
        language, _, sentence = heard.words.partition(": ")
        if heard.cut:
            return
        if self._listens_for_place:
            self._listens_for_place, self.sent_to = False, sentence
        key = self._keys.get(sentence.rstrip("."), "") if language == self._language else ""
        if not key:
            return
        self.understood.append(key)
        self._listens_for_place = key == NEXT_PLACE
        if deed := self._deeds.get(key):
            self._after(REACTION_S, deed)

    def _press(self, name: str) -> None:
        self._booth.set(name, active=True)
        self._after(STEP_S, lambda: self._booth.set(name, active=False))

    def _open_the_door(self) -> None:
        """Push the door; it opens only if it is unlocked."""
        if self._booth.unlocked:
            self._booth.set("door_contact", active=True)
            self._after(STEP_S, self._go_through)

    def _go_through(self) -> None:
        self._booth.set("passage", active=True)
        self.entered = True
        self._after(STEP_S, self._be_gone)

    def _be_gone(self) -> None:
        for name in ("presence", "passage", "door_contact"):
            self._booth.set(name, active=False)
        self._booth.face(None)
        self._booth.show(Scene())

    def _after(self, for_s: float, deed: Callable[[], None]) -> None:
        self._clock.call_at(self._clock.now_s() + for_s, deed)
