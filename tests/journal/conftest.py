"""The tests of the journal use a memory disk if there is one, because each row is forced to the disk."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

IN_MEMORY = Path("/dev/shm")


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Yield a folder that is deleted after the test."""
    place = IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="kiosk-", dir=place) as folder:
        yield Path(folder)
