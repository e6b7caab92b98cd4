"""The processes of a session, with real ones."""

import os
import select
import subprocess
import sys

from kiosk.screen import processes

PROGRAM = """
import subprocess
held = bytearray(b"x") * 50_000_000
print(subprocess.Popen(["sleep", "100"], stdout=subprocess.DEVNULL).pid, flush=True)
input()
"""
WITHIN_S = 10.0


def test_the_members_of_a_session_are_found_measured_and_killed_when_their_parent_is_gone() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert processes.members(parent.pid) == sorted([parent.pid, child])
    assert 50.0 < processes.memory_mb(parent.pid) < 100.0
    with parent:
        parent.kill()
    assert processes.members(parent.pid) == [child]
    ending = os.pidfd_open(child)
    processes.kill(parent.pid)
    assert select.select([ending], [], [], WITHIN_S)[0]
    os.close(ending)
    assert processes.members(parent.pid) == []
    assert processes.memory_mb(parent.pid) == 0.0
