"""The memory card in a world: the power may fail in the middle of a row, and then only a part of it is on the card."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kiosk.runtime.worker import Duty


class Card:
    """The card with the journal at `path`. power_fails: cuts the power for so many seconds.

    The journal is an SQLite database with a log beside it (WAL). A row that is not durable yet is a tail of this log.
    """

    def __init__(self, path: Path, seed: int, power_fails: Callable[[float], None]) -> None:
        self._database, self._log = path, path.with_name(path.name + "-wal")
        self._chance = random.Random(f"card {seed}")  # noqa: S311 - a simulation, no secret
        self._power_fails = power_fails
        self._cut_for_s: float | None = None

    def cut_in_next_row(self, for_s: float) -> None:
        """Let the power fail for so many seconds while the next row is written."""
        self._cut_for_s = for_s

    def write(self, write: Callable[[], Any]) -> Any:
        """Call `write`, which may write rows; if the power fails meanwhile, keep a part of what it wrote."""
        for_s = self._cut_for_s
        if for_s is None:
            return write()
        before = self._content(self._log)
        result = write()
        after, database = self._content(self._log), self._content(self._database)
        if after == before:
            return result
        self._cut_for_s = None
        self._power_fails(for_s)  # ends the kiosk, which closes its files
        first = next((at for at, byte in enumerate(before) if after[at : at + 1] != bytes((byte,))), len(before))
        torn = self._chance.randint(first, len(after))
        self._database.write_bytes(database)
        self._log.write_bytes(after[:torn] + before[torn:])
        return None

    @staticmethod
    def _content(path: Path) -> bytes:
        return path.read_bytes() if path.exists() else b""


class CardDuty:
    """The duty of the journal's writer, whose rows go to the card of a world. It does nothing once the power failed."""

    def __init__(self, duty: Duty, card: Card, is_powered: Callable[[], bool]) -> None:
        self.name = duty.name
        self._duty = duty
        self._card = card
        self._is_powered = is_powered

    def handle(self, job: object) -> None:
        """Write the waiting rows."""
        self._card.write(lambda: self._duty.handle(job))

    def tick(self) -> float | None:
        """Do what is due, as the writer's own `tick` does; None without power."""
        wait_s: float | None = self._card.write(self._duty.tick) if self._is_powered() else None
        return wait_s if self._is_powered() else None

    def close(self) -> None:
        """Write the waiting rows, and close the journal."""
        self._duty.close()
