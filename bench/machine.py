"""The machine, and the memory and processor time of a process, from /proc (proc(5))."""

import os
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
DEVICE_TREE_MODEL = Path("/proc/device-tree/model")
"""Contains the model of a Raspberry Pi, which /proc/cpuinfo does not name."""


def facts(folder: Path) -> dict[str, str]:
    """Return what the figures depend on: date, machine, system and load. `folder` is that of the measured files."""
    cores = len(os.sched_getaffinity(0))
    memory_gb = _fields(Path("/proc/meminfo"))["MemTotal"] / 2**20
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "machine": f"{_processor()}, {cores} cores, {memory_gb:.0f} GB",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "file system": _file_system(folder),
        "load when it began (threads that ran or waited, mean of 1, 5 and 15 minutes)": load(),
    }


def described(machine: Mapping[str, str]) -> str:
    """Return the facts about the machine in Markdown."""
    return "\n".join(f"* {name}: {value}" for name, value in machine.items())


def load() -> str:
    """Return the mean number of threads that ran or waited for a core in the last 1, 5 and 15 minutes, as text."""
    return ", ".join(f"{mean:.1f}" for mean in os.getloadavg())


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory in megabytes (2**20 bytes): resident; private, that is, not of files; proportional share (PSS)."""

    resident_mb: float
    own_mb: float
    share_mb: float


def memory(pid: int) -> Memory:
    """Return the present memory of a process."""
    fields = _fields(Path(f"/proc/{pid}/smaps_rollup"))
    return Memory(fields["Rss"] / 1024, fields["Anonymous"] / 1024, fields["Pss"] / 1024)


@dataclass(frozen=True, slots=True)
class Usage:
    """The processor time of a process since its start, and how often its threads went to sleep, at the time `at_s`."""

    at_s: float
    busy_s: float
    sleeps: int


def usage(pid: int) -> Usage:
    """Return the processor time and the voluntary context switches of all threads, without child processes."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(stat[11]) + int(
        stat[12]
    )  # utime and stime: fields 14 and 15 of the line; the split begins with field 3
    tasks = Path(f"/proc/{pid}/task").iterdir()
    sleeps = sum(_fields(task / "status")["voluntary_ctxt_switches"] for task in tasks)
    return Usage(time.monotonic(), ticks / TICKS_PER_S, sleeps)


def _fields(path: Path) -> dict[str, int]:
    """Return the lines of a file in /proc that have a name and a number."""
    pairs = (line.partition(":") for line in path.read_text().splitlines())
    split = ((name, value.split()) for name, _, value in pairs)
    return {name: int(words[0]) for name, words in split if words and words[0].isdigit()}


def _processor() -> str:
    if DEVICE_TREE_MODEL.exists():
        return DEVICE_TREE_MODEL.read_text().rstrip("\0")
    lines = (line.partition(":") for line in Path("/proc/cpuinfo").read_text().splitlines())
    names = (value.strip() for name, _, value in lines if name.strip() == "model name")
    return next(names, platform.machine())


def _file_system(folder: Path) -> str:
    """Return kind and device of the mount of `folder`: the mount with the longest path above it."""
    mounts = (line.split() for line in Path("/proc/self/mounts").read_text().splitlines())
    above = ((len(point), kind, device) for device, point, kind, *_ in mounts if folder.resolve().is_relative_to(point))
    _, kind, device = max(above)
    return f"{kind} on {device}"
