"""The log must not hold up the doors: where its reader takes nothing, as journald while a card stalls, lines are lost.

Rule 1: a line is written only when the stream takes it at once (poll(2)); how many were lost is told with the next.
"""

import io
import logging
import select
from contextlib import suppress

logger = logging.getLogger(__name__)


class OnlyWhatIsTaken(logging.Filter):
    """Lets a record pass while the file descriptor `fd`, a socket or pipe, takes a line without waiting."""

    def __init__(self, fd: int) -> None:
        super().__init__()
        self._poll = select.poll()
        self._poll.register(fd, select.POLLOUT)
        self._lost = 0

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002 - every record alike
        """Whether this line can be written now."""
        if not self._poll.poll(0):
            self._lost += 1
            return False
        lost, self._lost = self._lost, 0
        if lost:
            logger.warning("%d lines are missing here: nobody took them", lost)
        return True


def never_wait(root: logging.Logger) -> None:
    """Make the streams of `root` lose lines rather than time."""
    for handler in root.handlers:
        if isinstance(handler, logging.StreamHandler):
            with suppress(io.UnsupportedOperation):  # a stream in memory takes everything
                handler.addFilter(OnlyWhatIsTaken(handler.stream.fileno()))
