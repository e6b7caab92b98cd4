"""A booth whose card answers when the test says so: the real journal and its writer, run by the test, not a thread."""

from collections.abc import Callable
from typing import Any

from kiosk.journal.writer import JournalWriter
from kiosk.runtime.worker import Duty, Worker
from tests.booth import DOOR_PIN, PUMP_PIN, Booth


class CardWorker:
    """Runs the journal's writer when `answer` is called. If it stalls at the end, `stop` abandons it."""

    name = "journal"

    def __init__(self, writer: JournalWriter, at_end: Callable[[], None]) -> None:
        self.beat_at_s = 0.0
        self._writer = writer
        self._at_end = at_end
        self.stalls_at_end = False

    def start(self) -> None:
        pass

    def put(self, job: Any) -> None:
        pass

    def stop(self, within_s: float) -> bool:
        self._at_end()
        if not self.stalls_at_end:
            self._writer.close()
        return not self.stalls_at_end

    def close_journal(self) -> None:
        """Let the card answer after the end."""
        self._writer.close()

    def answer(self, meanwhile: Callable[[], None] | None = None) -> None:
        """Write the waiting rows; call `meanwhile` at the commit of each of the first three, before it is durable."""
        if meanwhile:
            self._at_commit(meanwhile)
        self._writer.tick()

    def _at_commit(self, meanwhile: Callable[[], None]) -> None:
        todo = [meanwhile] * 3

        def trace(statement: str) -> None:
            if statement == "COMMIT" and todo:
                todo.pop()()

        self._writer._journal.open()
        connection = self._writer._journal._connection
        assert connection is not None
        connection.set_trace_callback(trace)


class BoothWithCard(Booth):
    """Ready for visitors after `start`; from then on rows become durable only by `card.answer`."""

    card: CardWorker
    levels_when_the_writer_was_stopped: list[bool]

    def worker(self, duty: Duty) -> Worker:
        if not isinstance(duty, JournalWriter):
            return super().worker(duty)
        self.card = CardWorker(duty, self._note_levels)
        return self.card

    def start(self) -> "BoothWithCard":
        self.kiosk.start()
        for _ in range(5):
            self.card.answer()
            self.advance(0.2)
        self.card.answer()
        self.settle()
        return self

    def admitted(self) -> list[int | None]:
        """Return the visits whose admission is on the card."""
        return [visit for visit, outcome in self.outcomes() if outcome.startswith("admitted")]

    def outcomes(self) -> list[tuple[int | None, str]]:
        """Return the visit and outcome of each row on the card that has an outcome."""
        with self.reading() as reading:
            return [(row.visit, row.outcome) for row in reading.rows() if row.outcome]

    def _note_levels(self) -> None:
        self.levels_when_the_writer_was_stopped = [self.level(pin) for pin in (DOOR_PIN, PUMP_PIN)]
