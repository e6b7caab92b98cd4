"""A test rig: the supervisor with real child processes, linked by pipes or by a socket, on a virtual clock."""

import queue
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kiosk.flow.events import DeviceFailed, DeviceRecovered, Event
from kiosk.scanner.host.child_process import SCANNER
from kiosk.scanner.host.supervisor import Scanner
from kiosk.scanner.wire.orders import Orders
from kiosk.settings.schema.policy import ScannerSettings
from kiosk.settings.schema.wiring import CameraSettings
from kiosk.simulator.clock import VirtualClock
from kiosk.support.links import Link, ProcessLink, SocketLink

ROOT = Path(__file__).parents[3]
PATIENCE_S = 60.0
ORDERS = Orders(camera=CameraSettings(), scanner=ScannerSettings())
Process = subprocess.Popen[bytes]


class Rig:
    """A supervisor, the processes it started, and what it posted."""

    def __init__(self, *commands: list[str], orders: Orders = ORDERS, unit: "Unit | None" = None) -> None:
        """`commands`: the command line of each start; the last one is repeated. With `unit`, it starts them."""
        self.clock = VirtualClock()
        self.events: queue.Queue[Event] = queue.Queue()
        self.previews: queue.Queue[bytes] = queue.Queue()
        self.commands = list(commands)
        self.processes: list[Process] = []
        self.inbox_full = False
        self.unit = unit
        self.scanner = Scanner(self._start, orders.line(), orders.camera, self.clock, self._post, self.previews.put)

    def _post(self, event: Event) -> bool:
        if not self.inbox_full:
            self.events.put(event)
        return not self.inbox_full

    def _start(self) -> Link:
        if self.unit is None:
            return ProcessLink(SCANNER, self._next_command(), self._popen)
        link = SocketLink(SCANNER, self.unit.path)
        if self.unit.has_room():
            self.processes.append(self.unit.start(self._next_command()))
        else:
            self.unit.refuse()
        return link

    def _next_command(self) -> list[str]:
        return self.commands.pop(0) if len(self.commands) > 1 else self.commands[0]

    def _popen(self, command: list[str], **kwargs: Any) -> Process:
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


class Unit:
    """Systemd with kiosk-scanner.socket: Accept=yes and MaxConnections=1; without users and confinement.

    It accepts only when it is asked to, in the thread of the test.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "scanner.socket"
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self.path))
        self._listener.listen()
        self._process: Process | None = None

    def has_room(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def start(self, command: list[str]) -> Process:
        """Accept a connection and start the process with it as standard input and output."""
        connection, _ = self._listener.accept()
        with connection:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=connection.fileno(),
                stdout=connection.fileno(),
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        return self._process

    def refuse(self) -> None:
        """Accept a connection and close it."""
        self._listener.accept()[0].close()

    def stop_listening(self) -> None:
        """Stop, and leave the socket's file behind."""
        self._listener.close()
