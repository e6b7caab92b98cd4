"""Everything the machine remembers; frozen, and replaced whole in one line of the loop."""

from dataclasses import dataclass, field
from enum import Enum

from kiosk.model import Door, Phase, Step, Verdict


class Outcome(Enum):
    """How a visit ended, or stands: admitted by the rules or the officer, referred, or broken off."""

    OPEN = "open"
    ADMITTED = "admitted"
    ADMITTED_BY_OFFICER = "admitted_by_officer"
    REFERRED = "referred"
    LEFT = "left"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Visit:
    """One visitor's way; it holds nothing that tells who they are.

    done: steps settled so far. skipped: not to be sprayed: they asked not to be, or were and have not left since.
    notice: key of the visitor's texts that the screen adds ("that is not a certificate").
    body_c: the figure that the screen shows to the visitor; it is never stored.
    scheme: the kind of credential that was judged last, for the journal.
    """

    number: int
    done: tuple[Step, ...] = ()
    skipped: bool = False
    high_readings: int = 0
    unreliable_readings: int = 0
    scan_deadline_s: float | None = None
    notice: str = ""
    body_c: float | None = field(default=None, repr=False)
    verdict: Verdict | None = None
    scheme: str = ""
    outcome: Outcome = Outcome.OPEN


@dataclass(frozen=True, slots=True)
class State:
    """The whole entrance at one moment.

    since_s, deadline_s: when the phase began, and when it ends by itself (None: it waits for ever).
    visit: the visitor being served, or None. ended: the visit before, with its outcome, for the journal.
    visits: how many there have been; the number of the newest.
    request: the number of the newest question to a worker; older answers are late.
    warning: the visitor is told that the spray begins at the deadline, and how to skip it.
    spraying: the sprayer was asked to run and has not been stopped. spray_left_s: what is left of the spray.
    running: the sprayer answered that it runs; a spray that is over without that answer was none.
    patience_ends_at_s: until when a broken spray is waited for, over all its breaks.
    sprayed: somebody was sprayed, and has been there without a break since, for all that is known.
    spray_again_at_s: nobody is sprayed before; None once the last who was sprayed went in.
    pausing: MEASURING waits before the second measurement.
    treatment_due: the empty chamber awaits its spray.
    greet_at_s: when IDLE serves whoever is there by itself; None while nobody is.
    stayed: visits in a row after which the visitor stayed where they were.
    door_alarm_at_s: when the open door is reported, or later, when nobody is served; None once it is shut or reported.
    may_open_until_s: until when a door that opens was let open: it takes a moment, and who leaves asks for it.
    stuck_at_s: when a presence sensor that sees somebody is no longer believed, unless anything else moves before.
    unseen_openings: how often doors opened since the presence sensor last changed.
    door_moved: a door was opened since the visitor came, or since they were let in.
    faults: (device, fault code); essential ones stop service.
    stopped: the officer pressed stop and has not started again.
    unanswered: essential devices that have not answered since the start.
    """

    phase: Phase = Phase.STARTING
    since_s: float = 0.0
    deadline_s: float | None = None
    visit: Visit | None = None
    ended: Visit | None = None
    visits: int = 0
    request: int = 0
    present: bool = False
    open_doors: frozenset[Door] = frozenset()
    warning: bool = False
    spraying: bool = False
    running: bool = False
    spray_left_s: float = 0.0
    patience_ends_at_s: float | None = None
    sprayed: bool = False
    spray_again_at_s: float | None = None
    pausing: bool = False
    treatment_due: bool = False
    greet_at_s: float | None = None
    door_alarm_at_s: float | None = None
    may_open_until_s: float = 0.0
    stuck_at_s: float = 0.0
    unseen_openings: int = 0
    stayed: int = 0
    door_moved: bool = False
    emergency_input: bool = False
    service_key: bool = False
    stopped: bool = False
    faults: tuple[tuple[str, str], ...] = ()
    unanswered: frozenset[str] = frozenset()
