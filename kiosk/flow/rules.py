"""What the site decided about its entrance, as the machine reads it; made from the settings by `app`."""

from dataclasses import dataclass

from kiosk.model import ChamberWhen, SkipRule, Step


@dataclass(frozen=True, slots=True)
class Rules:
    """Times in seconds, temperatures in degrees Celsius (body, corrected); see `settings` for limits and help."""

    sequence: tuple[Step, ...] = (Step.DISINFECT, Step.TEMPERATURE, Step.CREDENTIAL)
    essential: frozenset[str] = frozenset({"journal"})
    has_presence: bool = True
    chamber_when: ChamberWhen = ChamberWhen.OCCUPIED
    warn_s: float = 3.0
    spray_s: float = 5.0
    again_s: float = 30.0
    chamber_wait_s: float = 20.0
    skip: SkipRule = SkipRule.REFER
    high_c: float = 37.5
    low_c: float = 34.0
    measure_s: float = 12.0
    retest_pause_s: float = 30.0
    unreliable_attempts: int = 2
    scan_s: float = 45.0
    check_s: float = 6.0
    hold_s: float = 5.0
    open_alarm_s: float = 20.0
    reports_forced: bool = True
    stuck_s: float = 900.0
    refer_s: float = 20.0

    @property
    def visitor_steps(self) -> tuple[Step, ...]:
        """The steps that a visitor goes through; an empty chamber is treated between visitors, not with one."""
        if self.chamber_when is ChamberWhen.EMPTY:
            return tuple(step for step in self.sequence if step is not Step.DISINFECT)
        return self.sequence

    @property
    def treats_empty_chamber(self) -> bool:
        """Whether the chamber is sprayed between visitors."""
        return self.chamber_when is ChamberWhen.EMPTY and Step.DISINFECT in self.sequence
