"""Rows, portions and journals for the tests of the fleet."""

from collections.abc import Callable

from kiosk.errors import JournalError
from kiosk.journal.portions import START, Place, Portion, SentRow

BOOT = "11111111-2222-3333-4444-555555555555"


def row(number: int, at_utc: str = "2026-03-04T12:00:00.000Z", boot: str = BOOT) -> SentRow:
    return (
        number, boot, number, 1, "1.0", at_utc, 1, float(number), "visit", "admitting", number, "admitted", "",
        "site_pass", "site_pass",
    )  # fmt: skip


class Rows:
    """A journal in memory that a test fills; `fails` makes the next reads fail."""

    def __init__(self, count: int = 0) -> None:
        self.rows = [row(number) for number in range(1, count + 1)]
        self.fails = False
        self.reads = 0

    def add(self, count: int = 1) -> None:
        self.rows += [row(len(self.rows) + number) for number in range(1, count + 1)]

    def after(self, place: Place, limit: int) -> Portion:
        self.reads += 1
        if self.fails:
            raise JournalError("the card does not answer")
        return Portion(tuple(self.rows[place.id : place.id + limit]), place)


def drain(next_message: Callable[[], bytes | None], answer: Callable[[bytes], None], times: int = 1000) -> int:
    """Answer each message until there is none; return their number."""
    for count in range(times):
        message = next_message()
        if message is None:
            return count
        answer(message)
    raise AssertionError("there is always another message")


__all__ = ["BOOT", "START", "Rows", "drain", "row"]
