"""The record of starts and crashes: when the kiosk starts in safe mode, and for how long."""

from pathlib import Path

import pytest

from kiosk.composition.starting import starts
from kiosk.composition.starting.starts import KILLED, LONGEST_SAFE_S, NAME, SAFE_S, WITHIN_S, StartLog, StartRecord


def crashed(*times_s: float, record: StartRecord | None = None) -> StartRecord:
    record = record or StartRecord("boot")
    for at_s in times_s:
        record = record.started(at_s - 1.0, safe=record.is_unstable).crashed(at_s, "a bug")
    return record


def test_the_third_crash_in_ten_minutes_leads_to_safe_mode() -> None:
    assert not crashed(10.0, 20.0).is_unstable
    assert crashed(10.0, 20.0, 30.0).is_unstable
    assert crashed(10.0, 20.0, 30.0).cause == "a bug"
    assert not crashed(10.0, 20.0, 20.0 + WITHIN_S).is_unstable


def test_safe_mode_lasts_longer_each_time_and_one_more_crash_leads_back_to_it() -> None:
    record = crashed(10.0, 20.0, 30.0).started(31.0, safe=True)
    assert (record.safe_s, record.pause_s) == (SAFE_S, 2.0**3)
    record = record.tried_again()
    assert not record.is_unstable
    assert record.pause_s == 0.0
    record = record.started(700.0, safe=False).crashed(701.0, "a bug")
    assert record.is_unstable
    assert record.started(702.0, safe=True).safe_s == 2 * SAFE_S
    assert StartRecord("boot", safe_periods=9).safe_s == LONGEST_SAFE_S


def test_a_long_run_makes_good_what_was_before() -> None:
    record = crashed(10.0, 20.0, 30.0).started(31.0, safe=True).tried_again()
    record = record.started(700.0, safe=False).crashed(700.0 + WITHIN_S, "a bug")
    assert not record.is_unstable


def test_crashes_of_safe_mode_itself_make_the_pauses_longer() -> None:
    record = crashed(10.0, 20.0, 30.0)
    assert record.pause_s == 0.0, "safe mode itself is not delayed"
    for at_s in range(40, 140, 10):
        record = record.started(at_s - 1.0, safe=True).crashed(float(at_s), "a bug")
    assert record.pause_s == starts.LONGEST_PAUSE_S


def test_a_program_that_was_killed_is_a_crash_of_the_next_start(tmp_path: Path) -> None:
    StartLog(tmp_path).started(safe=False)
    record = StartLog(tmp_path).record
    assert (len(record.crashes), record.cause, record.running_since_s) == (1, KILLED, None)


def test_a_power_cut_is_no_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    StartLog(tmp_path).started(safe=False)
    (tmp_path / "boot_id").write_text("another\n")
    monkeypatch.setattr(starts, "BOOT_ID", tmp_path / "boot_id")
    assert StartLog(tmp_path).record == StartRecord("another")


def test_an_end_that_was_asked_for_begins_anew(tmp_path: Path) -> None:
    log = StartLog(tmp_path)
    for _ in range(3):
        log.started(safe=False)
        log.crashed("a bug")
    assert StartLog(tmp_path).record.is_unstable
    log.stopped()
    assert not StartLog(tmp_path).record.is_unstable


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"boot": 1}', b"\xff", b"[" * 5000, b"null"])
def test_a_record_that_cannot_be_read_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    log = StartLog(tmp_path)
    log.started(safe=False)
    assert not log.record.is_unstable
    assert StartLog(tmp_path).record.cause == KILLED


def test_a_record_that_cannot_be_written_does_not_stop_the_kiosk(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    StartLog(tmp_path / "none").started(safe=False)
    assert "cannot be noted" in caplog.text
    StartLog(None).started(safe=False)
