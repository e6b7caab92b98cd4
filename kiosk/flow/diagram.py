"""The state diagram and the table of moves, drawn from the machine itself, for docs/flow.md."""

from collections import defaultdict
from functools import cache

from kiosk.flow.reachability import walk
from kiosk.flow.rules import Rules
from kiosk.model import ChamberWhen, Phase

PLAIN = {"DeadlinePassed": "time is up", "OfficerPressed": "officer", "EmergencyRaised": "emergency"}
ANYWHERE = frozenset(
    {"EmergencyRaised", "EmergencyStands", "StopPressed", "ServiceKeyTurned", "DeviceFailed", "OfficerPressed"}
)
"""Events that most phases know; the drawing shows them once, the table below it shows every one."""

HEADER = """# The flow

Generated from the machine (`kiosk flow`): `kiosk/flow/machine.py` decides, this page only shows it. Every arrow was
found by trying all events in all reachable states, with the chamber used either way.

In any phase the **emergency** input leads to `EMERGENCY`, the **officer** lets a person in, the **stop** button leads
to `OUT_OF_SERVICE`, the technician's **key** to `MAINTENANCE`; an essential device that fails leads to `OUT_OF_SERVICE`
once nobody is being let in or sent on. Those arrows are left out of the drawing and stand in the table.
"""


@cache
def moves() -> dict[tuple[Phase, Phase], set[str]]:
    """From phase to phase: the kinds of events that ever cause it."""
    found: dict[tuple[Phase, Phase], set[str]] = defaultdict(set)
    for when in ChamberWhen:
        for before, event, after, _ in walk(Rules(essential=frozenset({"thermometer"}), chamber_when=when)):
            if before.phase is not after.phase:
                found[before.phase, after.phase].add(type(event).__name__)
    return found


def page() -> str:
    """The whole page, as Markdown with a Mermaid drawing."""
    found = sorted(moves().items(), key=lambda move: (order(move[0][0]), order(move[0][1])))
    drawn = "\n".join(line for (a, b), causes in found if (line := arrow(a, b, causes - ANYWHERE)))
    rows = "\n".join(f"| {a.name} | {b.name} | {', '.join(sorted(causes))} |" for (a, b), causes in found)
    drawing = f"```mermaid\nstateDiagram-v2\n    [*] --> STARTING\n{drawn}\n```"
    return f"{HEADER}\n{drawing}\n\n| from | to | on |\n|---|---|---|\n{rows}\n"


def arrow(before: Phase, after: Phase, causes: set[str]) -> str:
    """One line of the drawing, or nothing when only what can happen anywhere causes it."""
    label = " / ".join(PLAIN.get(cause, cause) for cause in sorted(causes))
    return f"    {before.name} --> {after.name} : {label}" if causes else ""


def order(phase: Phase) -> int:
    """Phases in the order of a visit."""
    return list(Phase).index(phase)
