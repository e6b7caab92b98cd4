"""A test rig: the supervisor with real child processes, on a virtual clock."""

import queue
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kiosk.flow.events import DeviceFailed, DeviceRecovered, Event
from kiosk.scanner.host.supervisor import Scanner
from kiosk.scanner.wire.orders import Orders
from kiosk.settings.schema.policy import ScannerSettings
from kiosk.settings.schema.wiring import CameraSettings
from kiosk.simulator.clock import VirtualClock

ROOT = Path(__file__).parents[3]
PATIENCE_S = 60.0
ORDERS = Orders(camera=CameraSettings(), scanner=ScannerSettings())
Process = subprocess.Popen[bytes]


class Rig:
    """A supervisor, the processes it started, and what it posted."""

    def __init__(self, *commands: list[str], orders: Orders = ORDERS) -> None:
        """`commands`: the command line of each start; the last one is repeated."""
        self.clock = VirtualClock()
        self.events: queue.Queue[Event] = queue.Queue()
        self.previews: queue.Queue[bytes] = queue.Queue()
        self.commands = list(commands)
        self.processes: list[Process] = []
        self.inbox_full = False
        self.scanner = Scanner(
            commands[0], orders.line(), orders.camera, self.clock, self._post, self.previews.put, self._popen
        )

    def _post(self, event: Event) -> bool:
        if not self.inbox_full:
            self.events.put(event)
        return not self.inbox_full

    def _popen(self, command: list[str], **kwargs: Any) -> Process:
        command = self.commands.pop(0) if len(self.commands) > 1 else self.commands[0]
        process: Process = subprocess.Popen(command, cwd=ROOT, **kwargs)
        self.processes.append(process)
        return process

    def next_event(self) -> Event:
        return self.events.get(timeout=PATIENCE_S)

    def expect_recovery(self) -> None:
        assert isinstance(self.next_event(), DeviceRecovered)

    def wait_for_end(self) -> int:
        """Wait until the newest process has ended and its output was read, then call `tick`. Return the exit code."""
        code = self.processes[-1].wait(PATIENCE_S)
        for thread in threading.enumerate():
            if thread.name.startswith("scanner"):
                thread.join(PATIENCE_S)
        self.scanner.tick()
        return code

    def pass_time(self, for_s: float) -> None:
        self.clock.advance(for_s)
        self.scanner.tick()

    def next_fault(self) -> str:
        event = self.next_event()
        assert isinstance(event, DeviceFailed), event
        assert event.device == "camera"
        return event.fault


MakeRig = Callable[..., Rig]
