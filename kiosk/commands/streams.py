"""Handle a standard output or a standard error that is closed, full, or whose reader has ended."""

import os
import sys


def open_streams() -> None:
    """Replace a standard stream that was closed before the start (`>&-`).

    Python then sets it to None, and the next file that is opened would get its number. Writing to the new standard
    output fails as it would with the closed one. The new standard error discards what is written.
    """
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w")
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")


def output_fails() -> bool:
    """Return True if not even an empty line can be written to standard output, so that an `OSError` came from there."""
    try:
        sys.stdout.write("\n")
        sys.stdout.flush()
    except OSError:
        return True
    return False


def discard_output() -> None:
    """Discard what is buffered for standard output; Python would try to write it at its end and report an error."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
