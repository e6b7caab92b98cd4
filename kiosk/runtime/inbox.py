"""The inbox: the bounded queue of everything that the loop handles."""

import logging
import queue

from kiosk.flow.events import Event
from kiosk.journal.writer import RowRefused, RowWritten

logger = logging.getLogger(__name__)

INBOX_SIZE = 256
"""A visit makes about twenty events. If those of more than ten visits wait, something is broken."""

Message = Event | RowWritten | RowRefused
"""An event from a device or a worker, or an answer of the journal's writer."""


class Inbox:
    """A queue from all devices, workers and the journal's writer to the loop; `post` is safe from any thread."""

    def __init__(self) -> None:
        self._messages: queue.Queue[Message] = queue.Queue(INBOX_SIZE)

    def post(self, message: Message) -> bool:
        """Add `message`; return False if the inbox is full. The sender then decides whether to offer it again."""
        try:
            self._messages.put_nowait(message)
        except queue.Full:
            logger.warning("inbox full; %s not accepted", type(message).__name__)
            return False
        return True

    def holds_older(self, at_s: float) -> bool:
        """Return True if the oldest waiting message is of a time before `at_s`. Only the loop may call this."""
        waiting = self._messages.queue
        return bool(waiting) and waiting[0].at_s < at_s

    def take(self, wait_s: float) -> Message | None:
        """Remove and return the oldest message; wait for one for at most `wait_s` seconds, then return None."""
        try:
            return self._messages.get(timeout=wait_s) if wait_s > 0 else self._messages.get_nowait()
        except queue.Empty:
            return None
