"""The benchmark of the entrance: its table, its rows, and the figures of a process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import bench
from bench.door import durable, flow
from bench.figures import Row, as_json, table
from bench.machine import memory, usage
from tests.test_architecture import HEAVY


def test_the_table_has_medians_and_spreads() -> None:
    rows = [
        Row("a time", [1.25, 0.5, 12.345, 2.0], "ms", "≤ 10 ms"),
        Row("a step", [float(number) for number in range(1, 101)], "µs", tail=0.99),
        Row("a memory", [123.4], "MB"),
    ]
    assert table(rows) == (
        "| what | median | spread | samples | aim |\n"
        "| --- | ---: | ---: | ---: | --- |\n"
        "| a time | 1.62 ms | 0.50 .. 12.3 | 4 | ≤ 10 ms |\n"
        "| a step | 50.5 µs | 1.00 .. p99 99.0 | 100 |  |\n"
        "| a memory | 123 MB |  | 1 |  |"
    )


def test_programs_get_every_sample_and_the_machine() -> None:
    read = json.loads(as_json([Row("a time", [1.25, 0.5, 12.345], "ms", "≤ 10 ms")], {"machine": "a Pi"}))
    assert read == {
        "machine": {"machine": "a Pi"},
        "figures": [{"what": "a time", "unit": "ms", "aim": "≤ 10 ms", "median": 1.25, "samples": [1.25, 0.5, 12.345]}],
    }


def test_the_controller_of_the_benchmark_loads_no_picture_library() -> None:
    heavy = f"import sys, bench.door.controller; print([m for m in {HEAVY} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_visit_whose_steps_are_timed_ends_at_an_open_door(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "VISITS", 3)
    (row,) = flow.rows()
    assert len(row.samples) == 3 * len(flow.STORY)


def test_each_append_and_each_write_is_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable, "ROWS", 3)
    assert [len(row.samples) for row in durable.rows(tmp_path)] == [3, 3]
    assert (tmp_path / "page").stat().st_size == 3 * 4096


def test_memory_and_usage_of_a_process_are_read() -> None:
    used = memory(os.getpid())
    assert used.resident_mb > used.own_mb > 1.0
    before = usage(os.getpid())
    assert usage(os.getpid()).busy_s >= before.busy_s > 0.0


def test_every_bench_that_is_a_command_prints_json_on_request() -> None:
    """The other files of the folder are parts of a bench; they take no options."""
    files = [(file.name, file.read_text(encoding="utf-8")) for file in Path(bench.__file__).parent.glob("*.py")]
    commands = {name: text for name, text in files if "ArgumentParser(" in text}
    assert len(commands) >= 11
    assert [name for name, text in commands.items() if '"--json"' not in text] == []
