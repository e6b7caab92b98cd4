"""The plain path to compare with: a loop around paho and one around psycopg, without an outbox and without counts.

python -m bench.fleet_plain publish PORT ROWS
python -m bench.fleet_plain store PORT ADDRESS ROWS
"""

import json
import queue
import sys
import time
from datetime import UTC, datetime

import paho.mqtt.client as paho
import psycopg
from paho.mqtt.enums import CallbackAPIVersion

ROWS_PER_MESSAGE = 100
MESSAGES_PER_COMMIT = 64
TOPIC = "plain/rows"
COLUMNS = (
    "kiosk text, at timestamptz, boot uuid, seq bigint, id bigint, run bigint, app text, clock_sure boolean,"
    " at_s double precision, kind text, phase text, visit bigint, outcome text, reason text, scheme text, detail text"
)
INSERT = f"INSERT INTO plain VALUES ({', '.join(['%s'] * 16)}) ON CONFLICT DO NOTHING"


def client() -> paho.Client:
    made = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    made.max_inflight_messages_set(100)
    return made


def publish(port: int, rows: int) -> None:
    publisher = client()
    publisher.connect("127.0.0.1", port)
    publisher.loop_start()
    at, boot = datetime.now(UTC).isoformat(), "11111111-2222-3333-4444-555555555555"
    for first in range(0, rows, ROWS_PER_MESSAGE):
        message = [
            ("north", at, boot, number, number, 1, "1.0", True, float(number), "visit", "admitting", number, "admitted",
             "", "site_pass", "site_pass")
            for number in range(first, first + ROWS_PER_MESSAGE)
        ]  # fmt: skip
        publisher.publish(TOPIC, json.dumps(message), qos=1)
    while publisher.want_write() or publisher._out_messages:
        time.sleep(0.01)
    publisher.loop_stop()


def store(port: int, address: str, rows: int) -> None:
    """Print "ready" when it listens, and "done" when `rows` rows are committed."""
    messages: queue.Queue[bytes] = queue.Queue()
    subscriber = client()
    subscriber.on_message = lambda _c, _d, message: messages.put(bytes(message.payload))
    subscriber.on_subscribe = lambda *_more: print("ready", flush=True)
    subscriber.connect("127.0.0.1", port)
    subscriber.subscribe(TOPIC, qos=1)
    subscriber.loop_start()
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE TABLE plain ({COLUMNS}, PRIMARY KEY (kiosk, at, boot, seq))".encode())
        stored = 0
        while stored < rows:
            batch = json.loads(messages.get())
            for _ in range(MESSAGES_PER_COMMIT - 1):
                try:
                    batch += json.loads(messages.get_nowait())
                except queue.Empty:
                    break
            with connection.transaction(), connection.cursor() as cursor:
                cursor.executemany(INSERT, batch)
            stored += len(batch)
    print("done", flush=True)
    subscriber.loop_stop()


if __name__ == "__main__":
    if sys.argv[1] == "publish":
        publish(int(sys.argv[2]), int(sys.argv[3]))
    else:
        store(int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
