"""Workers: each runs one duty, with an inbox for one job and a heartbeat.

Rule 1: a duty does not know whether a thread or the virtual clock runs it.
Rule 2: only the newest job waits; `put` replaces an older one that was not begun. Every job of this program either says
what the duty shall do from now on, or is a question whose answer nobody needs once a newer one is asked. So a visitor
waits at most for the one job that runs, never for the questions of people who have left.
Rule 3: an exception that leaves a duty is a bug. The worker ends and calls `on_crash`, and the whole process ends: no
kiosk goes on with a part of its workers.
"""

import logging
import threading
from collections.abc import Callable
from typing import Any, Protocol

from kiosk.model import Alarm, Clock

logger = logging.getLogger(__name__)

BEAT_S = 1.0
"""Longest time between two heartbeats of a worker that has nothing to do."""

SHORTEST_WAIT_S = 0.001
"""A worker waits at least this long for a job, also if its duty needs the next tick at once."""


class Duty(Protocol):
    """The work of one worker; all its methods are called on the worker's thread."""

    name: str

    def handle(self, job: Any) -> None:
        """Do one job from the inbox."""

    def tick(self) -> float | None:
        """Do what is due. Return the seconds until the next tick is needed, or None to wait for a job."""

    def close(self) -> None:
        """Release what the duty holds; called once, after the last job."""


class Worker(Protocol):
    """Runs a duty: `ThreadWorker` on a thread, `InlineWorker` on the virtual clock."""

    name: str
    beat_at_s: float

    def start(self) -> None:
        """Begin to run the duty."""

    def put(self, job: Any) -> None:
        """Let `job` be done next, instead of one that still waits. Safe from any thread."""

    def stop(self, within_s: float) -> bool:
        """End the duty; return False if it still runs after `within_s` seconds."""
        ...


class ThreadWorker:
    """Runs a duty on a thread of its own; `on_crash` gets the worker's name if the duty raises."""

    def __init__(self, duty: Duty, clock: Clock, on_crash: Callable[[str], None]) -> None:
        self.name = duty.name
        self._duty = duty
        self._clock = clock
        self._on_crash = on_crash
        self._has_job = threading.Condition()
        self._newest: tuple[Any] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=duty.name, daemon=True)
        self.beat_at_s = clock.now_s()

    def start(self) -> None:
        """Start the thread; the first tick comes at once."""
        self._thread.start()

    def put(self, job: Any) -> None:
        """Let `job` be done next, instead of one that still waits. Safe from any thread."""
        with self._has_job:
            self._newest = (job,)
            self._has_job.notify()

    def stop(self, within_s: float) -> bool:
        """Ask the thread to end; return False if it still runs after `within_s` seconds."""
        with self._has_job:
            self._stopping.set()
            self._has_job.notify()
        if self._thread.ident is None:
            return True
        self._thread.join(within_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            try:
                while not self._stopping.is_set():
                    self._work()
            finally:
                self._duty.close()
        except BaseException:
            logger.exception("worker %s ended", self.name)
            self._on_crash(self.name)

    def _work(self) -> None:
        """Tick once, then do one job if one comes before the next tick."""
        wait_s = self._duty.tick()
        self.beat_at_s = self._clock.now_s()
        wait_s = BEAT_S if wait_s is None else min(wait_s, BEAT_S)
        with self._has_job:
            if self._newest is None and not self._stopping.is_set():
                self._has_job.wait(max(wait_s, SHORTEST_WAIT_S))
            newest, self._newest = self._newest, None
        if newest:
            self._duty.handle(newest[0])


class InlineWorker:
    """Runs a duty by alarms of the virtual clock, on the thread that advances it."""

    def __init__(self, duty: Duty, clock: Clock) -> None:
        self.name = duty.name
        self._duty = duty
        self._clock = clock
        self._next: Alarm | None = None
        self._waiting: Alarm | None = None
        self.beat_at_s = clock.now_s()

    def start(self) -> None:
        """Begin; the first tick comes when the clock is advanced."""
        self._schedule(0.0)

    def put(self, job: Any) -> None:
        """Do the job when the clock is next advanced, instead of one that still waits."""

        def do() -> None:
            self._duty.handle(job)
            self._tick()

        if self._waiting:
            self._waiting.cancel()
        self._waiting = self._clock.call_at(self._clock.now_s(), do)

    def stop(self, within_s: float) -> bool:  # noqa: ARG002 - the duty runs on this thread, so it has ended
        """End now; return True."""
        if self._next:
            self._next.cancel()
        self._duty.close()
        return True

    def _tick(self) -> None:
        if self._next:
            self._next.cancel()
        wait_s = self._duty.tick()
        self.beat_at_s = self._clock.now_s()
        self._schedule(wait_s)

    def _schedule(self, wait_s: float | None) -> None:
        if wait_s is not None:
            self._next = self._clock.call_at(self._clock.now_s() + wait_s, self._tick)
