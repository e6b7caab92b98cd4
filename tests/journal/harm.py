"""Harms a small journal as a bad card can, and judges what the reader and the writer make of it.

`python -m tests.journal.harm` tries every bit of each byte that SQLite uses, one bit of each other byte and of each
byte of the log, and every length of both files; with `--all`, every bit of both files. `script/journal-damage` runs it.
"""

import io
import logging
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from kiosk.errors import JournalError
from kiosk.journal.reading import JournalReader
from kiosk.journal.records import Record, RowKind, started
from kiosk.model import Phase
from tests.journal.books import admitted, journal, look, referred

NAMES = ("journal.db", "journal.db-wal")
ALARM = Record(RowKind.EMERGENCY_RAISED, 4.0, Phase.EMERGENCY)
RECORDS = (
    started(1.0),
    admitted(1),
    referred(2),
    ALARM,
    Record(RowKind.FAULT_RAISED, 5.0, Phase.EMERGENCY),
    admitted(3),
)
NEW = admitted(99)
ROW = "SELECT * FROM journal ORDER BY id"
ATTEMPTS = 3

Rows = list[tuple[object, ...]]


@dataclass(frozen=True)
class Sample:
    """The files of a small journal, its rows, and the offset at which its rows begin and end in the first file."""

    files: tuple[bytes, bytes]
    rows: Rows
    leaf: range


def closed_sample(folder: Path) -> Sample:
    """A journal that was closed: the database without a log."""
    book = journal(folder / "journal.db")
    for record in RECORDS:
        book.append(record)
    book.close()
    return _sample(folder)


def cut_sample(folder: Path) -> Sample:
    """A journal after a power cut: the last two rows are only in the log."""
    book = journal(folder / "journal.db")
    for record in RECORDS[:4]:
        book.append(record)
    book.close()
    book = journal(folder / "journal.db")
    for record in RECORDS[4:]:
        book.append(record)
    after = folder / "after"
    after.mkdir()
    for name in NAMES:
        shutil.copy(folder / name, after / name)
    book.close()
    return _sample(after)


def _sample(folder: Path) -> Sample:
    files = [(folder / name).read_bytes() if (folder / name).exists() else b"" for name in NAMES]
    rows = look(folder / "journal.db", ROW)
    root = look(folder / "journal.db", "SELECT rootpage FROM sqlite_schema WHERE name = 'journal'")[0][0]
    assert isinstance(root, int)
    return Sample((files[0], files[1]), rows, range((root - 1) * 4096, root * 4096))


def flipped(data: bytes, bit: int) -> bytes:
    harmed = bytearray(data)
    harmed[bit // 8] ^= 1 << bit % 8
    return bytes(harmed)


def try_out(folder: Path, files: tuple[bytes, bytes]) -> tuple[Rows, bool, bool]:
    """Read and write the journal of `files`; return its rows afterwards, whether it was replaced, and the emergency.

    Raises `AssertionError` if a promise is broken, and any error that is not reported as a `JournalError`.
    """
    for name in [path.name for path in folder.iterdir()]:
        (folder / name).unlink()
    for name, data in zip(NAMES, files, strict=True):
        if data or name == NAMES[0]:
            (folder / name).write_bytes(data)
    path = folder / NAMES[0]
    stands = read_all(path)
    number = append_at_last(path)
    rows = look(path, ROW)
    assert [row[0] for row in rows if row[11] == 99] == [number], "the new row is lost or doubled"
    replaced = (folder / "journal.db.damaged-1").exists()
    assert replaced == any(row[9] == "journal_replaced" for row in rows)
    return [row for row in rows if row[11] != 99 and row[9] != "journal_replaced"], replaced, stands


def append_at_last(path: Path) -> int:
    """Append a row, with a few attempts, as the kiosk does; return its id."""
    book = journal(path)
    try:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return book.append(NEW)
            except JournalError as error:
                if error.fault != "journal_full" or attempt == ATTEMPTS:
                    raise AssertionError("the kiosk is out of service for good") from error
    finally:
        book.close()
    raise AssertionError


def read_all(path: Path) -> bool:
    """Do all that a reader can do; return whether an emergency stands. Any error but a `JournalError` is a failure."""
    stands = False
    try:
        with JournalReader(path) as reader:
            stands = reader.emergency_stands()
            for row in reader.last(3):
                row.line(UTC)
            list(map(str, reader.counts()))
            reader.export(io.StringIO(newline=""))
            reader.check()
    except JournalError:
        pass
    return stands


def judge_flip(folder: Path, sample: Sample, file: int, bit: int) -> bool:
    """Judge one changed bit; return whether the file was replaced."""
    files = list(sample.files)
    files[file] = flipped(files[file], bit)
    rows, replaced, stands = try_out(folder, (files[0], files[1]))
    changed = [row for row in rows if row not in sample.rows]
    assert len(changed) <= 1, f"rows are invented: {changed}"
    if file == 0 and bit // 8 not in sample.leaf:
        assert rows == sample.rows, "a readable row is not saved"
        assert stands, "the emergency is forgotten"
    if file == 1:  # a damaged end of the log looks like one that a power cut tore
        assert rows[:-1] == sample.rows[: len(rows) - 1], "a readable row is not saved"
        assert len(rows) >= len(sample.rows) - 1, "a readable row is not saved"
        assert stands, "the emergency is forgotten"
    return replaced


def judge_length(folder: Path, sample: Sample, file: int, length: int) -> bool:
    """Judge a file that is cut; return whether it was replaced."""
    files = list(sample.files)
    files[file] = files[file][:length]
    rows, replaced, stands = try_out(folder, (files[0], files[1]))
    assert [row for row in rows if row not in sample.rows] == [], "rows are invented"
    if length >= sample.leaf.stop or file == 1:
        assert stands, "the emergency is forgotten"
        assert rows[:4] == sample.rows[:4], "a readable row is not saved"
    return replaced


def used_bits(data: bytes) -> Iterator[int]:
    """Yield every bit of the bytes that are not zero and of their neighbours, and one bit of each other byte."""
    for at in range(len(data)):
        if any(data[max(0, at - 2) : at + 3]):
            yield from range(at * 8, at * 8 + 8)
        else:
            yield at * 8 + at % 8


def byte_bits(data: bytes) -> Iterator[int]:
    """Yield one bit of each byte."""
    return (at * 8 + at % 8 for at in range(len(data)))


Judge = Callable[[Path, Sample, int, int], bool]


Task = tuple[str, Judge, Sample, int, list[int]]


def _judge_all(task: Task) -> tuple[str, int, int, list[str]]:
    name, judge, sample, file, places = task
    logging.disable(logging.CRITICAL)
    replaced, broken = 0, []
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as folder:
        for place in places:
            try:
                replaced += judge(Path(folder), sample, file, place)
            except Exception as error:  # noqa: BLE001 - each is a broken promise
                broken.append(f"{name} {place}: {type(error).__name__}: {error}")
    return name, len(places), replaced, broken


def main() -> int:
    """Try everything on all processors; print the numbers, and return 1 if a promise was broken."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        closed, cut = closed_sample(Path(one)), cut_sample(Path(other))
    whole = "--all" in sys.argv[1:]
    main_file, log = closed.files[0], cut.files[1]
    plan: list[Task] = [
        (
            "bit of the database",
            judge_flip,
            closed,
            0,
            list(range(len(main_file) * 8) if whole else used_bits(main_file)),
        ),
        ("bit of the log", judge_flip, cut, 1, list(range(len(log) * 8) if whole else byte_bits(log))),
        ("length of the database", judge_length, closed, 0, list(range(len(main_file)))),
        ("length of the log", judge_length, cut, 1, list(range(len(log)))),
    ]
    tasks: list[Task] = [
        (name, judge, sample, file, places[at : at + 500])
        for name, judge, sample, file, places in plan
        for at in range(0, len(places), 500)
    ]
    began = time.monotonic()
    totals: dict[str, list[int]] = {}
    broken: list[str] = []
    with multiprocessing.Pool() as pool:
        for name, tried, replaced, wrong in pool.imap_unordered(_judge_all, tasks):
            total = totals.setdefault(name, [0, 0])
            total[0] += tried
            total[1] += replaced
            broken += wrong
    for name, (tried, replaced) in totals.items():
        sys.stdout.write(f"{name}: {tried} tried, {replaced} replaced\n")
    sys.stdout.write(
        "\n".join([*broken[:50], f"{len(broken)} promises broken, {time.monotonic() - began:.0f} s"]) + "\n"
    )
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
