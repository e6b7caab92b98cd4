import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the scanner has it; before numpy is loaded

import pytest
from hypothesis import settings

# A machine that is busy is not a mistake in the code; speed is the bench's business.
settings.register_profile("kiosk", deadline=None)
settings.load_profile("kiosk")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory where there is one: the journal writes through to the disk at every row."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)
