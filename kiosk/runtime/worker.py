"""A named worker: a duty, a bounded inbox, a heartbeat, and one rule for crashes.

Rule 1: a duty never knows whether a thread runs it or the virtual clock does.
Rule 2: when the inbox is full the newest job is refused and `put` says so; the caller decides.
Rule 3: an exception that leaves a duty is a bug: `on_crash` takes the whole process down, no half-dead daemon.
"""

import logging
import queue
import threading
from collections.abc import Callable
from typing import Any, Protocol

from kiosk.model import Alarm, Clock

logger = logging.getLogger(__name__)

BEAT_S = 1.0
"""A worker beats at least this often, also when it has nothing to do."""

INBOX_SIZE = 16


class Duty(Protocol):
    """What a worker does."""

    name: str

    def handle(self, job: Any) -> None:
        """Do one job from the inbox."""

    def tick(self) -> float | None:
        """Do what is due; return the seconds until the next tick is wanted, or None to wait for a job."""

    def close(self) -> None:
        """Let go of what the duty holds; called once, on the worker's own thread."""


class Worker(Protocol):
    """Somebody who does a duty: a thread, or the virtual clock."""

    name: str
    beat_at_s: float

    def start(self) -> None:
        """Begin."""

    def put(self, job: Any) -> bool:
        """Hand a job over; False when it is refused."""
        ...

    def stop(self, within_s: float) -> bool:
        """End; False when it still runs after `within_s`."""
        ...


class ThreadWorker:
    """Runs a duty on a thread of its own."""

    def __init__(self, duty: Duty, clock: Clock, on_crash: Callable[[str], None]) -> None:
        self.name = duty.name
        self._duty = duty
        self._clock = clock
        self._on_crash = on_crash
        self._inbox: queue.Queue[Any] = queue.Queue(INBOX_SIZE)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=duty.name, daemon=True)
        self.beat_at_s = clock.now_s()

    def start(self) -> None:
        """Begin; the first tick comes at once."""
        self._thread.start()

    def put(self, job: Any) -> bool:
        """Hand a job over; False when the inbox is full."""
        try:
            self._inbox.put_nowait(job)
        except queue.Full:
            return False
        return True

    def stop(self, within_s: float) -> bool:
        """Ask the worker to end; False when it still runs after `within_s`."""
        self._stopping.set()
        if self._thread.ident is None:
            return True
        self._thread.join(within_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException:
            logger.exception("worker %s ended", self.name)
            self._on_crash(self.name)

    def _work(self) -> None:
        try:
            while not self._stopping.is_set():
                wait_s = self._duty.tick()
                self.beat_at_s = self._clock.now_s()
                self._wait_for_job(BEAT_S if wait_s is None else min(wait_s, BEAT_S))
        finally:
            self._duty.close()

    def _wait_for_job(self, wait_s: float) -> None:
        try:
            job = self._inbox.get(timeout=max(wait_s, 0.001))
        except queue.Empty:
            return
        self._duty.handle(job)


class InlineWorker:
    """Runs a duty on the virtual clock's thread: the same duty, no thread, no waiting."""

    def __init__(self, duty: Duty, clock: Clock) -> None:
        self.name = duty.name
        self._duty = duty
        self._clock = clock
        self._next: Alarm | None = None
        self.beat_at_s = clock.now_s()

    def start(self) -> None:
        """Begin; the first tick comes when the clock is advanced."""
        self._schedule(0.0)

    def put(self, job: Any) -> bool:
        """Do the job when the clock is next advanced."""
        self._clock.call_at(self._clock.now_s(), lambda: self._do(job))
        return True

    def stop(self, within_s: float) -> bool:  # noqa: ARG002 - nothing to wait for
        """End now."""
        if self._next:
            self._next.cancel()
        self._duty.close()
        return True

    def _do(self, job: Any) -> None:
        self._duty.handle(job)
        self._tick()

    def _tick(self) -> None:
        if self._next:
            self._next.cancel()
        wait_s = self._duty.tick()
        self.beat_at_s = self._clock.now_s()
        self._schedule(wait_s)

    def _schedule(self, wait_s: float | None) -> None:
        if wait_s is not None:
            self._next = self._clock.call_at(self._clock.now_s() + wait_s, self._tick)
