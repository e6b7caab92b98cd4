"""The trails of the last visits: bounded, so that the largest state that is possible still goes through the socket."""

import json
import socket
from dataclasses import replace
from datetime import UTC, datetime

from kiosk.composition.live_view import MAX_LOG_CHARACTERS, MAX_LOG_LINES
from kiosk.flow.state import Situation, State, Visit
from kiosk.hardware.thermometers.readout import TRACE_SAMPLES
from kiosk.technician.trails import MAX_STEPS, MAX_TIMES, MAX_VISITS, Trails

NOW = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)


def longest(visits: int) -> Trails:
    """Return trails after visits that went to and fro more often than is kept."""
    trails = Trails()
    to_and_fro = (Situation.WAITING_FOR_DOORS, Situation.SPRAY_REQUESTED)
    for number in range(1, visits + 1):
        visit = Visit(number)
        for step in range(MAX_STEPS + 5):
            trails.observe(State(to_and_fro[step % 2], visit=visit), 1000.0 * number + step, NOW)
        trails.observe(State(Situation.IDLE, ended=visit), 1000.0 * number + 500.0, NOW)
    return trails


def test_visits_steps_and_times_are_bounded() -> None:
    trails = longest(MAX_VISITS + 3)
    shown = trails.shown()
    assert len(shown) == MAX_VISITS
    assert {len(trail["situations"]) for trail in shown} == {MAX_STEPS}
    assert shown[0]["ended_s"] == 500.0
    assert max(step["visits"] for step in trails.times()) <= MAX_TIMES


def test_an_end_that_is_seen_again_counts_once() -> None:
    trails = Trails()
    visit = Visit(1)
    trails.observe(State(Situation.SCANNING, visit=visit), 10.0, NOW)
    ended = State(Situation.IDLE, ended=visit)
    trails.observe(ended, 14.0, NOW)
    trails.observe(replace(ended, situation=Situation.MAINTENANCE), 99.0, NOW)
    assert trails.times() == [{"situation": "scanning", "visits": 1, "median_s": 4.0, "longest_s": 4.0}]


def test_the_largest_state_goes_through_the_socket_at_once() -> None:
    name = "kiosk.hardware.thermometers.duty"
    log = {"n": 10**6, "at": NOW.isoformat(), "level": "warning", "name": name, "text": "😀" * MAX_LOG_CHARACTERS}
    snapshot = {
        "visits": longest(MAX_VISITS).shown(),
        "log": [log] * MAX_LOG_LINES,
        "trace": [[123.4, 36.45, 25.44, 38.45]] * TRACE_SAMPLES,
        "others": "x" * 8000,
    }
    line = json.dumps(snapshot, ensure_ascii=False).encode()
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with here, there:
        assert here.send(line, socket.MSG_DONTWAIT) == len(line), "the kernel's buffer takes it whole"
