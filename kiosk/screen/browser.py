"""One run of the browser: its processes, its profile, its debugging pipe, and how it is ended.

A browser is ended by SIGKILL to every process of its session. It has nothing to save, because its profile is removed,
and a gentler signal makes the screen dark for longer. A stopped process (SIGSTOP) does not survive SIGKILL; one that
hangs in the kernel does.

The browser does not outlive the supervisor: the kernel sends it SIGKILL when the thread that started it ends
(setpriv(1), --pdeathsig), and its other processes end with it.
"""

import contextlib
import logging
import os
import select
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from kiosk.errors import DeviceError
from kiosk.screen import processes
from kiosk.screen.devtools import DevToolsPipe, make_pipe
from kiosk.screen.page_session import PageSession

logger = logging.getLogger(__name__)

WITH_SUPERVISOR = ("setpriv", "--pdeathsig", "KILL", "--")
"""The program that asks the kernel to end the browser with the supervisor (util-linux, part of every Debian)."""

REQUESTS_FD, ANSWERS_FD = 3, 4


class Browser:
    """A running browser. Must be created on a thread that lives as long as the supervisor.

    Args:
        command: returns the command line for a profile folder.
        environ: the environment variables of the browser.
        profiles: the folder in which the profile is made; it should be in memory.
        now_s: the present time.

    Attributes:
        session: the number of its session, which is that of its first process, too.
        page: the page that the browser shows.
        started_at_s: the time of the start.
        killed_at_s: the time at which `kill` was called; None before.

    Raises `DeviceError` with the fault `browser_missing` if the program is not installed or cannot be started.
    """

    def __init__(
        self, command: Callable[[Path], Sequence[str]], environ: Mapping[str, str], profiles: Path, now_s: float
    ) -> None:
        self._profile = Path(tempfile.mkdtemp(prefix="browser-", dir=profiles))
        try:
            self.session, pipe = _spawn(command(self._profile), environ)
        except BaseException:
            self._remove_profile()
            raise
        self._pipe = pipe
        self._ended = False
        self.page = PageSession(pipe)
        self.started_at_s = now_s
        self.killed_at_s: float | None = None

    def fileno(self) -> int:
        """Return the descriptor that is readable when the browser has sent something or has ended."""
        return self._pipe.fileno()

    @property
    def ended(self) -> bool:
        """Return True if no process of the browser is left. If only its first process has ended, kill the others."""
        if not self._reaped():
            return False
        processes.kill(self.session)
        return not processes.members(self.session)

    @property
    def memory_mb(self) -> float:
        """Return the memory of the browser's processes in MB."""
        return processes.memory_mb(self.session)

    def kill(self, now_s: float) -> None:
        """Close the pipe and send SIGKILL to every process."""
        self.killed_at_s = now_s
        self._pipe.close()
        processes.kill(self.session)

    def close(self, within_s: float) -> None:
        """Kill the browser and wait for its end; one that the kernel holds longer than `within_s` is left running."""
        self.kill(self.started_at_s)
        if not self._wait(within_s):
            logger.error("screen: the browser does not end; it is left running")
        self.release()

    def release(self) -> None:
        """Free what is left of a browser that has ended."""
        self._pipe.close()
        self._remove_profile()

    def _wait(self, for_s: float) -> bool:
        """Wait at most `for_s` real seconds for the end of the first process. Return True if it has ended."""
        with contextlib.suppress(ProcessLookupError):
            process = os.pidfd_open(self.session)
            try:
                select.select([process], [], [], for_s)
            finally:
                os.close(process)
        return self._reaped()

    def _reaped(self) -> bool:
        """Return True if the first process has ended."""
        if not self._ended:
            try:
                self._ended = os.waitpid(self.session, os.WNOHANG)[0] != 0
            except ChildProcessError:
                self._ended = True
        return self._ended

    def _remove_profile(self) -> None:
        shutil.rmtree(self._profile, ignore_errors=True)


def _spawn(command: Sequence[str], environ: Mapping[str, str]) -> tuple[int, DevToolsPipe]:
    """Start `command` in a session of its own, with the pipes at their places; return its process and its pipe."""
    path = environ.get("PATH", os.defpath)
    guard, program = shutil.which(WITH_SUPERVISOR[0], path=path), shutil.which(command[0], path=path)
    if guard is None or program is None:
        missing = WITH_SUPERVISOR[0] if guard is None else command[0]
        raise DeviceError("screen", f"the program '{missing}' was not found", "browser_missing")
    requests_end, requests_fd = make_pipe()
    answers_fd, answers_end = make_pipe()
    places = [(os.POSIX_SPAWN_DUP2, requests_end, REQUESTS_FD), (os.POSIX_SPAWN_DUP2, answers_end, ANSWERS_FD)]
    pipe = DevToolsPipe(requests_fd, answers_fd)
    try:
        arguments = [*WITH_SUPERVISOR, program, *command[1:]]
        process = os.posix_spawn(guard, arguments, environ, file_actions=places, setsid=True)
    except OSError as error:
        pipe.close()
        raise DeviceError("screen", f"'{command[0]}' cannot be started: {error}", "browser_missing") from None
    finally:
        os.close(requests_end)
        os.close(answers_end)
    return process, pipe
