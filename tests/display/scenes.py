"""States that show every screen there is, and a site to show them at; used by the tests of page, server and browser."""

import functools
from pathlib import Path

from kiosk.display.page import PageSite
from kiosk.display.texts import Texts, load
from kiosk.flow.rules import Rules
from kiosk.flow.state import State, Visit
from kiosk.model import ChamberWhen, Phase, Reason, Refer, Step
from kiosk.settings.schema.policy import DisplaySettings, ReferralSettings, ReferralsSettings

FOLDER = Path(__file__).parents[2] / "config" / "texts"
DISINFECT, TEMPERATURE, CREDENTIAL = Step.DISINFECT, Step.TEMPERATURE, Step.CREDENTIAL

RULES = Rules(essential=frozenset({"camera"}))
EMPTY_CHAMBER = Rules(chamber_when=ChamberWhen.EMPTY)

PUSKESMAS = ReferralSettings(
    title="Puskesmas Karang Kitri",
    address="Jl. Karang Kitri No. 1, Bekasi Timur",
    hours="Senin-Sabtu 08.00-12.00",
    link="https://example.org/puskesmas",
)
REFERRALS = ReferralsSettings(
    officer=ReferralSettings(title="Meja petugas", address="Lobi, sebelah kanan"),
    places={Reason.BELOW_MINIMUM_DOSES: PUSKESMAS},
)


def visit(
    *done: Step, notice: str = "", body_c: float | None = None, reason: Reason | None = None, high_readings: int = 0
) -> Visit:
    return Visit(
        number=7,
        done=done,
        notice=notice,
        body_c=body_c,
        verdict=Refer(reason) if reason else None,
        high_readings=high_readings,
    )


SCENES: dict[str, tuple[State, Rules]] = {
    "starting": (State(), RULES),
    "idle": (State(Phase.IDLE), RULES),
    **{
        f"idle, {fault}": (State(Phase.IDLE, faults=((device, fault),)), RULES)
        for device, fault in (("door", "door_held_open"), ("lock", "door_forced"), ("presence", "presence_stuck"))
    },
    "idle, no chamber": (State(Phase.IDLE), EMPTY_CHAMBER),
    "idle, no presence sensor": (State(Phase.IDLE), Rules(has_presence=False)),
    "warned": (State(Phase.DISINFECTING, since_s=1.0, deadline_s=4.0, visit=visit(), warning=True), RULES),
    "spraying": (State(Phase.DISINFECTING, deadline_s=3.0, visit=visit(), spraying=True), RULES),
    "door open": (State(Phase.DISINFECTING, deadline_s=15.0, visit=visit()), RULES),
    "treating": (State(Phase.DISINFECTING, deadline_s=4.0, spraying=True), EMPTY_CHAMBER),
    "come closer": (State(Phase.MEASURING, deadline_s=9.0, visit=visit(DISINFECT)), RULES),
    "too far": (State(Phase.MEASURING, deadline_s=9.0, visit=visit(DISINFECT, notice="too_far")), RULES),
    "pausing": (
        State(Phase.MEASURING, deadline_s=21.0, visit=visit(DISINFECT, body_c=38.2, high_readings=1), pausing=True),
        RULES,
    ),
    "scanning": (State(Phase.SCANNING, deadline_s=33.0, visit=visit(DISINFECT, TEMPERATURE, body_c=36.5)), RULES),
    "wrong code": (
        State(
            Phase.SCANNING,
            deadline_s=33.0,
            visit=visit(DISINFECT, TEMPERATURE, notice="not_a_credential", body_c=36.5),
        ),
        RULES,
    ),
    "checking": (State(Phase.CHECKING, deadline_s=6.0, visit=visit(DISINFECT, TEMPERATURE, body_c=36.5)), RULES),
    "admitting": (
        State(Phase.ADMITTING, deadline_s=5.0, visit=visit(DISINFECT, TEMPERATURE, CREDENTIAL, body_c=36.5)),
        RULES,
    ),
    **{
        f"referring, {reason.value}": (
            State(Phase.REFERRING, deadline_s=17.0, visit=visit(body_c=38.3, reason=reason)),
            RULES,
        )
        for reason in Reason
    },
    "emergency": (State(Phase.EMERGENCY, emergency_input=True), RULES),
    "out of service": (State(Phase.OUT_OF_SERVICE, faults=(("camera", "camera_silent"),)), RULES),
    "stopped": (State(Phase.OUT_OF_SERVICE, stopped=True), RULES),
    "maintenance": (State(Phase.MAINTENANCE), RULES),
}


@functools.cache
def texts() -> Texts:
    return load(FOLDER, ("id", "en"))


def site(venue_code: str = "", name: str = "Kantor Wali Kota", simulated: bool = False) -> PageSite:
    return PageSite(texts(), REFERRALS, DisplaySettings(venue_code=venue_code), name, simulated)
