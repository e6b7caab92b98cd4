"""The site's decisions about its entrance, as the flow reads them. `composition.site_rules` makes them from the
settings; they have no defaults of their own."""

from dataclasses import dataclass

from kiosk.model import ChamberWhen, HealthQuestion, SkipRule, Step


@dataclass(frozen=True, slots=True)
class AirlockRules:
    """The rules of a street door with a lock of its own, in seconds.

    bolt_s: how long a lock takes to move. open_alarm_s: a street door that is open longer is reported.
    sees_exit: an input tells that somebody in the chamber uses the exit of the street door.
    """

    bolt_s: float
    open_alarm_s: float
    sees_exit: bool


@dataclass(frozen=True, slots=True)
class Rules:
    """Times (`_s`) are in seconds; temperatures (`_c`) are corrected body temperatures in degrees Celsius.

    airlock: None if the street door has no lock. refer_yes: questions whose answer "yes" refers the visitor.
    The limits and the help text of each value stand in `kiosk.settings.schema`.
    """

    sequence: tuple[Step, ...]
    essential: frozenset[str]
    has_presence: bool
    has_passage: bool
    has_door_contact: bool
    chamber_when: ChamberWhen
    warn_s: float
    spray_s: float
    again_s: float
    chamber_wait_s: float
    skip: SkipRule
    high_c: float
    low_c: float
    measure_s: float
    retest_pause_s: float
    unreliable_attempts: int
    questions: tuple[HealthQuestion, ...]
    refer_yes: frozenset[HealthQuestion]
    answer_s: float
    scan_s: float
    wrong_codes: int
    check_s: float
    offers_check_in: bool
    agree_s: float
    keep_s: float
    same_spot: bool
    hold_s: float
    open_alarm_s: float
    reports_forced: bool
    linger_s: float
    stuck_s: float
    refer_s: float
    airlock: AirlockRules | None
    refer_longest_s: float

    @property
    def visitor_steps(self) -> tuple[Step, ...]:
        """The steps that a visitor takes part in. The treatment of an empty chamber is not one of them."""
        if self.chamber_when is ChamberWhen.EMPTY:
            return tuple(step for step in self.sequence if step is not Step.DISINFECT)
        return self.sequence

    @property
    def treats_empty_chamber(self) -> bool:
        """True if the chamber is sprayed between visitors."""
        return self.chamber_when is ChamberWhen.EMPTY and Step.DISINFECT in self.sequence
