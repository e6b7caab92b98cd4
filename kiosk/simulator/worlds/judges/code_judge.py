"""The judge of good credentials that are not accepted at present: those that were used, and those of people with fever.

A credential is used when a body goes in on its admission and the sensors can tell so: the passage sensor sees the body;
without this sensor, the door contact sees the door open; without both, the time for going in passes and nothing cuts it
short. A credential has a remembered fever when the camera saw it in
a stay in which the screen sent somebody away for fever. Restarts end what stands in the kiosk's memory alone.
"""

from kiosk.model import Clock
from kiosk.settings.schema.settings import Settings
from kiosk.simulator.worlds.codes import is_limited
from kiosk.simulator.worlds.stay import SLACK_S, Stay

USED = "a used credential admits nobody again too soon"
FEVER = "a remembered fever is not admitted"

UNSAVED_S = 1.0
"""So long after a body went in, the use of its pass may not be durable yet."""


ROUNDING_S = 1e-3
"""An unlocking may be shorter than `door.hold_s` by this much, because a sum of seconds is rounded."""


class CodeJudge:
    """Knows which good credentials must be refused now.

    is_spoiled: uses are not judged, as the sensors that tell them lie. checks_late_s: a verdict, and with it the memory
    of a fever, may come so late.
    """

    def __init__(self, settings: Settings, clock: Clock, *, is_spoiled: bool, checks_late_s: float) -> None:
        self._settings = settings
        self._clock = clock
        self._is_spoiled = is_spoiled
        self._checks_late_s = checks_late_s
        self._used_s: dict[str, float] = {}
        self._fever_s: dict[str, tuple[float, float]] = {}
        self._at_unlock: set[str] = set()
        self._unlocked = False
        self._unlocked_s = 0.0
        self._opened_s: float | None = None
        self._unseen: set[str] = set()  # credentials of bodies that went in, and no sensor tells so
        self._shown: set[str] = set()

    def unlocked(self, codes: set[str]) -> None:
        """The door was unlocked for somebody who showed `codes`; with several, nobody knows which one counts."""
        self._at_unlock = set(codes) if len(codes) == 1 else set()
        self._unlocked, self._opened_s, self._unlocked_s = True, None, self._clock.now_s()
        self._unseen = set()

    def locked(self) -> None:
        """The door was locked. If that ended the admission as the door opened, its contact does not tell a use."""
        self._unlocked, now_s = False, self._clock.now_s()
        if self._settings.inputs.passage is None and self._opened_s and now_s - self._opened_s <= SLACK_S:
            self._at_unlock = set()
        if now_s - self._unlocked_s >= self._settings.door.hold_s - ROUNDING_S:
            self._used_s |= dict.fromkeys(self._unseen, now_s)

    def leaf_opened(self) -> None:
        """The building door opened. If it was locked, nobody can know on whose admission."""
        if self._opened_s is None:
            self._opened_s = self._clock.now_s()
        if not self._unlocked:
            self._at_unlock = set()

    def entered(self, *, surely: bool) -> None:
        """A body went in. surely: nothing else explains what the sensors saw."""
        inputs = self._settings.inputs
        if inputs.passage is None and inputs.door_contact is None:
            self._unseen |= self._at_unlock if surely and self._unlocked else set()
        elif surely:
            used_s = self._clock.now_s() if inputs.passage else self._opened_s
            self._used_s |= dict.fromkeys(self._at_unlock, used_s) if used_s is not None else {}
        self._at_unlock = set()

    def showed(self, code: str) -> None:
        """The camera saw a good credential in this visit."""
        self._shown.add(code)

    def visit_ended(self) -> None:
        """The screen shows that nobody is served: what was shown before belongs to somebody else."""
        self._shown.clear()

    def sent_away_for_fever(self, stay: Stay) -> None:
        """The screen tells somebody in the chamber that they are sent away for fever."""
        for code in stay.good_codes & self._shown:
            self._fever_s[code] = self._clock.now_s(), stay.since_s

    def refusal(self, code: str, stay: Stay) -> str:
        """Return the promise that the kiosk breaks if it accepts the good credential `code` in `stay`; "" for none."""
        now_s, used_s, fever = self._clock.now_s(), self._used_s.get(code), self._fever_s.get(code)
        is_used = used_s is not None and (
            is_limited(code) or now_s - used_s < self._settings.credentials.again_s - SLACK_S
        )
        if is_used and not self._is_spoiled:
            return USED
        remember_s = self._settings.temperature.remember_s - SLACK_S
        late_s = self._checks_late_s + SLACK_S if self._checks_late_s else 0.0
        has_fever = fever is not None and fever[1] != stay.since_s and late_s <= now_s - fever[0] < remember_s
        return FEVER if has_fever else ""

    def kiosk_is_down(self) -> None:
        """A pass with a limit is remembered over a restart, unless the power failed before its use was durable."""
        now_s, used = self._clock.now_s(), self._used_s.items()
        self._used_s = {code: at_s for code, at_s in used if is_limited(code) and now_s - at_s > UNSAVED_S}
        self._fever_s.clear()
        self._at_unlock = set()
