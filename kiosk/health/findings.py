"""The doctor's findings, and its view of the machine: files below a root folder, and the output of programs."""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

ANSWER_S = 5.0
"""A program that takes longer to answer is treated as missing."""


class Condition(Enum):
    """The result of a check.

    `OK`: no problem. `WARN`: the kiosk works, but has a problem that a booth should not have. `FAIL`: the kiosk cannot
    work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class DoctorFinding:
    """The result of one check: the name of its subject, the condition, what was found, and the remedy of a problem."""

    name: str
    state: Condition
    found: str
    remedy: str = ""


def ok(name: str, found: str) -> DoctorFinding:
    """Return a finding with the condition `OK`."""
    return DoctorFinding(name, Condition.OK, found)


def warn(name: str, found: str, remedy: str) -> DoctorFinding:
    """Return a finding with the condition `WARN`."""
    return DoctorFinding(name, Condition.WARN, found, remedy)


def fail(name: str, found: str, remedy: str) -> DoctorFinding:
    """Return a finding with the condition `FAIL`."""
    return DoctorFinding(name, Condition.FAIL, found, remedy)


def worst(findings: Sequence[DoctorFinding]) -> Condition:
    """Return the worst condition among `findings`; `OK` if `findings` is empty."""
    states = {finding.state for finding in findings}
    return next((state for state in (Condition.FAIL, Condition.WARN) if state in states), Condition.OK)


def ask_program(command: Sequence[str]) -> str | None:
    """Return the output of `command`, or None if the program is missing, fails, or does not answer in time."""
    program = shutil.which(command[0])
    if program is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - the doctor's checks name the commands
            [program, *command[1:]], capture_output=True, text=True, timeout=ANSWER_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


@dataclass(frozen=True, slots=True)
class HostMachine:
    """The machine to examine.

    root: the folder that stands for `/`. ask: returns the output of a command, or None as `ask_program` does.
    """

    root: Path = Path("/")
    ask: Callable[[Sequence[str]], str | None] = ask_program

    def text(self, path: str) -> str | None:
        """Return the text of a file, without white space and zero bytes at its ends; None if it cannot be read."""
        try:
            return (self.root / path).read_text(encoding="utf-8", errors="replace").strip("\0\n ")
        except OSError:
            return None

    def there(self, path: str) -> bool:
        """Return True if the file or device `path` exists below the root."""
        try:
            return (self.root / path).exists()
        except OSError:
            return False

    def find(self, pattern: str) -> list[Path]:
        """Return the files below the root that match `pattern`, sorted by name."""
        return sorted(self.root.glob(pattern))
