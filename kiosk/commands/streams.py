"""The command line's two streams when something is wrong with them: closed, full, or read by somebody who went away."""

import os
import sys


def open_streams() -> None:
    """Put something in the place of a stream that was closed before the start (`>&-`).

    Python has none then, and the next file that is opened would get its number. What is written to standard output is
    refused, as it would be by the closed one; what would be said of errors is lost.
    """
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w")
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")


def output_refuses() -> bool:
    """Whether standard output takes not even one more line, so that an OSError is its own."""
    try:
        sys.stdout.write("\n")
        sys.stdout.flush()
    except OSError:
        return True
    return False


def give_up_output() -> None:
    """Let what waits for standard output go nowhere: Python would try it once more at its end, and complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
