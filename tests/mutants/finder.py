"""Finders: the commands that must notice a planted bug, and a private copy of the tree in which they run."""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.mutant import FIRST_SEED, LAST_SEED, WORLDS, Mutant

LIMIT_S = 900.0
"""A finder that runs longer has found something: the program does not end."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one finder: True if it failed, what it said last, and how long it took."""

    found: bool
    said: str
    took_s: float


def command(finder: str) -> list[str]:
    """Return the command line of a finder."""
    python = [sys.executable, "-P", "-m"]
    if match := WORLDS.fullmatch(finder):
        first, last = int(match[1] or FIRST_SEED), int(match[2] or LAST_SEED)
        people = ["--people", match[3]] if match[3] else []
        seeds = ["--from", str(first), "--seeds", str(last - first + 1)]
        return [*python, "kiosk.simulator.worlds", "--until-broken", *seeds, *people]
    pytest = [*python, "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", "--tb=no"]
    if finder == "stories":
        return [*pytest, "tests/simulator/worlds/test_play.py", "-k", "regression_story"]
    return [*pytest, *finder.split()]


class Copy:
    """A private copy of the files that git knows or would add, with at most one planted bug in it."""

    def __init__(self, root: Path, folder: Path) -> None:
        self._folder = folder
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for name in filter(None, listed.split("\0")):
            if (root / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, folder / name)
        shared = root.parent / "shared"
        if shared.is_dir():  # foreign data, which some tests read
            (folder.parent / "shared").symlink_to(shared)

    def look(self, finder: str) -> Finding:
        """Run a finder in the copy as it is."""
        began_s = time.monotonic()
        environ = os.environ | {"PYTHONPATH": str(self._folder)}
        try:
            run = subprocess.run(
                command(finder),
                check=False,
                cwd=self._folder,
                env=environ,
                capture_output=True,
                text=True,
                timeout=LIMIT_S,
            )
        except subprocess.TimeoutExpired:
            return Finding(True, f"no end within {LIMIT_S:.0f} s", time.monotonic() - began_s)
        return Finding(run.returncode != 0, _last_words(run.stdout, run.stderr), time.monotonic() - began_s)

    def look_for(self, mutant: Mutant, finder: str) -> Finding:
        """Run a finder with the bug `mutant` in the copy. Raises `MutantError` if it does not apply."""
        path = self._folder / mutant.file
        text, found = path.read_bytes(), path.stat()
        path.write_text(mutant.applied_to(self._folder), encoding="utf-8")
        # Python trusts a compiled file by the time and size of its source, and the size may be the same
        os.utime(path, (found.st_atime, time.time() + 10.0))
        try:
            return self.look(finder)
        finally:
            path.write_bytes(text)
            os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def _last_words(out: str, err: str) -> str:
    """Return what a finder said: the failed test, the broken promise, or its last line."""
    lines = [line for line in (out.strip() or err.strip()).splitlines() if line.strip()]
    failed = [line for line in lines if line.startswith(("FAILED", "ERROR", "seed "))]
    return (failed or lines or ["nothing"])[-1]
