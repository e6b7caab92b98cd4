import logging
import os

import pytest

from kiosk.health.log import make_non_blocking


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> logging.Logger:
    """The root of a separate tree of loggers, which also gets the records of kiosk.health.log."""
    logger = logging.Logger("root")
    monkeypatch.setattr(logging.getLogger("kiosk.health.log"), "parent", logger)
    return logger


def test_a_log_without_a_reader_drops_lines_instead_of_waiting(root: logging.Logger) -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as pipe, os.fdopen(writer, "w", encoding="utf-8") as stream:
        root.addHandler(logging.StreamHandler(stream))
        make_non_blocking(root)
        root.warning("first")
        fill(writer)
        root.warning("second")  # without the filter, this would wait for ever
        root.warning("third")
        os.set_blocking(reader, False)
        assert pipe.read().startswith(b"first\n\0")
        root.warning("fourth")
        assert pipe.read() == b"2 log lines were lost here, because the reader of the log did not accept them\nfourth\n"


def fill(pipe: int) -> None:
    """Write until the pipe accepts no more."""
    os.set_blocking(pipe, False)
    try:
        while True:
            os.write(pipe, bytes(4096))
    except BlockingIOError:
        os.set_blocking(pipe, True)
