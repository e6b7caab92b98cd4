"""What the machine is, and what a process on it uses, as Linux tells in /proc (proc(5))."""

import os
import platform
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
DEVICE_TREE_MODEL = Path("/proc/device-tree/model")
"""Names a Raspberry Pi; its /proc/cpuinfo names the core only, or nothing."""


def described(folder: Path) -> str:
    """The machine in lines of Markdown; the journal of the bench lies in `folder`."""
    cores = len(os.sched_getaffinity(0))
    return "\n".join(
        (
            f"* date: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
            f"* machine: {_processor()}, {cores} cores, {_memory_gb():.0f} GB",
            f"* system: {platform.system()} {platform.release()}, Python {platform.python_version()}",
            f"* file system of the journal: {_file_system(folder)}",
            f"* load when it began (threads that ran or waited, mean of 1, 5 and 15 minutes): {load()}",
        )
    )


def load() -> str:
    """How many threads ran or waited for a core on average, in the last 1, 5 and 15 minutes."""
    return ", ".join(f"{mean:.1f}" for mean in os.getloadavg())


@dataclass(frozen=True, slots=True)
class Memory:
    """Megabytes (2**20 bytes): resident; of that what is no file's; and with a share of each shared page (PSS)."""

    resident_mb: float
    own_mb: float
    share_mb: float


def memory(pid: int) -> Memory:
    """The memory of a process now."""
    fields = _fields(Path(f"/proc/{pid}/smaps_rollup"))
    return Memory(fields["Rss"] / 1024, fields["Anonymous"] / 1024, fields["Pss"] / 1024)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has used since it began: processor time, and how often a thread of it went to sleep."""

    at_s: float
    busy_s: float
    sleeps: int


def usage(pid: int) -> Usage:
    """Processor time of all threads, without ended children, and their voluntary switches."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(stat[11]) + int(stat[12])  # utime, stime: fields 14 and 15, two of which stand before the bracket
    tasks = Path(f"/proc/{pid}/task").iterdir()
    sleeps = sum(_fields(task / "status")["voluntary_ctxt_switches"] for task in tasks)
    return Usage(time.monotonic(), ticks / TICKS_PER_S, sleeps)


def _fields(path: Path) -> dict[str, int]:
    """The lines of a file in /proc that hold a name and a number."""
    pairs = (line.partition(":") for line in path.read_text().splitlines())
    split = ((name, value.split()) for name, _, value in pairs)
    return {name: int(words[0]) for name, words in split if words and words[0].isdigit()}


def _processor() -> str:
    if DEVICE_TREE_MODEL.exists():
        return DEVICE_TREE_MODEL.read_text().rstrip("\0")
    lines = (line.partition(":") for line in Path("/proc/cpuinfo").read_text().splitlines())
    names = (value.strip() for name, _, value in lines if name.strip() == "model name")
    return next(names, platform.machine())


def _memory_gb() -> float:
    return _fields(Path("/proc/meminfo"))["MemTotal"] / 2**20


def _file_system(folder: Path) -> str:
    """The kind of the mount that `folder` lies on: the longest mount point that leads there."""
    mounts = (line.split() for line in Path("/proc/self/mounts").read_text().splitlines())
    above = ((len(point), kind, device) for device, point, kind, *_ in mounts if folder.resolve().is_relative_to(point))
    _, kind, device = max(above)
    return f"{kind} on {device}"
