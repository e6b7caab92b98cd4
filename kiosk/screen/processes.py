"""The processes of one session, read from /proc: which they are, and how much memory they use.

Chromium consists of about ten processes. The supervisor starts it in a session of its own (setsid(2)), and all of them
stay in it. They are found by the number of the session, also after their parent has ended.
"""

import contextlib
import os
import signal
from pathlib import Path

PROC = Path("/proc")


def members(session: int) -> list[int]:
    """Return the processes of a session that have not ended, in ascending order."""
    return sorted(int(folder.name) for folder in PROC.glob("[0-9]*") if _session_of(folder) == session)


def kill(session: int) -> None:
    """Send SIGKILL to every process of a session."""
    for process in members(session):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def memory_mb(session: int) -> float:
    """Return the memory that the processes of a session have for themselves, in MB (10^6 bytes).

    It is the sum of what would be free without them, resident or swapped (proc(5), RssAnon and VmSwap). Pages of files
    and of shared memory are not counted: several processes share them.
    """
    return sum(_own_kb(process) for process in members(session)) * 1024 / 1e6


def _session_of(folder: Path) -> int | None:
    """Return the session of a process; None if it has ended or is a zombie (proc(5), stat, fields 3 and 6)."""
    try:
        # the name of the program may contain spaces and parentheses
        state, _parent, _group, session = (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[:4]
    except (OSError, ValueError):
        return None
    return None if state in "ZX" else int(session)


def _own_kb(process: int) -> int:
    try:
        lines = (PROC / str(process) / "status").read_text("utf-8", "replace").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(("RssAnon:", "VmSwap:")))
