"""Numbered SQL files bring the database to the schema of this program, each in a transaction of its own.

Files are never changed after a release: a change is a new file. Several collectors may start at once; a lock lets one
of them migrate while the others wait.
"""

import re
from importlib import resources
from importlib.resources.abc import Traversable

import psycopg

from kiosk.errors import KioskError

LOCK = "SELECT pg_advisory_xact_lock(hashtext('schema_version'))"
TABLE = "CREATE TABLE IF NOT EXISTS schema_version (number integer PRIMARY KEY, made_at timestamptz DEFAULT now())"


def migrate(connection: psycopg.Connection) -> int:
    """Bring the database to the newest schema; return the number of files that were run.

    Raises `KioskError` if the database is newer than this program, and `psycopg.Error` if a statement fails.
    """
    made = 0
    files = sql_files()
    for number, file in files.items():
        with connection.transaction():
            connection.execute(LOCK)
            connection.execute(TABLE)
            found = connection.execute("SELECT coalesce(max(number), 0) FROM schema_version").fetchone()
            assert found
            if found[0] > max(files):
                raise KioskError(
                    f"the database has schema {found[0]}, this program knows {max(files)}; install the newer program"
                )
            if found[0] < number:
                connection.execute(file.read_text("utf-8").encode())
                connection.execute("INSERT INTO schema_version (number) VALUES (%s)", (number,))
                made += 1
    return made


def sql_files() -> dict[int, Traversable]:
    """Return the SQL files by number, in ascending order."""
    found = {}
    for file in (resources.files("kiosk.fleet.collector") / "sql").iterdir():
        if match := re.fullmatch(r"([0-9]{3})_[a-z_]+\.sql", file.name):
            found[int(match[1])] = file
    return dict(sorted(found.items()))
