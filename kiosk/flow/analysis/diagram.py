"""The page docs/flow.md: the state diagram and the table of transitions, drawn from the flow itself."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain

from kiosk.flow.analysis.reachability import Reached, walk
from kiosk.flow.rules import AirlockRules, Rules
from kiosk.flow.state import Situation
from kiosk.model import ChamberWhen, HealthQuestion, Phase, SkipRule, Step

LABELS = {"DeadlinePassed": "time is up", "OfficerPressed": "officer", "EmergencyRaised": "emergency"}
ANYWHERE = frozenset(
    {"EmergencyRaised", "EmergencyStands", "StopPressed", "ServiceKeyTurned", "DeviceFailed", "OfficerPressed"}
)
"""Events that are handled in most phases; the drawing leaves them out, the table shows them."""

_SITE = Rules(
    sequence=(Step.DISINFECT, Step.QUESTIONS, Step.TEMPERATURE, Step.CREDENTIAL),
    essential=frozenset({"thermometer"}),
    has_presence=True,
    has_passage=True,
    has_door_contact=True,
    chamber_when=ChamberWhen.EMPTY,
    warn_s=3.0,
    spray_s=5.0,
    again_s=30.0,
    chamber_wait_s=20.0,
    skip=SkipRule.REFER,
    high_c=37.5,
    low_c=34.0,
    measure_s=12.0,
    retest_pause_s=30.0,
    unreliable_attempts=1,
    questions=(HealthQuestion.FEVER,),
    refer_yes=frozenset({HealthQuestion.FEVER}),
    answer_s=20.0,
    scan_s=45.0,
    wrong_codes=5,
    check_s=6.0,
    offers_check_in=True,
    agree_s=60.0,
    keep_s=120.0,
    same_spot=True,
    hold_s=5.0,
    open_alarm_s=20.0,
    reports_forced=True,
    linger_s=1.5,
    stuck_s=900.0,
    refer_s=20.0,
    airlock=AirlockRules(bolt_s=0.5, open_alarm_s=60.0, sees_exit=True),
    refer_longest_s=120.0,
)
SITES = tuple(replace(_SITE, chamber_when=when) for when in ChamberWhen)
"""The site that is drawn, with either use of the chamber. Its times and numbers change no arrow. Without a lock at the
street door, only the arrows of its exit are missing."""

HEADER = """# The flow

Generated from the flow (`kiosk flow`): `kiosk/flow/machine.py` decides, this page only shows it. Every arrow was found
by trying all events in all reachable states, with either use of the chamber.

In any phase the **emergency** input leads to `EMERGENCY`, the **officer** admits a person, the **stop** button leads to
`OUT_OF_SERVICE`, the technician's **key** to `MAINTENANCE`; a fault of an essential device leads to `OUT_OF_SERVICE`,
but does not end an admission or a referral in progress. Those arrows are left out of the drawing and stand in the
table. `StreetExitRequested` happens only at a site whose street door has a lock (`street_door`); there an opened street
door also ends an admission that somebody used.
"""

INSIDE = """
## Inside a phase

`DISINFECTING`, `MEASURING` and `REFERRING` have named sub-states. A warning before the spray, the confirmation by the
sprayer, the pause before a second reading, and a referral that still reads a better code are such sub-states.
"""

Arrows = dict[tuple[Situation, Situation], set[str]]


def arrows_of(transitions: Iterable[Reached]) -> Arrows:
    """Return the kinds of events that lead from one situation to another."""
    found: Arrows = defaultdict(set)
    for before, event, after, _ in transitions:
        if before.situation is not after.situation:
            found[before.situation, after.situation].add(type(event).__name__)
    return found


def between_phases(arrows: Arrows) -> Iterator[tuple[Phase, Phase, set[str]]]:
    """Yield the arrows from phase to phase, in the order of a visit."""
    for before in Phase:
        for after in Phase:
            causes = set().union(*(arrows[a, b] for a, b in arrows if (a.phase, b.phase) == (before, after)))
            if before is not after and causes:
                yield before, after, causes


def inside_phases(arrows: Arrows) -> Iterator[tuple[Situation, Situation, set[str]]]:
    """Yield the arrows between the sub-states of a phase, in the order of a visit."""
    for before in Situation:
        for after in Situation:
            causes = arrows.get((before, after))
            if before.phase is after.phase and causes:
                yield before, after, causes


def page(transitions: Callable[[Rules], Iterable[Reached]] = walk) -> str:
    """Return the whole page, as Markdown with a Mermaid drawing.

    transitions: returns every reachable transition of a site.
    """
    arrows = arrows_of(chain.from_iterable(map(transitions, SITES)))
    phases = [arrow(a, b, causes - ANYWHERE) for a, b, causes in between_phases(arrows)]
    drawn = [
        "```mermaid",
        "stateDiagram-v2",
        "    [*] --> STARTING",
        *(line for phase in Phase for line in composite(phase, arrows)),
        *(f"    {line}" for line in phases if line),
        "```",
    ]
    return "\n".join([HEADER, *drawn, "", *rows(between_phases(arrows)), INSIDE, *rows(inside_phases(arrows))]) + "\n"


def composite(phase: Phase, arrows: Arrows) -> list[str]:
    """Return the lines that draw the sub-states of `phase`; none if it has no sub-states."""
    inner = [arrow(a, b, causes) for a, b, causes in inside_phases(arrows) if a.phase is phase]
    return [f"    state {phase.name} {{", *(f"        {line}" for line in inner), "    }"] if inner else []


def rows(found: Iterator[tuple[Phase, Phase, set[str]]] | Iterator[tuple[Situation, Situation, set[str]]]) -> list[str]:
    """Return the arrows as a table in Markdown."""
    head = ["| from | to | on |", "|---|---|---|"]
    return head + [f"| {a.name} | {b.name} | {', '.join(sorted(causes))} |" for a, b, causes in found]


def arrow(before: Phase | Situation, after: Phase | Situation, causes: set[str]) -> str:
    """Return one line of the drawing, or an empty text if there is no cause."""
    label = " / ".join(LABELS.get(cause, cause) for cause in sorted(causes))
    return f"{before.name} --> {after.name} : {label}" if causes else ""
