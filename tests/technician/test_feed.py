"""The feed from the controller to the page: lines, reconnections, and readers that never read."""

import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from kiosk.technician import feed as feeds
from kiosk.technician.feed import MAX_READERS, Feed, FeedReader

WITHIN_S = 20.0


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "EVERY_S", 0.02)
    monkeypatch.setattr(feeds, "AGAIN_S", 0.02)


class Lines:
    """Collects what a reader gets, and lets a test wait for it."""

    def __init__(self) -> None:
        self.found: list[dict[str, Any] | None] = []
        self._changed = threading.Condition()

    def __call__(self, line: dict[str, Any] | None) -> None:
        with self._changed:
            self.found.append(line)
            self._changed.notify_all()

    def wait_for(self, line: dict[str, Any] | None) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: line in self.found, WITHIN_S)


def test_a_reader_gets_the_state_and_learns_that_the_kiosk_ended(folder: Path) -> None:
    lines = Lines()
    reader = FeedReader(folder / "s", lines)
    reader.start()
    lines.wait_for(None)
    feed = Feed(folder / "s", lambda: {"phase": "idle"})
    feed.start()
    lines.wait_for({"phase": "idle"})
    lines.found.clear()
    feed.close()
    lines.wait_for(None)
    assert not (folder / "s").exists()
    again = Feed(folder / "s", lambda: {"phase": "scanning"})
    again.start()
    lines.wait_for({"phase": "scanning"})
    reader.close()
    again.close()


def test_only_the_owner_can_open_the_socket(folder: Path) -> None:
    lines = Lines()
    feed = Feed(folder / "s", dict)
    feed.start()
    reader = FeedReader(folder / "s", lines)
    reader.start()
    lines.wait_for({})
    assert (folder / "s").stat().st_mode & 0o777 == 0o600
    reader.close()
    feed.close()


def test_readers_that_never_read_are_dropped_and_the_feed_goes_on(folder: Path) -> None:
    feed = Feed(folder / "s", lambda: {"text": "x" * 200_000})
    feed.start()
    lines = Lines()
    first = FeedReader(folder / "s", lines)
    first.start()
    lines.wait_for({"text": "x" * 200_000})
    silent = []
    for _ in range(MAX_READERS + 3):
        one = socket.socket(socket.AF_UNIX)
        one.connect(str(folder / "s"))
        silent.append(one)
    lines.found.clear()
    lines.wait_for({"text": "x" * 200_000})
    first.close()
    feed.close()
    for one in silent:
        one.close()


def test_a_socket_that_cannot_be_made_is_no_error_of_the_kiosk(folder: Path) -> None:
    feed = Feed(folder / "missing" / "s", dict)
    feed.start()
    feed.close()
