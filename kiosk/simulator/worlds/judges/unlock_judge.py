"""The judge of unlocking: for whom the building door is unlocked, for how long, and who goes in."""

from collections.abc import Callable

from kiosk.model import ChamberWhen, Clock, SkipRule, Step
from kiosk.settings.schema.settings import Settings
from kiosk.simulator.worlds.bodies import Body, Leaf
from kiosk.simulator.worlds.judges.code_judge import CodeJudge
from kiosk.simulator.worlds.judges.journal_rows import JournalRows
from kiosk.simulator.worlds.judges.officer_judge import OfficerJudge
from kiosk.simulator.worlds.stay import SLACK_S, Stay

EVERY_STEP = "unlocked only after every step"
DOUBLE_PRESS = "a double press of the officer opens nothing"


class UnlockJudge:
    """Judges each unlocking by the kiosk outside emergencies.

    stay: the present stay; inside: the bodies in the chamber by name. They belong to the referee, which changes them.
    rows: reads the journal's file. codes: knows which good credentials must be refused. accuse: notes a broken promise.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        stay: Stay,
        inside: dict[str, Body],
        rows: JournalRows,
        codes: CodeJudge,
        accuse: Callable[[str, str], None],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._stay = stay
        self._inside = inside
        self._rows = rows
        self._codes = codes
        self._accuse = accuse
        self._officer = OfficerJudge(clock, rows)
        self._since_s: float | None = None
        self._stay_at_unlock: float | None = None
        self._is_lawful = True
        self._leaf_opened_lawfully = False
        self._leaf_closed_s = -1e9
        self.admissions = 0

    @property
    def is_unlocked(self) -> bool:
        """True while the door is unlocked by a kiosk that runs."""
        return self._since_s is not None

    @property
    def by_officer(self) -> bool:
        """True shortly after the officer pressed the button."""
        return self._officer.pressed_lately

    def officer_pressed(self) -> None:
        """The officer pressed the button."""
        self._officer.pressed()

    def freed(self) -> None:
        """The door was unlocked in an emergency."""
        self._since_s, self._is_lawful, self._stay_at_unlock = self._clock.now_s(), True, self._stay.since_s

    def unlocked(self) -> None:
        """The door was unlocked, and there is no emergency."""
        stay, by_officer, now_s = self._stay, self._officer.may_open, self._clock.now_s()
        self._since_s, self._stay_at_unlock = now_s, stay.since_s
        if by_officer:
            self._stay_at_unlock = None  # the officer lets in whoever comes
        undone = {} if by_officer else self._undone(stay)
        self._codes.unlocked(set() if by_officer else stay.good_codes)
        before = stay.before
        recently = before is not None and now_s - stay.since_s <= SLACK_S
        if undone and before and recently and not undone.keys() & self._undone(before).keys():
            # the wire that ended the stay was not debounced yet; the door must be locked as soon as it is
            self._stay_at_unlock, undone = before.since_s, {}
            self._clock.call_at(now_s + SLACK_S, lambda: self._check_locked_again(now_s))
        self._is_lawful = not undone
        if undone:
            people = f"{' and '.join(sorted(self._inside)) or 'nobody'} in the chamber"
            promises = set(undone.values())
            promise = promises.pop() if len(promises) == 1 else EVERY_STEP
            promise = DOUBLE_PRESS if self.by_officer else promise
            self._accuse(promise, f"{people}; not done: {', '.join(undone)}")
        self._check_row()

    def locked(self, *, in_emergency: bool) -> None:
        """The door was locked."""
        if not in_emergency:
            self.check_hold()
        self._since_s = None

    def leaf_moved(self, leaf: Leaf, *, is_free: bool, seems_open: bool) -> None:
        """The building door opened or closed. is_free: the kiosk is down, or there is an emergency.

        seems_open: the door's contact reads open although the door was shut, so the visitor seems to hold it open.
        """
        now_s = self._clock.now_s()
        if not leaf.open:
            self._leaf_closed_s = now_s
        elif now_s - self._leaf_closed_s > SLACK_S:  # no contact notices a leaf that is caught while it falls shut
            stays = {None, self._stay.since_s}
            if self._stay.before and now_s - self._stay.since_s <= SLACK_S:
                stays.add(self._stay.before.since_s)  # the wire that ended the stay was not debounced yet
            same_stay = seems_open or self._stay_at_unlock in stays
            by_kiosk = self.is_unlocked and not is_free
            self._leaf_opened_lawfully = not by_kiosk or (self._is_lawful and same_stay)

    def entered(self, body: Body, *, in_emergency: bool) -> None:
        """A body went in."""
        if not in_emergency and not self._leaf_opened_lawfully:
            self._accuse("nobody enters who was not let in", f"{body.name} entered")

    def kiosk_is_up(self) -> None:
        """The kiosk runs again, and its relays are at rest."""
        self._since_s = None
        self._officer.kiosk_is_up()

    def check_hold(self) -> None:
        """Accuse the kiosk if the door has been unlocked for longer than its limit."""
        if self._since_s is None:
            return
        held_s, limit_s = self._clock.now_s() - self._since_s, self._settings.door.max_hold_s
        if held_s > limit_s + SLACK_S:
            self._accuse("the lock keeps its limit", f"unlocked for {held_s:.1f} s; the limit is {limit_s:.1f} s")

    def _undone(self, stay: Stay) -> dict[str, str]:
        """Return what was not done in `stay`, each with the promise that the unlocking then breaks."""
        undone: dict[str, str] = {}
        settings = self._settings
        for step in settings.sequence:
            match step:
                case Step.TEMPERATURE:
                    if stay.healthy_reads < (settings.thermometer.settle_samples if settings.thermometer else 0):
                        undone["a healthy temperature"] = EVERY_STEP
                case Step.QUESTIONS:
                    if stay.noes < len(settings.questions.ask):
                        undone["an answer to each question"] = EVERY_STEP
                case Step.CREDENTIAL:
                    refusals = [self._codes.refusal(code, stay) for code in sorted(stay.good_codes)]
                    if all(refusals):
                        undone["a good credential"] = refusals[0] if refusals else EVERY_STEP
                case Step.DISINFECT if settings.chamber.when is ChamberWhen.OCCUPIED:
                    if settings.chamber.skip is SkipRule.REFER and stay.pump_s < settings.chamber.spray_s - SLACK_S:
                        undone["the disinfection"] = EVERY_STEP
        return undone

    def _check_row(self) -> None:
        """Check that the row of this admission is durable."""
        self.admissions += 1
        rows = self._rows.admitted()
        if rows < self.admissions:
            self._accuse("a durable row before the door is unlocked", f"{rows} rows for {self.admissions} admissions")
            self.admissions = rows

    def _check_locked_again(self, unlocked_s: float) -> None:
        if self._since_s == unlocked_s and self._is_lawful:
            self._accuse(EVERY_STEP, "the people may have changed, and the door was not locked")
