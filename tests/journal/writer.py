"""A child process that writes a journal and prints the id of each durable row; a test kills it or limits its files."""

import resource
import sys
from pathlib import Path

from kiosk.errors import JournalError
from tests.journal.books import admitted, journal


def write_forever(path: Path) -> None:
    """Write rows until the process is killed."""
    book = journal(path)
    visit = 0
    while True:
        visit += 1
        say(str(book.append(admitted(visit))))


def write_until_full(path: Path, limit_bytes: int) -> None:
    """Write rows until the limit on file sizes refuses one; then remove the limit and try that row again."""
    book = journal(path)
    book.open()
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    visit = 0
    try:
        while True:
            visit += 1
            say(str(book.append(admitted(visit))))
    except JournalError as error:
        say(f"{error.fault}: {error}")
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    book.probe()
    say(str(book.append(admitted(visit))))
    book.close()


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if len(sys.argv) == 2:
        write_forever(Path(sys.argv[1]))
    else:
        write_until_full(Path(sys.argv[1]), int(sys.argv[2]))
