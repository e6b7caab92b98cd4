"""The technician's view of the running kiosk: the state, the devices, the last visits, the log.

Rule 1: a snapshot only reads. It takes no lock that the loop or a worker holds for long, and nothing waits for it.
Rule 2: nothing that identifies a visitor is in it. The temperature of the visit that runs is shown to the technician,
while it runs, and is kept nowhere.
"""

import logging
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk import __version__
from kiosk.faults import FAULTS
from kiosk.flow.events import TemperatureRead
from kiosk.flow.state import Outcome, State, Visit
from kiosk.hardware.airlock import Airlock
from kiosk.model import Refer
from kiosk.technician.feed import SOCKET, Feed

if TYPE_CHECKING:
    from kiosk.composition.app import Kiosk

MAX_VISITS = 50
MAX_STEPS = 60
"""Situations of one visit that are kept; a usual visit has five to ten."""

MAX_LOG_LINES = 100
MAX_LOG_CHARACTERS = 400


@dataclass(slots=True)
class VisitTrail:
    """One visit as it happened: its situations with their times, and how it ended.

    situations: pairs of the seconds since the visit began and the name of the situation.
    """

    number: int
    began_at: datetime
    began_s: float
    situations: list[tuple[float, str]] = field(default_factory=list)
    outcome: str = ""
    reason: str = ""
    rule: str = ""
    scheme: str = ""
    notices: tuple[str, ...] = ()

    def note(self, visit: Visit) -> None:
        """Note what is known of the visit now."""
        self.scheme, self.notices = visit.scheme, visit.heard
        verdict = visit.verdict
        if verdict:
            self.rule = verdict.rule
            self.reason = verdict.reason.value if isinstance(verdict, Refer) else ""
        if visit.outcome is not Outcome.OPEN:
            self.outcome = visit.outcome.value

    def shown(self) -> dict[str, Any]:
        """Return the trail as the page shows it."""
        return {
            "number": self.number,
            "began": self.began_at.isoformat(timespec="seconds"),
            "situations": [[round(at_s, 1), name] for at_s, name in self.situations],
            "outcome": self.outcome,
            "reason": self.reason,
            "rule": self.rule,
            "scheme": self.scheme,
            "notices": list(self.notices),
        }


class LogTail(logging.Handler):
    """Keeps the last lines of the log in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: deque[dict[str, Any]] = deque(maxlen=MAX_LOG_LINES)
        self._count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self._count += 1
        self._lines.append(
            {
                "n": self._count,
                "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
                "level": record.levelname.lower(),
                "name": record.name,
                "text": record.getMessage()[:MAX_LOG_CHARACTERS],
            }
        )

    def lines(self) -> list[dict[str, Any]]:
        """Return the lines, oldest first."""
        return list(self._lines)


@contextmanager
def fed(kiosk: "Kiosk", environ: Mapping[str, str]) -> Iterator[None]:
    """Offer the view of `kiosk` to the technician's page while the block runs, in the unit's runtime folder if any."""
    folder = environ.get("RUNTIME_DIRECTORY")
    if not folder:
        yield
        return
    log = LogTail()
    view = LiveView(kiosk, log)
    kiosk.observers.append(view.observe)
    feed = Feed(Path(folder) / SOCKET, view.snapshot)
    logging.getLogger().addHandler(log)
    feed.start()
    try:
        yield
    finally:
        feed.close()
        logging.getLogger().removeHandler(log)


class LiveView:
    """The view of one kiosk. `observe` is called on the loop's thread, `snapshot` on any."""

    def __init__(self, kiosk: "Kiosk", log: LogTail) -> None:
        self._kiosk = kiosk
        self._log = log
        self._started_s = kiosk.environment.clock.now_s()
        self._trails: deque[VisitTrail] = deque(maxlen=MAX_VISITS)

    def observe(self, state: State) -> None:
        """Note the situation of the visit that runs, and the end of the one before it."""
        now_s = self._kiosk.environment.clock.now_s()
        trails = {trail.number: trail for trail in self._trails}
        if state.ended and (trail := trails.get(state.ended.number)):
            trail.note(state.ended)
        visit = state.visit
        if visit is None:
            return
        trail = trails.get(visit.number)
        if trail is None:
            trail = VisitTrail(visit.number, self._kiosk.environment.wall().utc, now_s)
            self._trails.append(trail)
        name = state.situation.name.lower()
        if (not trail.situations or trail.situations[-1][1] != name) and len(trail.situations) < MAX_STEPS:
            trail.situations.append((now_s - trail.began_s, name))
        trail.note(visit)

    def snapshot(self) -> dict[str, Any]:
        """Return the present state, ready for JSON."""
        kiosk, state = self._kiosk, self._kiosk.loop.state
        now_s, wall = kiosk.environment.clock.now_s(), kiosk.environment.wall()
        return {
            "kiosk": {
                "name": kiosk.settings.name,
                "site": kiosk.settings.site,
                "version": __version__,
                "up_s": round(now_s - self._started_s),
                "bundle": kiosk.bundles.serving if kiosk.bundles else None,
            },
            "clock": {
                "utc": wall.utc.isoformat(timespec="seconds"),
                "sure": wall.sure,
                "fault": kiosk.environment.clock_fault(),
            },
            "phase": state.phase.value,
            "situation": state.situation.name.lower(),
            "since_s": round(now_s - state.since_s, 1),
            "left_s": None if state.deadline_s is None else round(max(state.deadline_s - now_s, 0.0), 1),
            "unanswered": sorted(state.unanswered),
            "few_people": state.few_people,
            "visit": _visit(state.visit),
            "reading": _reading(kiosk.readout.of(state.visit.number)) if state.visit else None,
            "faults": [
                {"device": device, "code": code, "cause": FAULTS[code].cause, "remedy": FAULTS[code].remedy}
                for device, code in state.faults
                if code in FAULTS
            ],
            "workers": {worker.name: round(max(now_s - worker.beat_at_s, 0.0), 1) for worker in kiosk.workers},
            "outputs": self._outputs(),
            "inputs": kiosk.inputs.levels,
            "visits": [trail.shown() for trail in reversed(self._trails)],
            "log": self._log.lines(),
        }

    def _outputs(self) -> dict[str, Any]:
        devices = self._kiosk.devices
        outputs: dict[str, Any] = {"door": "locked" if devices.door.locked else "unlocked"}
        if isinstance(devices.door, Airlock):
            outputs["street_door"] = "locked" if devices.door.street_locked else "unlocked"
        if devices.sprayer:
            outputs["sprayer"] = "spraying" if devices.sprayer.spraying else "off"
        if devices.lights:
            outputs["lights"] = [part for part, lit in devices.lights.lit.items() if lit]
        return outputs


def _visit(visit: Visit | None) -> dict[str, Any] | None:
    if visit is None:
        return None
    return {
        "number": visit.number,
        "done": [step.value for step in visit.done],
        "ahead": sorted(step.value for step in visit.passed_ahead),
        "notice": visit.notice,
        "scheme": visit.scheme,
        "wrong_codes": visit.wrong_codes,
        "body_c": None if visit.body_c is None else round(visit.body_c, 1),
    }


def _reading(read: TemperatureRead | None) -> dict[str, Any] | None:
    """Return the values of the visit that runs: measured skin, sensor's own temperature, estimate, and its limit."""
    if read is None:
        return None
    values = {"skin_c": read.skin_c, "ambient_c": read.ambient_c, "body_c": read.body_c, "high_c": read.high_c}
    return {name: None if value is None else round(value, 2) for name, value in values.items()}
