"""Deliver messages to a bounded inbox that may refuse them: offer each one again until it is accepted.

A device, a worker and the journal's writer post events to the loop's inbox. The inbox is bounded, so `post` returns
False when it is full. A `Delivery` keeps the refused message and offers it again.

Two policies decide which messages wait:

* Without `queue_limit` one message waits, and a newer one replaces it. This suits answers and levels: an older answer
  has no value beside a newer one.
* With `queue_limit` messages wait in order until they are accepted. This suits a series of facts.

Two drivers repeat the offer: the owner calls `deliver` in its own cycle, or, if `clock` and `retry_s` are given, an
alarm of the clock does.

A message is removed in the same critical section in which it was accepted, so it is delivered once. When `cancel` has
returned, no message that was waiting is offered any more. `post` may call back into the delivery: a message that is
put meanwhile is offered by the outer call.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from kiosk.model import Alarm, Clock

Message = TypeVar("Message")


class Delivery(Generic[Message]):
    """Messages on their way to `post`, which returns True if it accepts one; safe from any thread.

    Args:
        post: offered one message at a time, while the delivery's lock is held; it must be short.
        queue_limit: how many messages may wait, in order; None: one, and a newer message replaces it.
        changes_only: the messages are levels. One that equals the last accepted level is no news: it is not offered,
            and it removes a waiting one. Not together with `queue_limit`.
        clock: its alarms repeat a refused offer every `retry_s` seconds; None: the owner calls `deliver`.
        retry_s: seconds between two offers; not used without `clock`.
    """

    def __init__(
        self,
        post: Callable[[Message], bool],
        *,
        queue_limit: int | None = None,
        changes_only: bool = False,
        clock: Clock | None = None,
        retry_s: float = 0.0,
    ) -> None:
        self._post = post
        self._queue_limit = queue_limit
        self._changes_only = changes_only
        self._clock = clock
        self._retry_s = retry_s
        self._lock = threading.RLock()
        self._waiting: deque[tuple[Message]] = (
            deque()
        )  # each put makes a new tuple, so equal messages can be told apart
        self._accepted: Message | None = None
        self._delivering = False
        self._alarm: Alarm | None = None

    @property
    def waiting(self) -> tuple[Message, ...]:
        """The messages that are not accepted yet, oldest first."""
        with self._lock:
            return tuple(message for (message,) in self._waiting)

    @property
    def accepted(self) -> Message | None:
        """The last accepted level; None before the first one, and always without `changes_only`."""
        return self._accepted

    def put(self, message: Message) -> bool:
        """Let `message` wait without offering it; return False if the queue is full and it is not kept."""
        with self._lock:
            if self._queue_limit is None:
                self._waiting.clear()
            elif len(self._waiting) >= self._queue_limit:
                return False
            if not self._changes_only or message != self._accepted:
                self._waiting.append((message,))
            return True

    def offer(self, message: Message) -> bool:
        """Put `message` and deliver; return True if no message is left waiting.

        Raises whatever `post` raises; the message then still waits.
        """
        with self._lock:
            return self.put(message) and self.deliver()

    def deliver(self) -> bool:
        """Offer the waiting messages in order until one is refused; return True if none is left.

        Raises whatever `post` raises; the message then still waits.
        """
        if not self._waiting:  # as nearly always; owners call this in every cycle
            return True
        with self._lock:
            if self._delivering:
                return False
            self._cancel_alarm()
            self._delivering = True
            try:
                while self._waiting and self._offer_oldest():
                    pass
            finally:
                self._delivering = False
            if self._waiting and self._clock:
                self._alarm = self._clock.call_at(self._clock.now_s() + self._retry_s, self._retry)
            return not self._waiting

    def cancel(self) -> None:
        """Forget the waiting messages."""
        with self._lock:
            self._waiting.clear()
            self._cancel_alarm()

    def _offer_oldest(self) -> bool:
        oldest = self._waiting[0]
        (message,) = oldest
        if not self._post(message):
            return False
        if self._changes_only:
            self._accepted = message
        if self._waiting and self._waiting[0] is oldest:  # unless `post` replaced or cancelled it
            self._waiting.popleft()
        return True

    def _retry(self) -> None:
        self.deliver()

    def _cancel_alarm(self) -> None:
        if self._alarm:
            self._alarm.cancel()
            self._alarm = None
