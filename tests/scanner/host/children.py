"""Scanner processes that behave, each in its own way, badly: `python -m tests.scanner.host.children KIND`.

The first kinds are the real process with a camera that fails; the others only speak the wire, or do not.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import NoReturn

from kiosk.errors import DeviceError
from kiosk.model import Payload
from kiosk.scanner.wire.messages import Beat, CameraTrouble, CodeRead, Hint, Message, Preview, encode


def say(*messages: Message) -> None:
    os.write(1, b"".join(map(encode, messages)))


def hang() -> NoReturn:
    while True:
        signal.pause()


def obey() -> None:
    """Read stdin to its end, as a sound scanner does, and end with it."""
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


def echo() -> None:
    lines = sys.stdin.buffer
    orders, watch = lines.readline(), lines.readline()
    say(Beat(1, 0.0), CodeRead(Payload(orders)), CodeRead(Payload(watch)))
    for line in lines:
        say(CodeRead(Payload(line)))


def crash() -> None:
    say(Beat(1, 0.0))
    os.kill(os.getpid(), signal.SIGSEGV)


def be_stubborn() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    say(Beat(1, 0.0))
    hang()


def write_garbage() -> None:
    say(Beat(1, 0.0))
    os.write(1, b"\0" * 100)
    obey()


def flood() -> None:
    while True:
        say(*[CodeRead(Payload(bytes(4000)))] * 16)


def flood_log() -> None:
    say(Beat(1, 0.0))
    os.write(2, (b"\x1b[31m" + b"x" * 1000 + b"\n") * 400)
    say(Hint("log_is_full"))
    obey()


def close_stdout() -> None:
    say(Beat(1, 0.0))
    os.close(1)
    obey()


def leave_a_child() -> None:
    say(Beat(1, 0.0))
    if os.fork():
        os._exit(3)
    hang()


def say_last_words() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    say(Beat(1, 0.0))
    obey()
    say(CodeRead(Payload(b"too late")))


def then_obey(*messages: Message) -> Callable[[], None]:
    def behave() -> None:
        say(*messages)
        obey()

    return behave


def then_exit(code: int, *messages: Message) -> Callable[[], None]:
    def behave() -> None:
        say(*messages)
        sys.exit(code)

    return behave


BEHAVIOURS: dict[str, Callable[[], None]] = {
    "sound": then_obey(Beat(1, 0.0)),
    "speaks": then_obey(
        Beat(1, 0.0), CodeRead(Payload(b"KIOSK1:x")), Hint("code_hold_still"), Preview(b"\xff\xd8jpeg")
    ),
    "silent camera": then_obey(Beat(1, 0.0), Beat(1, 9.0)),
    "old picture": then_obey(Beat(5, 9.0), Hint("code_hold_still")),
    "never a picture": then_obey(Beat(0, 0.0)),
    "exits at once": then_exit(3),
    "gives up": then_exit(13, Beat(1, 0.0)),
    "missing": then_exit(13, CameraTrouble("camera_missing")),
    "odd trouble": then_exit(13, CameraTrouble("chocolate")),
    "echoes": echo,
    "crashes": crash,
    "stubborn": be_stubborn,
    "garbage": write_garbage,
    "last words": say_last_words,
    "floods": flood,
    "floods the log": flood_log,
    "closes stdout": close_stdout,
    "leaves a child behind": leave_a_child,
}


if __name__ == "__main__":
    chosen = sys.argv[1]
    if chosen.startswith("real"):
        real(chosen)
    BEHAVIOURS[chosen]()
