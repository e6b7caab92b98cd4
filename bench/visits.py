"""Whole visits: the way from a picture with a readable code to the relay, and the memory after them."""

import time
from dataclasses import dataclass
from pathlib import Path

from bench.booth import Booth
from bench.figures import Row
from bench.machine import memory
from bench.site import Equipment, Site
from kiosk.model import Phase
from kiosk.simulator.phone import CodeCarrier, Scene

VISITS = 40
VISITS_BEFORE_MEMORY = 20
SETTLE_S = 1.0
BETWEEN_S = 0.3

SKIN_C, ROOM_C = 34.7, 26.0


@dataclass(frozen=True, slots=True)
class Way:
    """One code's way: nanoseconds of CLOCK_MONOTONIC."""

    frame_ns: int
    look_began_ns: int
    look_ended_ns: int
    inbox_ns: int
    relay_ns: int


def rows(folder: Path) -> list[Row]:
    """The way of each visitor's code, and the memory after some visits."""
    with Booth(Site(folder)) as booth:
        time.sleep(SETTLE_S)
        ways = [_visit(booth) for _ in range(VISITS_BEFORE_MEMORY)]
        used = _memory(booth)
        ways += [_visit(booth) for _ in range(VISITS - VISITS_BEFORE_MEMORY)]
    return [*_ways(ways), *used]


def without_status_service(folder: Path) -> list[Row]:
    """The memory of a site that needs neither requests nor the certificates of the web."""
    what = "controller without a status service: memory"
    with Booth(Site(folder, Equipment.PASSES_ONLY)) as booth:
        time.sleep(SETTLE_S)
        fresh = Row(f"{what} after READY", [memory(booth.controller).resident_mb], "MB", "≤ 60 MB")
        for _ in range(VISITS_BEFORE_MEMORY):
            _visit(booth)
        used = memory(booth.controller).resident_mb
    return [fresh, Row(f"{what} after {VISITS_BEFORE_MEMORY} visits", [used], "MB", "≤ 60 MB")]


def _visit(booth: Booth) -> Way:
    """A visitor comes, shows a pass on a phone while the scanner looks, enters, and is gone."""
    booth.set("face", SKIN_C)
    booth.set("presence", 1)
    booth.wait_for(Phase.SCANNING)
    booth.show(Scene(CodeCarrier.PHONE, booth.site.new_pass(), seed=time.monotonic_ns() % 1000))
    inbox_ns, relay_ns = booth.wait_for_note("code"), booth.wait_for_note("relay_on")
    way = _way(booth, inbox_ns, relay_ns)
    booth.set("passage", 1)
    booth.wait_for_note("relay_off")
    booth.set("passage", 0)
    booth.show(Scene())
    booth.set("face", ROOM_C)
    booth.set("presence", 0)
    time.sleep(BETWEEN_S)
    return way


def _way(booth: Booth, inbox_ns: int, relay_ns: int) -> Way:
    """The picture whose look found the code is the newest before that look."""
    notes = booth.camera_notes()
    looks = (numbers for what, numbers in reversed(notes) if what == "look")
    began_ns, ended_ns, _ = next(look for look in looks if look[2] and look[1] < inbox_ns)
    frame_ns = max(numbers[0] for what, numbers in notes if what == "frame" and numbers[0] <= began_ns)
    return Way(frame_ns, began_ns, ended_ns, inbox_ns, relay_ns)


def _ways(ways: list[Way]) -> list[Row]:
    def row(what: str, samples_ns: list[int], aim: str = "") -> Row:
        return Row(what, [ns / 1e6 for ns in samples_ns], "ms", aim, 0.95)

    decoding_ns = [way.look_ended_ns - way.look_began_ns for way in ways]
    whole_ns = [way.relay_ns - way.frame_ns for way in ways]
    others_ns = [whole - decoding for whole, decoding in zip(whole_ns, decoding_ns, strict=True)]
    return [
        row("picture in hand → relay, whole", whole_ns),
        row("– decoding it in the scanner's process", decoding_ns),
        row("– everything else", others_ns, "≤ 10 ms"),
        row("– of that, before decoding (did anything move?)", [way.look_began_ns - way.frame_ns for way in ways]),
        row("– of that, pipe to the controller's inbox", [way.inbox_ns - way.look_ended_ns for way in ways]),
        row("– of that, judged, durable in the journal, relay", [way.relay_ns - way.inbox_ns for way in ways]),
    ]


def _memory(booth: Booth) -> list[Row]:
    rows = []
    for who, pid, aim in (("controller", booth.controller, "≤ 60 MB"), ("scanner", booth.scanner, "")):
        used = memory(pid)
        rows.append(Row(f"{who}: memory after {VISITS_BEFORE_MEMORY} visits", [used.resident_mb], "MB", aim))
        rows.append(Row("– of it its own, not of files", [used.own_mb], "MB"))
        rows.append(Row("– with its share of shared pages (PSS)", [used.share_mb], "MB"))
    return rows
