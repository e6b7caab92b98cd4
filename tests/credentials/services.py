"""An `OnlineStatus` over a simulated service.

The time limits are as long as the settings allow, so that a loaded machine does not change a verdict. A test in which
the service stays silent passes `SHORT`, because it waits until the limit is over.
"""

from pathlib import Path
from typing import Any

from kiosk.credentials.judging.registry import Judgement, Registry
from kiosk.credentials.schemes.online_status.online_status import OnlineStatus
from kiosk.model import Payload, Verdict
from kiosk.settings.schema.services import OnlineStatusSettings, StatusMeaning
from kiosk.simulator.clock import VirtualClock
from tests.credentials.passes import UNSURE

CODE = "PL:8c1d-Budi-3275010101010001"
MEANINGS = {
    "green": StatusMeaning.PASS,
    "yellow": StatusMeaning.PASS,
    "red": StatusMeaning.BELOW_MINIMUM_DOSES,
    "black": StatusMeaning.STATUS_DENIED,
}
SHORT: dict[str, Any] = {"request_timeout_s": 0.2, "timeout_s": 1.0}


def settings(address: str, **changes: Any) -> OnlineStatusSettings:
    usual = {
        "address": address,
        "prefixes": ("PL:",),
        "status": MEANINGS,
        "request_timeout_s": 10.0,
        "retries": 0,
    }
    return OnlineStatusSettings(**{**usual, **changes})


class Kiosk:
    """A registry with the online status alone. reports: the calls of `on_reachable`, oldest first."""

    def __init__(self, address: str, folder: Path = Path(), timeout_s: float = 15.0, **changes: Any) -> None:
        self.virtual = VirtualClock()
        self.reports: list[bool] = []
        scheme = OnlineStatus(settings(address, **changes), folder, self.virtual, timeout_s, self.reports.append)
        self.registry = Registry([scheme])

    def judgement(self, data: bytes = CODE.encode()) -> Judgement:
        return self.registry.judge(Payload(data), UNSURE)

    def verdict(self, data: bytes = CODE.encode()) -> Verdict:
        return self.judgement(data).verdict
