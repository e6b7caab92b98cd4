"""Whole visits: the time from a frame with a readable code to the relay, and the memory after them."""

import time
from dataclasses import dataclass
from pathlib import Path

from bench.door.booth import Booth
from bench.door.site import Equipment, Site
from bench.figures import Row
from bench.machine import memory
from kiosk.model import Phase
from kiosk.simulator.people.phone import CodeCarrier, Scene

VISITS = 24
VISITS_BEFORE_MEMORY = 12
SETTLE_S = 1.0
BETWEEN_S = 0.3

SKIN_C, ROOM_C = 34.7, 26.0


@dataclass(frozen=True, slots=True)
class CodeTimes:
    """The times of one code on its way from the frame to the relay, in nanoseconds of CLOCK_MONOTONIC."""

    frame_ns: int
    decoding_began_ns: int
    decoding_ended_ns: int
    inbox_ns: int
    relay_ns: int


def rows(folder: Path) -> list[Row]:
    """Measure the times of `VISITS` codes, and the memory after `VISITS_BEFORE_MEMORY` visits."""
    with Booth(Site(folder)) as booth:
        time.sleep(SETTLE_S)
        codes = [_visit(booth) for _ in range(VISITS_BEFORE_MEMORY)]
        memory_rows = _memory_rows(booth)
        codes += [_visit(booth) for _ in range(VISITS - VISITS_BEFORE_MEMORY)]
    return [*_rows_of(codes), *memory_rows]


def without_status_service(folder: Path) -> list[Row]:
    """Measure the memory of a site without a status service, which loads neither requests nor web certificates."""
    what = "controller without a status service: memory"
    with Booth(Site(folder, Equipment.PASSES_ONLY)) as booth:
        time.sleep(SETTLE_S)
        fresh = Row(f"{what} after READY", [memory(booth.controller).resident_mb], "MB", "≤ 60 MB")
        for _ in range(VISITS_BEFORE_MEMORY):
            _visit(booth)
        used = memory(booth.controller).resident_mb
    return [fresh, Row(f"{what} after {VISITS_BEFORE_MEMORY} visits", [used], "MB", "≤ 60 MB")]


def _visit(booth: Booth) -> CodeTimes:
    """Run one visit: a visitor comes, shows a pass on a phone, enters, and leaves."""
    booth.set("face", SKIN_C)
    booth.set("presence", 1)
    booth.wait_for(Phase.SCANNING)
    booth.show(Scene(CodeCarrier.PHONE, booth.site.new_pass(), seed=time.monotonic_ns() % 1000))
    inbox_ns, relay_ns = booth.wait_for_note("code"), booth.wait_for_note("relay_on")
    times = _code_times(booth, inbox_ns, relay_ns)
    booth.set("passage", 1)
    booth.wait_for_note("relay_off")
    booth.set("passage", 0)
    booth.show(Scene())
    booth.set("face", ROOM_C)
    booth.set("presence", 0)
    time.sleep(BETWEEN_S)
    return times


def _code_times(booth: Booth, inbox_ns: int, relay_ns: int) -> CodeTimes:
    """Return the times of the last code. Its frame is the newest one before the decoding that read it."""
    notes = booth.camera_notes()
    decodings = (numbers for what, numbers in reversed(notes) if what == "decoding")
    began_ns, ended_ns, _ = next(times for times in decodings if times[2] and times[1] < inbox_ns)
    frame_ns = max(numbers[0] for what, numbers in notes if what == "frame" and numbers[0] <= began_ns)
    return CodeTimes(frame_ns, began_ns, ended_ns, inbox_ns, relay_ns)


def _rows_of(codes: list[CodeTimes]) -> list[Row]:
    def row(what: str, samples_ns: list[int], aim: str = "") -> Row:
        return Row(what, [ns / 1e6 for ns in samples_ns], "ms", aim, 0.95)

    decoding_ns = [code.decoding_ended_ns - code.decoding_began_ns for code in codes]
    total_ns = [code.relay_ns - code.frame_ns for code in codes]
    others_ns = [total - decoding for total, decoding in zip(total_ns, decoding_ns, strict=True)]
    return [
        row("frame → relay, total", total_ns),
        row("– decoding it in the scanner's process", decoding_ns),
        row("– everything else", others_ns, "≤ 10 ms"),
        row(
            "– of that, before decoding (search for motion)", [code.decoding_began_ns - code.frame_ns for code in codes]
        ),
        row("– of that, pipe to the controller's inbox", [code.inbox_ns - code.decoding_ended_ns for code in codes]),
        row("– of that, verification, durable row, relay", [code.relay_ns - code.inbox_ns for code in codes]),
    ]


def _memory_rows(booth: Booth) -> list[Row]:
    rows = []
    for process, pid, aim in (("controller", booth.controller, "≤ 60 MB"), ("scanner", booth.scanner, "")):
        used = memory(pid)
        rows.append(Row(f"{process}: memory after {VISITS_BEFORE_MEMORY} visits", [used.resident_mb], "MB", aim))
        rows.append(Row("– of it private, not of files", [used.own_mb], "MB"))
        rows.append(Row("– with its share of shared pages (PSS)", [used.share_mb], "MB"))
    return rows
