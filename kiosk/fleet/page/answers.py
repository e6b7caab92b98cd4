"""The content of the office's page, read from the database.

Rule 1: the connection is read-only, and each statement has a short limit.
Rule 2: an answer is kept for a few seconds, so that many open pages ask the database no more often than one.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from typing import Any

import psycopg
from psycopg.rows import dict_row

from kiosk.faults import FAULTS
from kiosk.fleet.wire.topics import NAME

FRESH_S = 3.0
STATEMENT_MS = 5000
MAX_KEPT = 64
"""Number of answers that are kept; a new one replaces the oldest."""

DAYS = 7

KIOSKS = """
SELECT k.name, k.site, k.latitude, k.longitude, k.online, k.state, k.missing,
    extract(epoch FROM now() - k.online_at)::bigint AS since_s,
    extract(epoch FROM now() - a.since)::bigint AS alert_s, r.reason AS refused,
    extract(epoch FROM now() - r.at)::bigint AS refused_s
FROM kiosk k
LEFT JOIN alert a ON a.kiosk = k.name AND a.ended_at IS NULL
LEFT JOIN refusal r ON r.kiosk = k.name AND r.at > now() - interval '15 minutes'
ORDER BY (a.since IS NULL), k.site, k.name
"""

UNKNOWN = """
SELECT r.kiosk AS name, r.reason AS refused, extract(epoch FROM now() - r.at)::bigint AS refused_s
FROM refusal r LEFT JOIN kiosk k ON k.name = r.kiosk
WHERE k.name IS NULL AND r.at > now() - interval '15 minutes' ORDER BY 1 LIMIT 100
"""
"""Names under which messages were refused and that are no kiosk's. A kiosk tries again within five minutes, so a
refusal that is older than 15 minutes has ended."""

TODAY = """
SELECT kiosk, kind, outcome, reason, sum(rows)::bigint AS rows FROM hourly
WHERE hour >= %s AND (outcome <> '' OR kind IN ('fault_raised', 'went_through')) GROUP BY 1, 2, 3, 4
"""

WEEK = """
SELECT hour, kind, outcome, reason, sum(rows)::bigint AS rows FROM hourly
WHERE kiosk = %s AND hour >= %s AND (outcome <> '' OR kind IN ('fault_raised', 'went_through'))
GROUP BY 1, 2, 3, 4 ORDER BY 1
"""

BROKER = """
SELECT extract(epoch FROM now() - since)::bigint AS alert_s FROM alert WHERE kiosk = '*broker*' AND ended_at IS NULL
"""


class Answers:
    """Reads by connections from `open_connection`; days begin at midnight in `zone`. Safe from any thread.

    All methods raise `psycopg.Error` if the database does not answer.
    """

    def __init__(
        self,
        open_connection: Callable[[], psycopg.Connection],
        zone: tzinfo,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open_connection = open_connection
        self._zone = zone
        self._now = now
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}

    def kiosks(self) -> dict[str, Any]:
        """Return the kiosks, silent ones first, each with its state, its counts of today and its newest refusal.

        The messages that were refused under other names stand beside them.
        """
        return self._answer("", self._read_kiosks)

    def week(self, name: str) -> dict[str, Any] | None:
        """Return the counts of one kiosk by day, the oldest first; None if no kiosk can have this name."""
        return self._answer(name, lambda: self._read_week(name)) if NAME.fullmatch(name) else None

    def _answer(self, key: str, read: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        with self._lock:
            at_s, found = self._kept.get(key, (float("-inf"), {}))
            if self._clock() - at_s >= FRESH_S:
                found = read()
                self._kept.pop(key, None)
                self._kept[key] = (self._clock(), found)
                if len(self._kept) > MAX_KEPT:
                    del self._kept[next(iter(self._kept))]
            return found

    def _read_kiosks(self) -> dict[str, Any]:
        kiosks = self._ask(KIOSKS)
        by_name = {kiosk["name"]: kiosk for kiosk in kiosks}
        for kiosk in kiosks:
            kiosk.update(_no_counts())
            faults = (kiosk["state"] or {}).get("faults", ())
            kiosk["faults"] = [{"name": fault, "cause": FAULTS[fault].cause} for fault in faults if fault in FAULTS]
        for row in self._ask(TODAY, self._midnight()):
            if row["kiosk"] in by_name:
                _count(by_name[row["kiosk"]], row)
        broker = self._ask(BROKER)
        silent_s = broker[0]["alert_s"] if broker else None
        return {"kiosks": kiosks, "unknown": self._ask(UNKNOWN), "broker_silent_s": silent_s}

    def _read_week(self, name: str) -> dict[str, Any]:
        first = self._midnight() - timedelta(days=DAYS - 1)
        days = {(first + timedelta(days=number)).date().isoformat(): _no_counts() for number in range(DAYS)}
        for row in self._ask(WEEK, name, first):
            day = row["hour"].astimezone(self._zone).date().isoformat()
            if day in days:
                _count(days[day], row)
        return {"kiosk": name, "days": [{"day": day, **counts} for day, counts in days.items()]}

    def _midnight(self) -> datetime:
        return self._now().astimezone(self._zone).replace(hour=0, minute=0, second=0, microsecond=0)

    def _ask(self, question: str, *values: object) -> list[dict[str, Any]]:
        with self._open_connection() as connection:
            connection.read_only = True
            connection.execute(f"SET statement_timeout = {STATEMENT_MS}".encode())
            return connection.cursor(row_factory=dict_row).execute(question.encode(), values).fetchall()


def _no_counts() -> dict[str, Any]:
    return {"admitted": 0, "referred": 0, "other": 0, "went_through": 0, "reasons": {}, "fault_counts": {}}


def _count(counts: dict[str, Any], row: dict[str, Any]) -> None:
    """Add one row of the hourly counts. They count decisions: an overruled referral counts as referred and admitted."""
    if row["kind"] == "fault_raised":
        counts["fault_counts"][row["reason"]] = counts["fault_counts"].get(row["reason"], 0) + row["rows"]
    if row["kind"] == "went_through":
        counts["went_through"] += row["rows"]
    if not row["outcome"]:
        return
    match row["outcome"]:
        case "admitted" | "admitted_by_officer":
            counts["admitted"] += row["rows"]
        case "referred":
            counts["referred"] += row["rows"]
            counts["reasons"][row["reason"]] = counts["reasons"].get(row["reason"], 0) + row["rows"]
        case _:
            counts["other"] += row["rows"]
