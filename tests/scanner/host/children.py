"""Scanner processes for tests, most of them faulty: `python -m tests.scanner.host.children KIND`.

The kinds that begin with "real" are the real scanner process with a camera that fails. The others only write messages,
or other bytes, and do not read a camera.
"""

import ctypes
import os
import re
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any, NoReturn

from kiosk.errors import DeviceError
from kiosk.model import Payload
from kiosk.scanner.wire.messages import Beat, CameraTrouble, CodeRead, Hint, Message, Preview, encode


def send(*messages: Message) -> None:
    os.write(1, b"".join(map(encode, messages)))


def hang() -> NoReturn:
    while True:
        signal.pause()


def read_stdin_to_its_end() -> None:
    """Return when the controller closes stdin, as a working scanner does."""
    while os.read(0, 4096):
        pass


class FailingCamera:
    def __init__(self, kind: str) -> None:
        self.kind = kind

    def start(self) -> None:
        match self.kind:
            case "real missing":
                raise DeviceError("camera", "not there", "camera_missing")
            case "real bug":
                raise ZeroDivisionError
            case "real hang":
                os.write(2, b"camera hangs\n")
                hang()

    def frame(self, wait_s: float) -> None:
        os.write(1, b"a library writes to stdout\n")
        threading.Event().wait(wait_s)

    def expose(self, stops: float) -> None:
        hang()

    def close(self) -> None:
        hang()


def real(kind: str) -> NoReturn:
    from kiosk.scanner.child.process import serve

    serve(lambda settings: FailingCamera(kind))


class StillCamera(FailingCamera):
    """Delivers the same picture at every call."""

    def __init__(self, picture: Any) -> None:
        self.picture = picture

    def start(self) -> None:
        pass

    def frame(self, wait_s: float) -> Any:
        return self.picture


def sees_a_sheet_of(codes: int) -> Callable[[], NoReturn]:
    """The real process in front of a sheet with so many codes."""

    def run() -> NoReturn:
        from kiosk.scanner.child.process import serve
        from tests.scanner.drawing import sheet_of

        sheet = sheet_of([b"KIOSK1:%02d" % number for number in range(codes)])
        serve(lambda settings: StillCamera(sheet))

    return run


def loop_while_decoding() -> NoReturn:
    """The real process; its decoder reports that it was called, and then loops in C without giving up the GIL."""
    import numpy as np
    import zxingcpp
    from numpy.typing import NDArray

    from kiosk.scanner.child.process import serve

    messages_fd = os.dup(1)
    write = ctypes.PyDLL(None).write  # unlike os.write, it keeps the GIL

    frame = np.full((480, 640), 128, np.uint8)

    def never_return(grey: NDArray[np.uint8], *_: object, **__: object) -> list[object]:
        if grey.shape != frame.shape:
            return []  # the measurement of the machine, before the first frame
        sys.setswitchinterval(1e4)  # no other thread gets the GIL between the report and the loop
        report = encode(Hint("loops", 1))
        write(messages_fd, report, len(report))
        re.fullmatch("(a|aa)+b", "a" * 1000)  # backtracks exponentially
        return []

    zxingcpp.read_barcodes = never_return
    serve(lambda settings: StillCamera(frame))


def echo() -> None:
    lines = sys.stdin.buffer
    orders, watch = lines.readline(), lines.readline()
    send(Beat(1, 0.0), CodeRead(Payload(orders), 1), CodeRead(Payload(watch), 1))
    for line in lines:
        send(CodeRead(Payload(line), 1))


def crash() -> None:
    send(Beat(1, 0.0))
    os.kill(os.getpid(), signal.SIGSEGV)


def ignore_sigterm() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    send(Beat(1, 0.0))
    hang()


def write_garbage() -> None:
    send(Beat(1, 0.0))
    os.write(1, b"\0" * 100)
    read_stdin_to_its_end()


def flood() -> None:
    while True:
        send(*[CodeRead(Payload(bytes(4000)), 1)] * 16)


def flood_log() -> None:
    send(Beat(1, 0.0))
    os.write(2, (b"\x1b[31m" + b"x" * 1000 + b"\n") * 400)
    send(Hint("log_is_full", 1))
    read_stdin_to_its_end()


def close_stdout() -> None:
    send(Beat(1, 0.0))
    os.close(1)
    read_stdin_to_its_end()


def leave_a_child() -> None:
    send(Beat(1, 0.0))
    if os.fork():
        os._exit(3)
    hang()


def send_after_the_end() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    send(Beat(1, 0.0))
    read_stdin_to_its_end()
    send(CodeRead(Payload(b"too late"), 1))


def then_wait(*messages: Message) -> Callable[[], None]:
    def run() -> None:
        send(*messages)
        read_stdin_to_its_end()

    return run


def then_exit(code: int, *messages: Message) -> Callable[[], None]:
    def run() -> None:
        send(*messages)
        sys.exit(code)

    return run


BEHAVIOURS: dict[str, Callable[[], None]] = {
    "works": then_wait(Beat(1, 0.0)),
    "works and reports": then_wait(
        Beat(1, 0.0), CodeRead(Payload(b"KIOSK1:x"), 1), Hint("code_hold_still", 1), Preview(b"\xff\xd8jpeg")
    ),
    "silent camera": then_wait(Beat(1, 0.0), Beat(1, 9.0)),
    "old frame": then_wait(Beat(5, 9.0), Hint("code_hold_still", 1)),
    "no frame": then_wait(Beat(0, 0.0)),
    "exits at once": then_exit(3),
    "gives up the camera": then_exit(13, Beat(1, 0.0)),
    "camera missing": then_exit(13, CameraTrouble("camera_missing")),
    "unknown fault": then_exit(13, CameraTrouble("chocolate")),
    "echoes stdin": echo,
    "crashes": crash,
    "ignores sigterm": ignore_sigterm,
    "sends garbage": write_garbage,
    "sends after the end": send_after_the_end,
    "floods": flood,
    "floods the log": flood_log,
    "loops while decoding": loop_while_decoding,
    "sees 60 codes": sees_a_sheet_of(60),
    "sees 70 codes": sees_a_sheet_of(70),
    "closes stdout": close_stdout,
    "leaves a child behind": leave_a_child,
}


if __name__ == "__main__":
    chosen = sys.argv[1]
    if chosen.startswith("real"):
        real(chosen)
    BEHAVIOURS[chosen]()
