"""Reading the journal: lists, times of unsure clocks, counts, the export and the check."""

import csv
import io
import sqlite3
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.errors import JournalError
from kiosk.flow.state import Outcome
from kiosk.journal import reading
from kiosk.journal.listing import Count, cell
from kiosk.journal.reading import JournalReader, exists
from kiosk.journal.records import Record, RowKind, started
from kiosk.model import Phase
from tests.journal.books import NOON, Wall, admitted, journal, look, referred


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def wrote(path: Path, *records: Record, wall: Wall | None = None) -> None:
    book = journal(path, wall)
    for record in records:
        book.append(record)
    book.close()


def test_the_newest_rows_are_listed_oldest_first(path: Path) -> None:
    wrote(path, *[admitted(visit) for visit in range(1, 6)])
    with JournalReader(path) as reader:
        rows = reader.last(2)
    assert [(row.visit, row.outcome, row.clock) for row in rows] == [(4, "admitted", "sure"), (5, "admitted", "sure")]
    assert rows[0].at == NOON


def test_a_reader_reads_while_the_kiosk_writes(path: Path) -> None:
    book = journal(path)
    book.append(admitted(1))
    with JournalReader(path) as reader:
        assert len(reader.last(9)) == 1
        book.append(admitted(2))
        assert len(reader.last(9)) == 2
    book.close()


def test_a_reader_changes_no_file(path: Path) -> None:
    wrote(path, admitted(1))
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    with JournalReader(path) as reader:
        reader.last(1)
    left = {file.name: file.read_bytes() for file in path.parent.iterdir() if not file.name.endswith(("-shm", "-wal"))}
    assert left == before
    assert all(file.stat().st_size == 0 for file in path.parent.glob("*-wal"))


def test_rows_are_read_in_several_queries_and_since_a_moment(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "ROWS_PER_QUERY", 3)
    wall = Wall()
    book = journal(path, wall)
    for visit in range(10):
        book.append(admitted(visit))
        wall.advance(days=1)
    book.close()
    with JournalReader(path) as reader:
        assert [row.visit for row in reader.rows()] == list(range(10))
        assert [row.visit for row in reader.rows(NOON + timedelta(days=7))] == [7, 8, 9]


def test_times_of_an_unsure_clock_are_repaired_from_the_same_boot(path: Path) -> None:
    wall = Wall(NOON.replace(year=1970), sure=False)
    book = journal(path, wall)
    book.append(started(10.0))
    wall.utc, wall.sure = NOON, True
    book.append(admitted(1, at_s=70.0))
    book.close()
    other = journal(path, Wall(NOON.replace(year=1970), sure=False), boot="never sure")
    other.append(started(3.0))
    other.close()
    with JournalReader(path) as reader:
        rows = list(reader.rows())
    assert [(row.at, row.clock) for row in rows] == [
        (NOON - timedelta(seconds=60), "repaired"),
        (NOON, "sure"),
        (NOON.replace(year=1970), "unsure"),
    ]


def test_visits_are_counted_by_day_outcome_and_reason(path: Path) -> None:
    wall = Wall()
    book = journal(path, wall)
    for record in (started(0.0), admitted(1), admitted(2), referred(3)):
        book.append(record)
    wall.advance(days=1)
    book.append(Record(RowKind.VISIT, 9.0, Phase.IDLE, 4, Outcome.LEFT, "", "", "scanning"))
    book.append(Record(RowKind.EMERGENCY_RAISED, 10.0, Phase.EMERGENCY, 5, Outcome.INTERRUPTED))
    book.close()
    with JournalReader(path) as reader:
        assert reader.counts() == [
            Count("2026-03-04", "admitted", "", 2),
            Count("2026-03-04", "referred", "fever", 1),
            Count("2026-03-05", "interrupted", "emergency_raised", 1),
            Count("2026-03-05", "left", "", 1),
        ]
        assert reader.counts(NOON + timedelta(hours=1))[0].day == "2026-03-05"


def test_days_are_counted_in_the_zone_of_the_site(path: Path) -> None:
    wrote(path, admitted(1))
    with JournalReader(path) as reader:
        assert reader.counts(zone=timezone(timedelta(hours=14)))[0].day == "2026-03-05"


def test_an_overruled_referral_is_counted_once(path: Path) -> None:
    overruled = replace(referred(1), at_s=2.0, outcome=Outcome.ADMITTED_BY_OFFICER)
    wrote(path, referred(1), overruled, referred(2))
    with JournalReader(path) as reader:
        assert reader.counts() == [
            Count("2026-03-04", "admitted_by_officer", "fever", 1),
            Count("2026-03-04", "referred", "fever", 1),
        ]


def test_the_same_visit_number_of_another_run_is_another_visit(path: Path) -> None:
    wrote(path, referred(1))
    wrote(path, referred(1))
    with JournalReader(path) as reader:
        assert reader.counts() == [Count("2026-03-04", "referred", "fever", 2)]


def test_the_export_is_csv_with_a_heading(path: Path) -> None:
    wrote(path, started(0.5), referred(3))
    target = io.StringIO(newline="")
    with JournalReader(path) as reader:
        assert reader.export(target) == 2
    heading, first, second = csv.reader(io.StringIO(target.getvalue()))
    assert " ".join(heading[:11]) == "id at clock kiosk kind phase visit outcome reason scheme detail"
    assert first[:7] == ["1", "2026-03-04T12:00:00.000+00:00", "sure", "north", "started", "starting", ""]
    assert second[6:11] == ["3", "referred", "fever", "", "temperature.high_c"]


@given(st.text(max_size=20))
def test_no_cell_of_text_is_a_formula(text: str) -> None:
    assert not cell(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_a_row_and_a_count_are_one_line_each(path: Path) -> None:
    zone = ZoneInfo("Asia/Jakarta")
    book = journal(path, Wall(sure=False))
    for record in (started(0.5), referred(3)):
        book.append(record)
    book.close()
    with JournalReader(path) as reader:
        lines = [*(row.line(zone) for row in reader.last(9)), *map(str, reader.counts(zone=zone))]
    assert lines == [
        "      1  2026-03-04 19:00:00? started",
        "      2  2026-03-04 19:00:00? visit             visit 3 referred fever (temperature.high_c)",
        "2026-03-04  referred            fever                        1",
    ]


def test_numbers_are_exported_unchanged() -> None:
    assert (cell(-3), cell(None), cell("=1+1")) == ("-3", "", "'=1+1")


def test_a_missing_journal_is_reported_with_a_remedy(path: Path) -> None:
    with pytest.raises(JournalError, match=r"there is none yet; check 'journal\.path'"):
        JournalReader(path)


def test_a_path_that_cannot_be_examined_is_reported(path: Path) -> None:
    with pytest.raises(JournalError, match="File name too long; read it with 'sudo kiosk journal'"):
        JournalReader(path.with_name("x" * 300))


def test_a_foreign_file_and_a_file_of_garbage_are_refused(path: Path) -> None:
    look(path, "CREATE TABLE recipes (name TEXT)")
    with pytest.raises(JournalError, match="is the database of another program and no journal"):
        JournalReader(path)
    path.write_bytes(b"garbage" * 1000)
    with pytest.raises(JournalError, match="is not the journal of a kiosk; check '--file'") as refused:
        JournalReader(path)
    assert refused.value.fault == "", "the owner of the file is unknown, so no fault asks to move it away"


def test_reading_a_damaged_page_is_reported(path: Path) -> None:
    wrote(path, *[admitted(visit) for visit in range(200)])
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
    with (
        JournalReader(path) as reader,
        pytest.raises(JournalError, match="no row can be read; the kiosk moves it aside"),
    ):
        list(reader.rows())


def test_a_check_reads_every_page(path: Path) -> None:
    wrote(path, *[admitted(visit) for visit in range(200)])
    with JournalReader(path) as reader:
        assert reader.check() == "200 rows, 0.1 MB"
    data = bytearray(path.read_bytes())
    data[-4096:] = b"\xa5" * 4096
    path.write_bytes(bytes(data))
    with JournalReader(path) as reader, pytest.raises(JournalError, match="damaged"):
        reader.check()


RAISED = Record(RowKind.EMERGENCY_RAISED, 1.0, Phase.EMERGENCY)
RESET = Record(RowKind.EMERGENCY_RESET, 2.0, Phase.STARTING)


@pytest.mark.parametrize(
    ("records", "stands"),
    [((), False), ((RAISED,), True), ((RAISED, RESET), False), ((RAISED, RESET, replace(RAISED, at_s=3.0)), True)],
)
def test_an_emergency_stands_until_it_is_reset_however_many_rows_follow(
    path: Path, records: tuple[Record, ...], stands: bool
) -> None:
    wrote(path, *records, referred(1))
    connection = sqlite3.connect(path)
    connection.executemany(
        "INSERT INTO journal SELECT NULL, boot, seq + ?, run, kiosk, app, at_utc, clock_sure, at_s, 'fault_raised',"
        " phase, NULL, NULL, 'thermometer_silent', scheme, 'thermometer' FROM journal WHERE visit = 1",
        [(number,) for number in range(1, 3001)],
    )
    connection.commit()
    connection.close()
    with JournalReader(path) as reader:
        assert reader.emergency_stands() is stands


def test_a_journal_that_a_power_cut_kept_from_its_place_is_read(path: Path) -> None:
    assert not exists(path)
    wrote(path, RAISED)
    path.rename(path.with_name("journal.db.saved"))
    assert exists(path)
    with JournalReader(path) as reader:
        assert reader.emergency_stands()


def test_bodies_that_went_through_are_counted_on_lines_of_their_own(path: Path) -> None:
    through = Record(RowKind.WENT_THROUGH, 2.0, visit=1, detail="1")
    second = replace(through, at_s=3.0, reason="passage_unadmitted", detail="2")
    wrote(path, admitted(1), through, second)
    with JournalReader(path) as reader:
        assert reader.counts() == [
            Count("2026-03-04", "admitted", "", 1),
            Count("2026-03-04", "went_through", "", 1),
            Count("2026-03-04", "went_through", "passage_unadmitted", 1),
        ]
