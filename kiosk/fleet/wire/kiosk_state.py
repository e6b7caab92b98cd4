"""The state of a kiosk as the office and Home Assistant see it: words and counts, nothing about a person."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from kiosk import __version__
from kiosk.faults import FAULTS
from kiosk.fleet.wire.topics import ONLINE, STATE, topic

MAX_STATE_BYTES = 4096


@dataclass(frozen=True, slots=True)
class KioskState:
    """The state of one kiosk.

    door: "open", "closed", or "unknown" without a contact. faults: keys of `faults.FAULTS`, in alphabetical order.
    visitors_today: visits that ended today, by the machine's time zone. cpu_c: temperature of the processor in degrees
    Celsius; None if it cannot be read. camera_restarts: restarts of the scanner since the start. waiting: rows that the
    office has not confirmed, up to the size of one batch. sent_ms: the kiosk's time of day when the state was sent, in
    milliseconds since 1970. app: the version of the program.
    """

    phase: str
    door: str = "unknown"
    faults: tuple[str, ...] = ()
    visitors_today: int = 0
    cpu_c: float | None = None
    camera_restarts: int = 0
    waiting: int = 0
    sent_ms: int = 0
    app: str = __version__


def encode_state(state: KioskState) -> bytes:
    """Return the retained message with `state`."""
    return json.dumps(asdict(state), separators=(",", ":")).encode()


def decode_state(message: bytes) -> KioskState | None:
    """Return the state in `message`, with known faults only; None if it is no such message."""
    if len(message) > MAX_STATE_BYTES:
        return None
    try:
        found = json.loads(message)
        numbers = [found["visitors_today"], found["camera_restarts"], found["waiting"]]
        texts = [found["phase"], found["door"], found["app"]]
        faults, cpu_c, sent_ms = found["faults"], found["cpu_c"], found["sent_ms"]
    except (ValueError, RecursionError, TypeError, KeyError):
        return None
    if not all(type(number) is int and 0 <= number < 2**31 for number in numbers) or type(sent_ms) is not int:
        return None
    if not all(isinstance(text, str) and len(text) <= 32 and text.isprintable() for text in texts):
        return None
    if not isinstance(faults, list) or not (cpu_c is None or (isinstance(cpu_c, int | float) and abs(cpu_c) < 1000)):
        return None
    known = tuple(sorted({fault for fault in faults if isinstance(fault, str) and fault in FAULTS}))
    if not 0 <= sent_ms < 2**53:
        return None
    return KioskState(texts[0], texts[1], known, numbers[0], cpu_c, numbers[1], numbers[2], sent_ms, texts[2])


def discovery(name: str, site: str, app: str) -> bytes:
    """Return Home Assistant's device discovery message of the kiosk `name` at `site` (form of release 2024.11).

    It has sensors only: there is no component by which Home Assistant could send anything to a kiosk.
    """
    components = {
        "phase": _sensor("Phase", "{{ value_json.phase }}"),
        "door": _sensor("Door", "{{ value_json.door }}"),
        "faults": _sensor("Faults", "{{ value_json.faults | join(', ') or 'none' }}"),
        "visitors_today": _sensor("Visitors today", "{{ value_json.visitors_today }}", state_class="total_increasing"),
        "cpu_c": _sensor(
            "Processor temperature", "{{ value_json.cpu_c }}",
            device_class="temperature", unit_of_measurement="°C", state_class="measurement",
        ),
        "camera_restarts": _sensor(
            "Camera restarts", "{{ value_json.camera_restarts }}", state_class="total_increasing"
        ),
    }  # fmt: skip
    for key, component in components.items():
        component["unique_id"] = f"entrance-kiosk-{name}-{key}"
    content = {
        "dev": {"ids": [f"entrance-kiosk-{name}"], "name": f"Kiosk {name}", "sa": site, "sw": app},
        "o": {"name": "entrance-kiosk", "sw": app},
        "cmps": components,
        "state_topic": topic(name, STATE),
        "availability_topic": topic(name, ONLINE),
        "qos": 1,
    }
    return json.dumps(content, ensure_ascii=False).encode()


def _sensor(name: str, template: str, **more: Any) -> dict[str, Any]:
    return {"p": "sensor", "name": name, "value_template": template, **more}
