"""A kiosk under measurement: its two processes, systemd's socket, its wires and camera, and a reader of its page.

Rule 1: the kiosk is observed from outside: by its pins, its page, and its READY message.
Rule 2: all times are nanoseconds of CLOCK_MONOTONIC, which all processes of the machine share (clock_gettime(2)).
"""

import contextlib
import http.client
import json
import os
import queue
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from bench.door.pictures import drawn, put_before_camera
from bench.door.site import Site
from kiosk.model import Phase
from kiosk.simulator.people.phone import Scene

PATIENCE_S = 30.0
"""Longest time that one event is waited for."""

BYTECODE = Path(__file__).parents[2] / "var/bench-bytecode"
"""The folder of the compiled sources; without it, each start would compile them again. script/install compiles too."""


class Booth:
    """A kiosk at `site`, as a context manager: it runs and is ready while the context is active.

    `marks`: the time at which each note of the controller came first. Entering ends the program with the kiosk's log if
    the kiosk is not ready in time.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self.marks: dict[str, int] = {}
        self._moves: queue.Queue[tuple[str, int]] = queue.Queue()
        self._phases: queue.Queue[str] = queue.Queue()
        self._closing = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as opened:
            try:
                self._start(opened)
            except TimeoutError:
                raise SystemExit(
                    f"bench: not READY after {PATIENCE_S:.0f} s; its log:\n{self.site.log.read_text()}"
                ) from None
            self._closing = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def _start(self, closing: contextlib.ExitStack) -> None:
        self.show(Scene())
        self.site.camera_log.unlink(missing_ok=True)
        notify = closing.enter_context(_notify_socket(self.site.folder / "notify"))
        log = closing.enter_context(self.site.log.open("ab"))
        # the environment of systemd/kiosk.service: a notify socket, no plugins of pydantic, compiled sources
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {
            "NOTIFY_SOCKET": str(self.site.folder / "notify"),
            "PYDANTIC_DISABLE_PLUGINS": "__all__",
            "PYTHONPYCACHEPREFIX": str(BYTECODE),
        }
        self.marks["exec"] = time.monotonic_ns()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.door.controller", str(self.site.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment,
        )
        closing.enter_context(self._process)
        closing.callback(self._end)
        threading.Thread(target=self._read_notes, daemon=True).start()
        while b"READY=1" not in notify.recv(4096).splitlines():
            pass
        self.marks["ready"] = time.monotonic_ns()
        threading.Thread(target=self._watch_page, daemon=True).start()
        self.wait_for(Phase.IDLE)

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()

    @property
    def controller(self) -> int:
        """The process id of the controller."""
        return self._process.pid

    @property
    def scanner(self) -> int:
        """The process id of the scanner."""
        return next(numbers[1] for what, numbers in self.camera_notes() if what == "up")

    def camera_notes(self) -> list[tuple[str, list[int]]]:
        """Return the notes of the camera so far: a word and its numbers each."""
        lines = (line.split() for line in self.site.camera_log.read_text().splitlines())
        return [(what, [int(number) for number in numbers]) for what, *numbers in lines]

    def show(self, scene: Scene) -> None:
        """Put a scene in front of the camera."""
        put_before_camera(self.site.pictures, drawn(scene))

    def set(self, wire: str, value: float) -> None:
        """Set an input (1: active), or, with `face`, the temperature in front of the thermometer in degrees Celsius."""
        assert self._process.stdin
        self._process.stdin.write(f"{wire} {value:g}\n")
        self._process.stdin.flush()

    def wait_for(self, phase: Phase) -> None:
        """Wait until the page shows `phase`. Raises `queue.Empty` after `PATIENCE_S`."""
        while self._phases.get(timeout=PATIENCE_S) != phase.value:
            pass

    def wait_for_note(self, wanted: str) -> int:
        """Return the time of the controller's next note `wanted`. Raises `queue.Empty` after `PATIENCE_S`."""
        while True:
            what, at_ns = self._moves.get(timeout=PATIENCE_S)
            if what == wanted:
                return at_ns

    def _read_notes(self) -> None:
        assert self._process.stdout
        with contextlib.suppress(ValueError):  # the pipe was closed at the end
            for line in self._process.stdout:
                what, at_ns = line.split()
                self.marks.setdefault(what, int(at_ns))
                self._moves.put((what, int(at_ns)))

    def _watch_page(self) -> None:
        """Read the screens of the page, and its live picture while there is one, as the browser of a booth does."""
        for line in _lines(self.site.port, "/events"):
            if line.startswith(b"data: "):
                screen = json.loads(line.removeprefix(b"data: "))
                self._phases.put(screen["phase"])
                if screen["preview"]:
                    threading.Thread(target=lambda: list(_lines(self.site.port, "/preview")), daemon=True).start()


def _lines(port: int, path: str) -> Iterator[bytes]:
    """Yield the lines of a response until the connection ends."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", path)
        yield from connection.getresponse()


@contextlib.contextmanager
def _notify_socket(address: Path) -> Iterator[socket.socket]:
    """Systemd's end of the notify socket (sd_notify(3))."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.settimeout(PATIENCE_S)
        notify.bind(str(address))
        try:
            yield notify
        finally:
            address.unlink()
