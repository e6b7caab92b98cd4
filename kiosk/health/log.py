"""A log that never blocks the program: while the reader of the log accepts nothing, lines are dropped and counted.

The log goes to a socket or pipe of journald, and journald may wait for a card that stalls. Once the buffer of the pipe
is full, a write blocks the thread that logs, for example the loop.

Rule: a line is written only if the stream accepts it at once (poll(2)). After a loss, a line reports the number lost.
"""

import io
import logging
import select
from contextlib import suppress

logger = logging.getLogger(__name__)


class NonBlockingFilter(logging.Filter):
    """A filter that drops log records while the file descriptor `fd`, a socket or pipe, would make a write wait."""

    def __init__(self, fd: int) -> None:
        super().__init__()
        self._poll = select.poll()
        self._poll.register(fd, select.POLLOUT)
        self._lost = 0

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002 - every record alike
        """Return True if a line can be written now; the first one after a loss logs the number of lost lines."""
        if not self._poll.poll(0):
            self._lost += 1
            return False
        lost, self._lost = self._lost, 0
        if lost:
            logger.warning("%d log lines were lost here, because the reader of the log did not accept them", lost)
        return True


def make_non_blocking(root: logging.Logger) -> None:
    """Make the stream handlers of `root` drop lines instead of waiting."""
    for handler in root.handlers:
        if isinstance(handler, logging.StreamHandler):
            with suppress(io.UnsupportedOperation):  # a stream in memory accepts everything
                handler.addFilter(NonBlockingFilter(handler.stream.fileno()))
