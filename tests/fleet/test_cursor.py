"""The file with the place up to which the office has the rows."""

from pathlib import Path

import pytest

from kiosk.fleet.outbox.cursor import WRITE_S, CursorFile
from kiosk.journal.portions import START, Place

from .rows import BOOT

FIRST, SECOND = Place(5, BOOT, 4), Place(9, BOOT, 8)


def test_a_place_is_written_at_most_every_few_minutes_and_at_the_end(tmp_path: Path) -> None:
    file = CursorFile(tmp_path / "cursor")
    assert file.load() == START
    file.store(FIRST, 0.0)
    assert CursorFile(tmp_path / "cursor").load() == FIRST
    file.store(SECOND, WRITE_S - 1)
    assert CursorFile(tmp_path / "cursor").load() == FIRST
    file.store(SECOND, WRITE_S - 1, at_once=True)
    assert CursorFile(tmp_path / "cursor").load() == SECOND


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 64, b"{}", b"[1]", b'["1", "b", 2]', b'[1, 2, 3]', b'[-1, "b", 2]', b"[" * 100_000]
)  # fmt: skip
def test_a_damaged_file_makes_the_kiosk_send_all_rows_again(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cursor").write_bytes(content)
    assert CursorFile(tmp_path / "cursor").load() == START


def test_a_full_disk_is_logged_and_does_no_other_harm(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = CursorFile(tmp_path / "no" / "cursor")
    file.store(FIRST, 0.0)
    assert "cannot be written" in caplog.text
