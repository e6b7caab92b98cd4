import gc
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in the scanner; must be set before numpy is loaded

import pytest
from hypothesis import settings

from tests.samples import examples

# No deadlines: a busy machine is no error in the code, and the benchmarks measure speed.
settings.register_profile("kiosk", deadline=None, max_examples=examples(100))
settings.load_profile("kiosk")


def pytest_collection_finish() -> None:
    """Exclude the modules and the tests from later garbage collections, which would examine all of them each time."""
    gc.collect()
    gc.freeze()


def pytest_runtest_teardown() -> None:
    """Let the program log again: commands that play many visits disable it for their whole process."""
    logging.disable(logging.NOTSET)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A temporary folder, in memory if possible, because the journal synchronises the disk at every row."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)
