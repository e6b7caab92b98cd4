"""What the doctor finds, and the machine it looks at: files below a root folder, and programs that answer."""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

ANSWER_S = 5.0
"""A program that does not answer by then counts as not there."""


class Condition(Enum):
    """How a thing is: well; not as it should be at a door; or the kiosk cannot work like this."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class DoctorFinding:
    """One thing that was looked at: what was found, and what to do about it unless it is well."""

    name: str
    state: Condition
    found: str
    remedy: str = ""


def ok(name: str, found: str) -> DoctorFinding:
    """It is well."""
    return DoctorFinding(name, Condition.OK, found)


def warn(name: str, found: str, remedy: str) -> DoctorFinding:
    """It works, but not as it should at a door."""
    return DoctorFinding(name, Condition.WARN, found, remedy)


def fail(name: str, found: str, remedy: str) -> DoctorFinding:
    """The kiosk cannot work like this."""
    return DoctorFinding(name, Condition.FAIL, found, remedy)


def worst(findings: Sequence[DoctorFinding]) -> Condition:
    """The worst state among `findings`."""
    states = {finding.state for finding in findings}
    return next((state for state in (Condition.FAIL, Condition.WARN) if state in states), Condition.OK)


def ask_program(command: Sequence[str]) -> str | None:
    """What `command` prints; None when it is not there, fails, or does not answer in time."""
    program = shutil.which(command[0])
    if program is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - the commands are ours
            [program, *command[1:]], capture_output=True, text=True, timeout=ANSWER_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


@dataclass(frozen=True, slots=True)
class HostMachine:
    """The machine to look at: files below `root`, and `ask` for a program's output (None: no answer)."""

    root: Path = Path("/")
    ask: Callable[[Sequence[str]], str | None] = ask_program

    def text(self, path: str) -> str | None:
        """The text of a file, without the zero that a device tree's strings end in; None when it cannot be read."""
        try:
            return (self.root / path).read_text(encoding="utf-8", errors="replace").strip("\0\n ")
        except OSError:
            return None

    def there(self, path: str) -> bool:
        """Whether a file or device is there."""
        try:
            return (self.root / path).exists()
        except OSError:
            return False

    def find(self, pattern: str) -> list[Path]:
        """The files that fit `pattern`, in the order of their names."""
        return sorted(self.root.glob(pattern))
