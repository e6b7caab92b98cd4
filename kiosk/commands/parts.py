"""`kiosk test`: move or ask one part of the running kiosk, in maintenance."""

import argparse
import threading
from collections.abc import Iterator
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
    sub.add_argument(
        "--seconds",
        type=float,
        default=20.0,
        help="how long inputs, thermometer and camera are shown (default: %(default)s)",
    )
    sub.add_argument("--yes", action="store_true", help="do not ask before the pump runs")
    sub.add_argument("--folder", type=Path, default=FOLDER, help="runtime folder of the kiosk (default: %(default)s)")


def test(options: argparse.Namespace) -> int:
    """Test one part; return 1 if it does not work. Raises `KioskError` if the kiosk cannot be asked."""
    match options.part:
        case "inputs":
            return show_inputs(options.folder, options.seconds)
        case "thermometer":
            return show_thermometer(options.folder, options.seconds)
        case "camera":
            return show_camera(options.folder, options.seconds)
        case "screen":
            return test_screen(options.folder)
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
    for answer in asked_again(folder, "inputs", for_s):
        if "error" in answer:
            return report(answer)
        now = answer["inputs"]
        for name in now:
            if now[name] != before.get(name):
                print(f"{name:15} {'active' if now[name] else 'at rest'}")
        before = now
    return 0


def show_thermometer(folder: Path, for_s: float) -> int:
    """Print each second what the thermometer reads, and what it reads without anybody; return 1 if it reads nothing."""
    print("Stand in front of it, hold a warm hand there, and step away: the first column must follow.")
    newest_s: float | None = None
    for answer in asked_again(folder, "thermometer", for_s):
        if "error" in answer:
            return report(answer)
        sample = answer["sample"]
        if answer["fault"]:
            print(f"fault: {answer['fault']}; 'kiosk doctor' says what to do")
        elif sample and sample["at_s"] != newest_s:
            newest_s = sample["at_s"]
            empty_c = "not known yet" if sample["empty_c"] is None else f"{sample['empty_c']:6.2f} C"
            print(
                f"in front {sample['object_c']:6.2f} C   itself {sample['ambient_c']:6.2f} C   "
                f"corrected {sample['body_c']:6.2f} C   empty spot {empty_c}"
            )
    return verdict("the thermometer", is_well=newest_s is not None and not answer["fault"])


def show_camera(folder: Path, for_s: float) -> int:
    """Print what the scanner does, and of which kind each code is; return 1 if it has no pictures."""
    print("Hold a code up: on a phone, and on paper. The code itself is not shown.")
    figures = None
    seen_at_s = None
    for answer in asked_again(folder, "camera", for_s):
        if "error" in answer:
            return report(answer)
        if answer["fault"]:
            print(f"fault: {answer['fault']}; 'kiosk doctor' says what to do")
            continue
        sight = answer["sight"]
        if sight and sight["at_s"] != seen_at_s:
            seen_at_s = sight["at_s"]
            kind = sight["prefix"] or "another beginning than those of the known kinds"
            print(f"hint: {sight['hint']}" if sight["hint"] else f"read: a code of {sight['length']} bytes, {kind}")
        if answer["figures"] and answer["figures"] != figures:
            figures = answer["figures"]
            print(
                f"{figures['frames_hz']:4.1f} frames a second   brightness {figures['level']:3.0f} of 255   "
                f"decoding: median {figures['median_ms']:.0f} ms, 95 of 100 within {figures['p95_ms']:.0f} ms"
            )
    return verdict("the camera", is_well=figures is not None and figures["frames_hz"] > 0 and not answer["fault"])


def test_screen(folder: Path) -> int:
    """Show a test picture and ask what is seen; return 1 if it is not what the kiosk shows."""
    answer = ask_kiosk(folder, {"part": "screen"})
    if report(answer):
        return 1
    print("It has a frame, five colours, sentences in every language, the size in pixels, and a number.")
    seen = input("Type the number that you see: ").strip()
    if report(ask_kiosk(folder, {"part": "screen", "seen": seen})):
        return 1
    whole = input("Did the frame touch all four edges, and could every sentence be read? [y/n]: ").strip().lower()
    if whole not in ("y", "yes"):
        print("The picture is cut off or too small: see 'display.screen' in docs/technician/screen.md.")
        return 1
    return 0


def asked_again(folder: Path, part: str, for_s: float) -> Iterator[dict[str, Any]]:
    """Ask for `for_s` seconds, and yield each answer."""
    for _ in range(max(1, round(for_s / POLL_S))):
        yield ask_kiosk(folder, {"part": part})
        threading.Event().wait(POLL_S)


def verdict(name: str, *, is_well: bool) -> int:
    """Print whether a part works; return 1 if not."""
    print(f"{name} works" if is_well else f"{name} does not work; 'kiosk doctor' says what to do")
    return 0 if is_well else 1
