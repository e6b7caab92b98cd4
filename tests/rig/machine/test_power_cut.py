"""Power cuts while visitors are admitted: the kiosk starts with the journal that is left, and each visitor for whom the
relay moved has exactly one row."""

import logging
from pathlib import Path

import pytest

from tests.rig.machine.booth import DOOR, OFFICER, SIM, Booth
from tests.rig.machine.conftest import Start
from tests.rig.machine.test_safe_states import FREEZE

pytestmark = pytest.mark.rig
logger = logging.getLogger(__name__)

WRITES = range(1, 6)
"""The power is cut at this write to the card, counted from the press of the officer's button."""


def test_the_kiosk_starts_after_every_power_cut_and_each_admitted_visitor_has_one_row(start: Start, disk: Path) -> None:
    opened = 0
    for runs, write in enumerate((*WRITES, None), 1):
        booth = start(hold_s="0.5")
        opened += admit(booth)
        opened += admit(booth)
        if write:
            cut_at_write(booth, disk, write)
        else:
            cut_in_a_stalled_write(booth)
        booth = start(hold_s="0.5")
        rows = booth.rows()
        booth.machine.cut_power()
        visits = [row for row in rows if row["kind"] == "visit"]
        logger.info("cut %d, at write %s: opened %d times, %d rows", runs, write, opened, len(visits))
        # the last visitor of each run may have a row although the door did not open yet
        assert opened <= len(visits) <= opened + runs
        assert len({row["id"] for row in rows}) == len(rows)
        assert len({(row["run"], row["visit"]) for row in visits}) == len(visits)
        assert {row["outcome"] for row in visits} == {"admitted_by_officer"}
        # a power cut damages no journal and is no crash; every run has its rows
        assert {row["kind"] for row in rows} == {"started", "in_service", "visit", "admission_ended"}
        assert sum(row["kind"] == "started" for row in rows) == 2 * runs


def admit(booth: Booth) -> int:
    """Let the officer admit somebody and wait until the door is locked again; return 1."""
    booth.press_officer()
    booth.until(f"[ $(cat {SIM}{DOOR}/value) = 1 ]")
    return 1


def cut_at_write(booth: Booth, disk: Path, write: int) -> None:
    """Press the officer's button, and cut the power as soon as the file of the card was written `write` times."""
    booth.run("sync -f /var/lib/kiosk")
    before = disk.stat().st_mtime_ns
    booth.wire(OFFICER, 0)
    while write:
        now = disk.stat().st_mtime_ns
        if now != before:
            before, write = now, write - 1
    booth.machine.cut_power()


def cut_in_a_stalled_write(booth: Booth) -> None:
    """Cut the power while the journal's writer hangs in the write of a visitor's row."""
    booth.run(f"pid=$(systemctl show --value --property=MainPID kiosk); {FREEZE}")
    booth.wire(OFFICER, 0)
    booth.until("grep -q 'State:.D' /proc/$pid/task/*/status")
    booth.machine.cut_power()
