"""The process of the technician's page: it reads the feed of the controller, the journal and the settings file.

Rule 1: it has no device and writes no file of the kiosk; what it is asked never reaches the controller.
Rule 2: the journal is read on a thread of its own, every `REFRESH_S`; requests are answered from memory.
"""

import logging
import shutil
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kiosk.composition.starting.page_settings import USUAL_PORT, PageSettings, page_settings
from kiosk.credentials.judging.table import schemes_with_keys
from kiosk.credentials.trust.trust_files import read_lists
from kiosk.errors import KioskError
from kiosk.health.processor import read_cpu_c
from kiosk.journal.history import JournalHistory, PastVisit
from kiosk.journal.listing import StoredRow
from kiosk.settings.checks.pins import pins_of
from kiosk.settings.checks.promises import unkept_promises
from kiosk.settings.loader import CheckReport, parse
from kiosk.settings.report import changes, effective
from kiosk.settings.schema.settings import Settings
from kiosk.settings.schema.technician import TechnicianSettings
from kiosk.support.time_zones import zone_of
from kiosk.support.web.login import read_hash
from kiosk.support.web.server import Tls
from kiosk.technician.feed import SOCKET, FeedReader
from kiosk.technician.server import TechnicianServer

logger = logging.getLogger(__name__)

REFRESH_S = 5.0
THROTTLED = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
"""The firmware's flags of low voltage and throttling, as 'vcgencmd get_throttled' prints them (raspberrypi/linux)."""


class KioskKnowledge:
    """The knowledge of the page beside the live state. `refresh` is called on one thread; the other methods on any.

    refused: if the settings file is refused, what the page shows instead, and the mistakes; one line each.
    """

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        refused: Sequence[str] = (),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._refused = list(refused)
        self._folder = folder
        self._now = now
        self._zone = zone_of(settings.time_zone)
        self._history = JournalHistory(folder / settings.journal.path, self._zone)
        self._lock = threading.Lock()
        self._visits: list[dict[str, Any]] = []
        self._by_key: dict[str, dict[str, Any]] = {}
        self._counts: dict[str, Any] = {"hours": [], "today": [], "week": [], "faults": [], "trouble": "not read yet"}
        self._machine: dict[str, Any] = {}
        self._outcomes: dict[tuple[str, str], int] = {}

    def refresh(self) -> None:
        """Read what is new in the journal, and look at the computer."""
        trouble = ""
        try:
            self._history.refresh(self._now())
        except KioskError as error:
            trouble = str(error)
        visits = [self._visit(visit) for visit in self._history.latest()]
        counts, machine = self._counted(trouble), self._looked_at()
        with self._lock:
            self._visits = [{name: value for name, value in visit.items() if name != "rows"} for visit in visits]
            self._by_key = {visit["key"]: visit for visit in visits}
            self._counts, self._machine, self._outcomes = counts, machine, dict(self._history.decided)

    def visits(self) -> list[dict[str, Any]]:
        """Return the last visits, the newest first, without their rows."""
        with self._lock:
            return self._visits

    def visit(self, key: str) -> dict[str, Any] | None:
        """Return one visit with its rows; None if it is not known."""
        with self._lock:
            return self._by_key.get(key)

    def counts(self) -> dict[str, Any]:
        """Return visits by the hour, outcomes by reason of today and of seven days, and faults by day."""
        with self._lock:
            return self._counts

    def machine(self) -> dict[str, Any]:
        """Return disk, temperature, throttling, and the ages of the key lists."""
        with self._lock:
            return self._machine

    def outcomes(self) -> dict[tuple[str, str], int]:
        """Return the outcomes of visits since the process started, by outcome and reason."""
        with self._lock:
            return self._outcomes

    def settings(self) -> dict[str, Any]:
        """Return the settings in force, those that differ from their defaults, and the promises that are not kept."""
        return {
            "refused": self._refused,
            "effective": effective(self._settings),
            "changes": changes(self._settings),
            "pins": {".".join(map(str, loc)).removesuffix(".pin"): pin for loc, pin in pins_of(self._settings)},
            "unkept": [
                {"promise": note.promise.value, "setting": note.setting, "reason": note.reason, "remedy": note.remedy}
                for note in unkept_promises(self._settings)
            ],
        }

    def check(self, text: bytes) -> str:
        """Return the report on the text of a settings file; nothing is applied."""
        mistakes, settings = parse(text, self._folder, self._folder / "texts")
        return str(CheckReport("your file", settings, mistakes))

    def _visit(self, visit: PastVisit) -> dict[str, Any]:
        last = visit.rows[-1]
        return {
            "key": visit.key,
            "number": visit.number,
            "at": last.at.astimezone(self._zone).isoformat(timespec="seconds"),
            "clock": last.clock,
            "outcome": visit.outcome,
            "reason": visit.reason,
            "rule": next((row.detail for row in reversed(visit.rows) if row.outcome), ""),
            "scheme": next((row.scheme for row in reversed(visit.rows) if row.scheme), ""),
            "rows": [self._row(row, visit.rows[0]) for row in visit.rows],
        }

    def _row(self, row: StoredRow, first: StoredRow) -> dict[str, Any]:
        return {
            "at": row.at.astimezone(self._zone).isoformat(timespec="milliseconds"),
            "after_s": round(row.at_s - first.at_s, 1) if row.boot == first.boot else None,
            "kind": row.kind,
            "phase": row.phase,
            "outcome": row.outcome,
            "reason": row.reason,
            "detail": row.detail,
        }

    def _counted(self, trouble: str) -> dict[str, Any]:
        now = self._now().astimezone(self._zone)
        today, week = now.strftime("%Y-%m-%dT00"), (now - timedelta(days=6)).strftime("%Y-%m-%dT00")
        return {
            "now": now.isoformat(timespec="seconds"),
            "hours": [
                {"hour": hour, "through": self._history.through[hour], "outcomes": _rows(counts)}
                for hour, counts in sorted(self._history.hours.items())
                if hour >= week
            ],
            "today": _rows(self._history.outcomes(today)),
            "week": _rows(self._history.outcomes(week)),
            "faults": [
                {"day": day, "code": code, "device": device, "count": count}
                for (day, code, device), count in sorted(self._history.faults.items(), reverse=True)
                if day >= week[:10]
            ],
            "trouble": trouble,
        }

    def _looked_at(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        journal = self._folder / self._settings.journal.path
        try:
            usage = shutil.disk_usage(journal.parent)
            found["disk"] = {"free_mb": usage.free >> 20, "total_mb": usage.total >> 20}
        except OSError as error:
            found["disk"] = {"trouble": error.strerror}
        found["cpu_c"] = read_cpu_c()
        try:
            found["throttled"] = THROTTLED.read_text().strip()
        except OSError:
            found["throttled"] = None  # another computer than a Raspberry Pi
        try:
            found["key_lists"] = [
                {
                    "scheme": keys.scheme,
                    "name": keys.name,
                    "keys": len(keys.keys),
                    "days": (self._now() - keys.imported_at).days,
                }
                for keys in read_lists(self._folder / self._settings.credentials.trust.folder, schemes_with_keys())
            ]
        except KioskError as error:
            found["key_lists"] = [{"trouble": str(error)}]
        return found


def _rows(counts: Mapping[tuple[str, str], int]) -> list[dict[str, Any]]:
    return [
        {"outcome": outcome, "reason": reason, "visits": visits}
        for (outcome, reason), visits in sorted(counts.items())
        if visits > 0
    ]


def open_page(settings: TechnicianSettings, folder: Path, knowledge: KioskKnowledge) -> TechnicianServer:
    """Return the server of the page, which is not started. Raises `KioskError` if the password cannot be used."""
    lan = settings.lan
    if lan is None:
        return TechnicianServer(settings, knowledge, None, "")
    tls = Tls(folder / lan.certificate, folder / lan.key)
    return TechnicianServer(settings, knowledge, tls, read_hash(folder / lan.password))


def refresh_until(stopping: threading.Event, knowledge: KioskKnowledge) -> None:
    """Refresh `knowledge` now and every `REFRESH_S` until `stopping` is set."""
    while True:
        knowledge.refresh()
        if stopping.wait(REFRESH_S):
            return


def serve_technician(config: Path, environ: Mapping[str, str]) -> None:
    """Serve the page of the kiosk whose settings are in `config`, until a signal comes.

    The page shows the mistakes of a refused settings file, and takes over a repaired one. Raises `KioskError` if the
    page cannot be served.
    """
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    runtime = Path(environ.get("KIOSK_RUNTIME", "/run/kiosk"))
    state = Path(environ.get("KIOSK_STATE", "/var/lib/kiosk"))
    port = USUAL_PORT
    while not stopping.is_set():
        found = page_settings(config, state, port)
        port = found.settings.technician.port
        serve_until_changed(config, found, runtime / SOCKET, stopping)


def serve_until_changed(config: Path, found: PageSettings, feed: Path, stopping: threading.Event) -> None:
    """Serve the page with the settings that were found, until `stopping` is set or what they lack was repaired.

    feed: the socket of the controller. Raises `KioskError` if the page cannot be served.
    """
    for line in found.mistakes:
        logger.error("%s", line)
    knowledge = KioskKnowledge(found.settings, config.parent, (found.shown, *found.mistakes) if found.mistakes else ())
    server = open_page(found.settings.technician, config.parent, knowledge)
    reader = FeedReader(feed, server.live)
    server.start()
    reader.start()
    try:
        while not stopping.is_set() and not found.is_outdated(config):
            knowledge.refresh()
            stopping.wait(REFRESH_S)
    finally:
        reader.close()
        server.stop()
