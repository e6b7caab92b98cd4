"""`kiosk test`: move or ask one part of the running kiosk, in maintenance."""

import argparse
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk.commands.options import add
from kiosk.errors import KioskError

if TYPE_CHECKING:
    from kiosk.commands.options import Commands

FOLDER = Path("/run/kiosk")
"""The runtime folder of kiosk.service."""

PARTS = ("door", "sprayer", "lights", "speaker", "thermometer", "camera", "inputs", "screen")
ANSWER_S = 5.0
SIGNAL_S = 2.0
POLL_S = 0.5


def add_commands(commands: "Commands") -> None:
    """Add the subcommands of this group."""
    sub = add(commands, "test", test, "test one part of the running kiosk, in maintenance; as root")
    sub.add_argument("part", choices=PARTS, metavar="PART", help=", ".join(PARTS))
    sub.add_argument("--seconds", type=float, default=20.0, help="how long the inputs are shown (default: %(default)s)")
    sub.add_argument("--yes", action="store_true", help="do not ask before the pump runs")
    sub.add_argument("--folder", type=Path, default=FOLDER, help="runtime folder of the kiosk (default: %(default)s)")


def test(options: argparse.Namespace) -> int:
    """Test one part; return 1 if it does not work. Raises `KioskError` if the kiosk cannot be asked."""
    match options.part:
        case "inputs":
            return show_inputs(options.folder, options.seconds)
        case "lights":
            return show_signals(options.folder)
        case "sprayer" if not options.yes:
            print("The pump runs for a second. Nobody may be in the chamber. Press Enter, or Ctrl+C to stop.")
            input()
    return report(ask_kiosk(options.folder, {"part": options.part}))


def ask_kiosk(folder: Path, question: dict[str, Any]) -> dict[str, Any]:
    """Return the answer of the running kiosk. Raises `KioskError` with the remedy if there is none."""
    from kiosk.runtime.maintenance import SOCKET
    from kiosk.support.root_socket import ask

    try:
        return ask(folder / SOCKET, question, ANSWER_S)
    except (FileNotFoundError, ConnectionRefusedError):
        raise KioskError("the kiosk does not run; start it with 'sudo systemctl start kiosk'") from None
    except (PermissionError, ConnectionResetError):
        raise KioskError("only root may test the parts; run it with sudo") from None
    except (OSError, ValueError, TypeError) as error:
        raise KioskError(f"the kiosk does not answer: {error}") from None


def report(answer: dict[str, Any]) -> int:
    """Print an answer; return 1 if it is an error."""
    if "error" in answer:
        print(f"not tested, or not well: {answer['error']}")
        return 1
    print(answer.get("done", answer))
    return 0


def show_signals(folder: Path) -> int:
    """Show every signal of lights and buzzer for a while, and at last the one of maintenance."""
    first = ask_kiosk(folder, {"part": "lights"})
    for signal in first.get("signals", ()):
        if report(ask_kiosk(folder, {"part": "lights", "signal": signal})):
            return 1
        threading.Event().wait(SIGNAL_S)
    return report(ask_kiosk(folder, {"part": "lights"}))


def show_inputs(folder: Path, for_s: float) -> int:
    """Print the inputs whenever one changes, for `for_s` seconds: press each button, and open each door."""
    before: dict[str, bool] = {}
    for _ in range(max(1, round(for_s / POLL_S))):
        answer = ask_kiosk(folder, {"part": "inputs"})
        if "error" in answer:
            return report(answer)
        now = answer["inputs"]
        for name in now:
            if now[name] != before.get(name):
                print(f"{name:15} {'active' if now[name] else 'at rest'}")
        before = now
        threading.Event().wait(POLL_S)
    return 0
