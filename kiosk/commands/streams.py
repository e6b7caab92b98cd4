"""Functions for a standard output or error that cannot be written: closed, on a full disk, or without a reader."""

import os
import sys


def open_streams() -> None:
    """Replace a standard stream that was closed before the start (`>&-`).

    Python sets `sys.stdout` or `sys.stderr` to None in this case, and the next file that the program opens would get
    the descriptor of the closed stream. A write to the replaced standard output fails, as with the closed one. A write
    to the replaced standard error is discarded.
    """
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w")
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")


def output_fails() -> bool:
    """Return True if writing to standard output fails; an earlier `OSError` then came from standard output.

    This writes an empty line."""
    try:
        sys.stdout.write("\n")
        sys.stdout.flush()
    except OSError:
        return True
    return False


def discard_output() -> None:
    """Redirect standard output to /dev/null, so that Python reports no error when it writes its buffer at the end."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
