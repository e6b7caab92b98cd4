"""The plain path to compare with: a loop around paho and one around psycopg, without an outbox and without counts.

python -m bench.city.plain publish PORT            its input has lines FIRST FOLDER: it sends the rows behind FIRST
python -m bench.city.plain store PORT ADDRESS      prints the number of rows after each commit
"""

import json
import queue
import select
import sqlite3
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import paho.mqtt.client as paho
import psycopg
from paho.mqtt.enums import CallbackAPIVersion

from bench.city.engines import ROOT
from kiosk.journal.portions import SENT_COLUMNS

ROWS_PER_MESSAGE = 100
MESSAGES_PER_COMMIT = 64
PATIENCE_S = 120.0
TOPIC = "plain/rows"
COLUMNS = (
    "kiosk text, id bigint, boot uuid, seq bigint, run bigint, app text, at timestamptz, clock_sure boolean,"
    " at_s double precision, kind text, phase text, visit bigint, outcome text, reason text, scheme text, detail text"
)
CREATE = f"CREATE TABLE IF NOT EXISTS plain ({COLUMNS}, PRIMARY KEY (kiosk, at, boot, seq))"
INSERT = f"INSERT INTO plain VALUES (%s, %s, %s, %s, %s, %s, %s, %s::int::bool, {', '.join(['%s'] * 8)})"
INSERT += " ON CONFLICT DO NOTHING"
SELECT = f"SELECT {', '.join(SENT_COLUMNS)} FROM journal WHERE id > ? ORDER BY id"


class PlainPath:
    """The two loops as processes; `drain` sends the rows behind `first` of all journals below a folder, and waits."""

    def __init__(self, port: int, address: str) -> None:
        self._store = _run("store", str(port), address)
        self._publish = _run("publish", str(port))
        self._read_line(self._store)
        self._read_line(self._publish)

    def drain(self, folder: Path, first: int, rows: int) -> None:
        assert self._publish.stdin
        self._publish.stdin.write(f"{first} {folder}\n".encode())
        self._publish.stdin.flush()
        stored = 0
        while stored < rows:
            stored += int(self._read_line(self._store))

    def _read_line(self, process: "subprocess.Popen[bytes]") -> bytes:
        assert process.stdout
        is_ready, _, _ = select.select([process.stdout], [], [], PATIENCE_S)
        line = process.stdout.readline() if is_ready else b""
        assert line, "the plain path ended"
        return line

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in (self._publish, self._store):
            process.kill()
            process.communicate()


def _run(*arguments: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "bench.city.plain", *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, cwd=ROOT)


def client() -> paho.Client:
    made = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    made.max_inflight_messages_set(100)
    return made


def publish(port: int) -> None:
    publisher = client()
    publisher.on_connect = lambda *_more: print("ready", flush=True)
    publisher.connect("127.0.0.1", port)
    publisher.loop_start()
    for line in sys.stdin:
        first, folder = line.split(maxsplit=1)
        for journal in sorted(Path(folder.strip()).glob("*/journal.db")):
            connection = sqlite3.connect(journal)
            cursor = connection.execute(SELECT, (first,))
            while rows := cursor.fetchmany(ROWS_PER_MESSAGE):
                publisher.publish(TOPIC, json.dumps([(journal.parent.name, *row) for row in rows]), qos=1)
            connection.close()


def store(port: int, address: str) -> None:
    messages: queue.Queue[bytes] = queue.Queue()
    subscriber = client()
    subscriber.on_message = lambda _c, _d, message: messages.put(bytes(message.payload))
    subscriber.on_subscribe = lambda *_more: print("ready", flush=True)
    subscriber.connect("127.0.0.1", port)
    subscriber.subscribe(TOPIC, qos=1)
    subscriber.loop_start()
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(CREATE.encode())
        while True:
            batch = json.loads(messages.get())
            for _ in range(MESSAGES_PER_COMMIT - 1):
                try:
                    batch += json.loads(messages.get_nowait())
                except queue.Empty:
                    break
            with connection.transaction(), connection.cursor() as cursor:
                cursor.executemany(INSERT, batch)
            print(len(batch), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "publish":
        publish(int(sys.argv[2]))
    else:
        store(int(sys.argv[2]), sys.argv[3])
