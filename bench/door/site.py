"""The site of the benchmark: a folder with settings, texts and trusted key, and the office that issues its passes."""

import shutil
import socket
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import yaml

from kiosk.credentials.schemes.site_pass.pass_text import PassKind
from kiosk.office.pass_office import issue, load_private_key, make_key_pair

CONFIG = Path(__file__).parents[2] / "config"

NAME = "bench"
WIRES = ("presence", "passage", "door_contact", "street_contact", "officer", "stop", "service", "emergency")
FIRST_PIN = 4


class Equipment(Enum):
    """The equipment of the booth: everything; no status service; or neither presence sensor nor sprayer."""

    EVERYTHING = "everything"
    PASSES_ONLY = "passes only"
    NO_PRESENCE = "no presence"


class Site:
    """A site; its files are written into `folder`, which must be empty."""

    def __init__(self, folder: Path, equipment: Equipment = Equipment.EVERYTHING) -> None:
        self.folder = folder.resolve()
        self.port = free_port()
        shutil.copytree(CONFIG / "texts", self.folder / "texts")
        synchronised = self.folder / "run/systemd/timesync/synchronized"
        synchronised.parent.mkdir(parents=True)
        synchronised.touch()
        keys = make_key_pair(self.folder)
        self._office = load_private_key(keys.private)
        settings = settings_of_booth(self.port, keys.public.name, equipment)
        (self.folder / "kiosk.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")

    def new_pass(self) -> bytes:
        """Return a new pass that the site accepts."""
        return issue(self._office, NAME, PassKind.STAFF, 30, datetime.now(UTC)).text.encode()

    @property
    def pictures(self) -> Path:
        """The file with the frames of the camera."""
        return self.folder / "pictures.npy"

    @property
    def log(self) -> Path:
        """The log of the controller."""
        return self.folder / "controller.log"

    @property
    def camera_log(self) -> Path:
        """The notes of the camera."""
        return self.folder / "camera.log"


def settings_of_booth(port: int, key: str, equipment: Equipment) -> dict[str, Any]:
    """Return the settings: the devices of the reference settings, with short times. A visit takes ten seconds."""
    wires = {name: {"pin": FIRST_PIN + number} for number, name in enumerate(WIRES)}
    wires["presence"]["linger_s"] = 0
    settings: dict[str, Any] = {
        "name": NAME,
        "sequence": ["disinfect", "temperature", "credential"],
        "door": {"relay_pin": 17},
        "sprayer": {"relay_pin": 27},
        "chamber": {"when": "occupied", "warn_s": 8, "spray_s": 0.5, "again_s": 0},
        "lights": {"red_pin": 22, "green_pin": 23, "blue_pin": 24},
        "buzzer": {"pin": 25},
        "inputs": wires,
        "thermometer": {},
        "camera": {},
        "scanner": {"scan_s": 120},
        "credentials": {
            "site_pass": {"site": NAME, "public_keys": [key]},
            "online_status": {
                "address": "https://127.0.0.1:9/check",
                "prefixes": ["app:"],
                "status": {"green": "pass"},
            },
        },
        "display": {"port": port},
        "journal": {"path": "journal.db"},
    }
    if equipment is Equipment.PASSES_ONLY:
        del settings["credentials"]["online_status"]
    if equipment is Equipment.NO_PRESENCE:
        del wires["presence"], settings["sprayer"], settings["chamber"]
        settings["sequence"] = ["temperature", "credential"]
    return settings


def free_port() -> int:
    """Return a port on loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
