"""`kiosk test`: the technician moves or watches one part of the running kiosk, in maintenance only.

Rule 1: a part is moved on the loop's thread, after a turn, and only while the phase is MAINTENANCE: no visitor is
served, and no event of the flow comes between the question and the movement.
Rule 2: the same relay objects move it as for visitors, with their time limits, the airlock and the spray's interlock.
Rule 3: what is still moving when maintenance ends is brought to rest. An emergency has freed the door; it stays free.
"""

import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk.display.speech import Speech
from kiosk.journal.records import Record, RowKind
from kiosk.model import Phase, Signal
from kiosk.runtime.watched_parts import WatchedParts
from kiosk.support.root_socket import Message, RootSocket

if TYPE_CHECKING:
    from kiosk.composition.app import Kiosk

SOCKET = "test.sock"
"""Name of the socket in the kiosk's runtime folder."""

PARTS = ("door", "sprayer", "lights", "speaker", "thermometer", "camera", "inputs", "screen")

LOOP_S = 1.5
"""The loop takes a question within this time; a turn without an event takes a tenth of a second."""

SPRAY_S = 1.0
"""A test spray is short."""

NOT_IN_MAINTENANCE = (
    "the kiosk is not in maintenance; turn the service key (inputs.service) first, and nobody is served"
)

EMERGENCY_STANDS = (
    "an emergency stands; end it (inputs.emergency; a contact without a wire is one), and press the officer's button"
)


class MaintenanceTests:
    """Answers questions of the technician: `answer` on any thread, `check` on the loop's thread after each turn."""

    def __init__(self, kiosk: "Kiosk") -> None:
        self._kiosk = kiosk
        self._asked: queue.SimpleQueue[_Pending] = queue.SimpleQueue()
        self._moves = False
        self._watched = WatchedParts(kiosk)
        self._tests: dict[str, Callable[[Message], Message]] = {
            "door": self._door,
            "sprayer": self._sprayer,
            "lights": self._lights,
            "speaker": self._speaker,
            "inputs": lambda _question: {"inputs": self._kiosk.inputs.levels},
            "thermometer": self._watched.thermometer,
            "camera": self._watched.camera,
            "screen": self._watched.screen,
        }

    def answer(self, question: Message) -> Message:
        """Hand a question to the loop, and return its answer."""
        pending = _Pending(question)
        self._asked.put(pending)
        if not pending.done.wait(LOOP_S):
            pending.expired = True
            return {"error": "the loop does not answer; see 'systemctl status kiosk'"}
        return pending.answer

    def check(self) -> None:
        """Answer the questions that wait; bring to rest what a test moved or watched, if it is over."""
        phase, devices = self._kiosk.loop.state.phase, self._kiosk.devices
        if self._moves and phase is not Phase.MAINTENANCE:
            self._moves = False
            if devices.sprayer:
                devices.sprayer.stop()
            if phase is not Phase.EMERGENCY:  # the emergency has released the door
                devices.door.lock()
        self._watched.check()
        while True:
            try:
                pending = self._asked.get_nowait()
            except queue.Empty:
                return
            if not pending.expired:
                pending.answer = self._answer(pending.question)
                pending.done.set()

    def _answer(self, question: Message) -> Message:
        test = self._tests.get(str(question.get("part")))
        if test is None:
            return {"error": f"there is no test of '{question.get('part')}'; known: {', '.join(PARTS)}"}
        phase = self._kiosk.loop.state.phase
        if phase is not Phase.MAINTENANCE:
            return {"error": EMERGENCY_STANDS if phase is Phase.EMERGENCY else NOT_IN_MAINTENANCE}
        return test(question)

    def _door(self, _question: Message) -> Message:
        hold_s = self._kiosk.settings.door.hold_s
        if not self._kiosk.devices.door.unlock(hold_s):
            return {"error": "the lock refuses: its time limit is used up, or the other door of the airlock is open"}
        self._note("door")
        return {"done": f"the building door is unlocked for {hold_s:g} s", "lasts_s": hold_s}

    def _sprayer(self, _question: Message) -> Message:
        sprayer, chamber = self._kiosk.devices.sprayer, self._kiosk.settings.chamber
        if sprayer is None:
            return {"error": "the settings have no section 'sprayer'"}
        if not sprayer.spray(SPRAY_S):
            return {
                "error": "the interlock forbids the spray: both doors must be closed, there must be no emergency, and "
                f"the presence sensor must have shown the chamber {chamber.when.value} for "
                f"{self._kiosk.rules.warn_s:g} s"
            }
        self._note("sprayer")
        return {"done": f"the pump runs for {SPRAY_S:g} s", "lasts_s": SPRAY_S}

    def _lights(self, question: Message) -> Message:
        devices = self._kiosk.devices
        if not devices.indicators:
            return {"error": "the settings have neither 'lights' nor 'buzzer'"}
        names = {signal.value: signal for signal in Signal}
        signal = names.get(str(question.get("signal")), Signal.SERVICE)
        for indicator in devices.indicators:
            indicator.show(signal)
        return {"done": f"signal '{signal.value}'", "signals": list(names)}

    def _speaker(self, _question: Message) -> Message:
        if self._kiosk.speaker is None:
            return {"error": "the settings have no section 'speaker'"}
        self._kiosk.speaker.put(Speech("", ("admitting.headline",)))
        return {"done": "it says what a visitor hears at the open door; if not, see 'kiosk doctor'", "lasts_s": 4.0}

    def _note(self, part: str) -> None:
        self._moves = True
        now_s = self._kiosk.environment.clock.now_s()
        self._kiosk.writer.hand_over(Record(RowKind.PART_TESTED, now_s, Phase.MAINTENANCE, detail=part))


class _Pending:
    """A question that waits for the loop."""

    def __init__(self, question: Message) -> None:
        self.question = question
        self.answer: dict[str, Any] = {}
        self.done = threading.Event()
        self.expired = False


@contextmanager
def tested(kiosk: "Kiosk", environ: Mapping[str, str]) -> Iterator[Callable[[], None]]:
    """Answer root on the socket in the unit's runtime folder, if any, while the block runs.

    Yields the function that the loop calls after each turn.
    """
    tests = MaintenanceTests(kiosk)
    folder = environ.get("RUNTIME_DIRECTORY")
    root_socket = RootSocket(Path(folder) / SOCKET, tests.answer) if folder else None
    if root_socket:
        root_socket.start()
    try:
        yield tests.check
    finally:
        if root_socket:
            root_socket.close()
