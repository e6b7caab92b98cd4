"""`kiosk test` of the parts that the technician watches while they work: thermometer, camera and screen.

Each question starts or prolongs the work by `WATCHED_S` and is answered with what is known now; the command asks again
and again. Nothing moves. All methods are called on the loop's thread, and those of a part in maintenance only.

Rule: no code and no picture is part of an answer.
"""

import secrets
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from kiosk.display.screens import Screen, screen_of
from kiosk.flow.commands import WatchCodes
from kiosk.hardware.thermometers.readout import SampleQuickly
from kiosk.model import Phase, Watch
from kiosk.support.root_socket import Message

if TYPE_CHECKING:
    from kiosk.composition.app import Kiosk

WATCHED_S = 3.0
PICTURE_S = 120.0
"""The test picture disappears after this time without an answer."""

NO_VISIT = 0
"""Codes that are read in a test belong to no visit: visits count from 1, and the flow ignores codes in maintenance."""


class WatchedParts:
    """The thermometer, the camera and the screen, while a technician watches them by `kiosk test`."""

    def __init__(self, kiosk: "Kiosk") -> None:
        self._kiosk = kiosk
        self._camera_since_s = 0.0
        self._camera_until_s: float | None = None
        self._picture: Screen | None = None
        self._picture_until_s = 0.0

    def check(self) -> None:
        """End what nobody watches any more; called after each turn of the loop. The flow ends it with maintenance."""
        kiosk, now_s = self._kiosk, self._kiosk.environment.clock.now_s()
        ends = kiosk.loop.state.phase is not Phase.MAINTENANCE
        if self._camera_until_s is not None and (ends or now_s >= self._camera_until_s):
            self._camera_until_s = None
            if not ends and kiosk.devices.scanner:
                kiosk.devices.scanner.put(WatchCodes(Watch.OFF, kiosk.loop.state.watched_visit))
        if self._picture and kiosk.display:
            if ends or now_s >= self._picture_until_s:
                self._picture = None
                kiosk.show(kiosk.loop.state)
            else:
                kiosk.display.show(self._picture, now_s)  # a change of the state may have shown another screen

    def thermometer(self, _question: Message) -> Message:
        """Let the thermometer sample as in a measurement; return its newest sample."""
        kiosk = self._kiosk
        if kiosk.devices.thermometer is None:
            return {"error": "this site does not use a thermometer"}
        kiosk.devices.thermometer.put(SampleQuickly(WATCHED_S))
        sample = kiosk.readout.newest
        return {
            "fault": self._fault_of("thermometer"),
            "sample": asdict(sample) | {"age_s": kiosk.environment.clock.now_s() - sample.at_s} if sample else None,
        }

    def camera(self, _question: Message) -> Message:
        """Let the scanner read codes; return its figures, and the newest code or hint since the test began."""
        kiosk = self._kiosk
        if kiosk.devices.scanner is None or kiosk.camera is None:
            return {"error": "this site does not use a camera"}
        now_s = kiosk.environment.clock.now_s()
        if self._camera_until_s is None:
            self._camera_since_s = now_s
            kiosk.devices.scanner.put(WatchCodes(Watch.FULL, NO_VISIT))
        self._camera_until_s = now_s + WATCHED_S
        figures, sight = kiosk.camera.figures, kiosk.sight.newest
        sight = sight if sight and sight.at_s >= self._camera_since_s else None
        return {
            "fault": self._fault_of("camera"),
            "figures": asdict(figures) if figures else None,
            "sight": asdict(sight) | {"age_s": now_s - sight.at_s} if sight else None,
        }

    def screen(self, question: Message) -> Message:
        """Show the test picture; with `seen`, compare the number on it with the one that the technician read."""
        kiosk, now_s = self._kiosk, self._kiosk.environment.clock.now_s()
        if kiosk.display is None or not kiosk.display.alive:
            return {"error": "the page is not served; see fault 'display_silent'"}
        if "seen" in question:
            shown, self._picture = self._picture, None
            kiosk.show(kiosk.loop.state)
            if shown is None:
                return {"error": "the test picture is not shown any more; begin again"}
            if question["seen"] != shown.test:
                return {"error": f"the picture shows {shown.test}; another screen, or an old picture, was read"}
            return {"done": "the screen shows what the kiosk sends"}
        if fault := kiosk.display.screen_fault:
            return {"error": f"the page is served, but no screen shows it: {fault}"}
        number = str(10 + secrets.randbelow(90))
        self._picture = replace(screen_of(kiosk.loop.state, kiosk.rules), test=number)
        self._picture_until_s = now_s + PICTURE_S
        kiosk.display.show(self._picture, now_s)
        return {"done": "the screen shows a test picture", "lasts_s": PICTURE_S}

    def _fault_of(self, device: str) -> str:
        """Return the fault of a device, or "" if it works."""
        state = self._kiosk.loop.state
        if device in state.unanswered:
            return "it has not answered since the start"
        return dict(state.faults).get(device, "")
