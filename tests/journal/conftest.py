"""The journal's tests write in memory where they can: each row is forced to the disk, which a busy disk makes slow."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

IN_MEMORY = Path("/dev/shm")


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    place = IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="kiosk-", dir=place) as folder:
        yield Path(folder)
