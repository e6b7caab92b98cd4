"""The technician's view of the running kiosk: the state, the devices, the last visits, the log.

Rule 1: a snapshot only reads. It takes no lock that the loop or a worker holds for long, and nothing waits for it.
Rule 2: nothing that identifies a visitor is in it. The temperature of a visit is shown to the technician until the
visit ends, and is stored nowhere.
"""

import logging
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk import __version__
from kiosk.composition.environment import CameraDuty
from kiosk.faults import FAULTS
from kiosk.flow.events import TemperatureRead
from kiosk.flow.state import State, Visit
from kiosk.hardware.airlock import Airlock
from kiosk.hardware.thermometers.readout import ReadoutSample
from kiosk.scanner.host.sight import Sight
from kiosk.technician.feed import SOCKET, Feed
from kiosk.technician.trails import Trails

if TYPE_CHECKING:
    from kiosk.composition.app import Kiosk

MAX_LOG_LINES = 100
MAX_LOG_CHARACTERS = 300


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
        self._trails = Trails()

    def observe(self, state: State) -> None:
        """Note the situation of the visit that runs, and the end of the one before it."""
        environment = self._kiosk.environment
        self._trails.observe(state, environment.clock.now_s(), environment.wall().utc)

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
            "visits": self._trails.shown(),
            "step_times": self._trails.times(),
            "log": self._log.lines(),
            **self._devices(now_s),
        }

    def _devices(self, now_s: float) -> dict[str, Any]:
        """Return the last reading of each device, and its age."""
        kiosk = self._kiosk
        return {
            "thermometer": _sample(kiosk.readout.newest, now_s),
            "trace": [
                [round(now_s - sample.at_s, 1), *(round(value, 2) for value in sample.values)]
                for sample in kiosk.readout.trace()
            ],
            "scanner": _scanner(kiosk.camera, kiosk.sight.newest, now_s),
            "workers": {worker.name: round(max(now_s - worker.beat_at_s, 0.0), 1) for worker in kiosk.workers},
            "outputs": self._outputs(),
            "doors": self._doors(),
            "inputs": kiosk.inputs.levels,
            "inputs_age_s": {name: round(age_s, 1) for name, age_s in kiosk.inputs.steady_s.items()},
        }

    def _doors(self) -> dict[str, dict[str, bool]]:
        """Return what is known of each door: `locked` if it has a lock, `open` if it has a contact."""
        door, levels = self._kiosk.devices.door, self._kiosk.inputs.levels
        doors = {"building": {"locked": door.locked}, "street": {}}
        if isinstance(door, Airlock):
            doors["street"]["locked"] = door.street_locked
        for name, contact in (("building", "door_contact"), ("street", "street_contact")):
            if contact in levels:
                doors[name]["open"] = levels[contact]
        return {name: known for name, known in doors.items() if known}

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


def _sample(sample: ReadoutSample | None, now_s: float) -> dict[str, Any] | None:
    if sample is None:
        return None
    object_c, ambient_c, body_c = (round(value, 2) for value in sample.values)
    empty_c = None if sample.empty_c is None else round(sample.empty_c, 2)
    age_s = round(now_s - sample.at_s, 1)
    return {"object_c": object_c, "ambient_c": ambient_c, "body_c": body_c, "empty_c": empty_c, "age_s": age_s}


def _scanner(camera: CameraDuty | None, sight: Sight | None, now_s: float) -> dict[str, Any] | None:
    if camera is None:
        return None
    shown: dict[str, Any] = {"restarts": camera.restarts, "figures": None, "sight": None}
    if figures := camera.figures:
        shown["figures"] = {name: round(value, 1) for name, value in asdict(figures).items()}
    if sight:
        shown["sight"] = asdict(sight) | {"age_s": round(now_s - sight.at_s, 1)}
    return shown
