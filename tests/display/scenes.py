"""States for every screen, and a site that shows them; the tests of page, server and browser use them."""

import functools
from dataclasses import replace
from pathlib import Path

from kiosk.display.page import PageSite
from kiosk.display.texts import Texts, load
from kiosk.flow.doors import DoorState
from kiosk.flow.rules import Rules
from kiosk.flow.state import CheckInState, OfficerState, PresenceState, Situation, State, Visit
from kiosk.model import ChamberWhen, Door, Reason, Refer, Step
from kiosk.settings.schema.policy import AppSettings, Arrow, DisplaySettings, ReferralSettings, ReferralsSettings
from tests.flow.entrance import RULES as SITE

FOLDER = Path(__file__).parents[2] / "config" / "texts"
DISINFECT, TEMPERATURE, CREDENTIAL = Step.DISINFECT, Step.TEMPERATURE, Step.CREDENTIAL

RULES = replace(SITE, essential=frozenset({"camera"}))
EMPTY_CHAMBER = replace(SITE, chamber_when=ChamberWhen.EMPTY)
STREET_OPEN = DoorState(opened=frozenset({Door.STREET}))

VENUE_CODE = "https://masuk.bekasikota.go.id/k/bQ3xvUq8RkmTj0hZ7dW1cA?tujuan=disdukcapil-1"
"""A code of usual length, as a site's own check-in server would give it."""

PUSKESMAS = ReferralSettings(
    title="Puskesmas Karang Kitri",
    address="Jl. Karang Kitri No. 1, Bekasi Timur",
    hours="Senin-Sabtu 08.00-12.00",
    link="https://example.org/puskesmas",
)
REFERRALS = ReferralsSettings(
    officer=ReferralSettings(title="Meja petugas", address="Lobi", arrow=Arrow.RIGHT, distance="15 m"),
    places={Reason.BELOW_MINIMUM_DOSES: PUSKESMAS},
)

APP = AppSettings(
    name="SATUSEHAT Mobile",
    android="https://play.google.com/store/apps/details?id=com.telkom.tracencare",
    ios="https://apps.apple.com/id/app/id1504600374",
)


def visit(
    *done: Step, notice: str = "", body_c: float | None = None, reason: Reason | None = None, answered: int = 0
) -> Visit:
    return Visit(
        number=7,
        done=done,
        answered=answered,
        notice=notice,
        body_c=body_c,
        verdict=Refer(reason) if reason else None,
    )


SCENES: dict[str, tuple[State, Rules]] = {
    "starting": (State(), RULES),
    "idle": (State(Situation.IDLE), RULES),
    "idle, few people": (State(Situation.IDLE, few_people=True), RULES),
    **{
        f"idle, {fault}": (State(Situation.IDLE, faults=((device, fault),)), RULES)
        for device, fault in (
            ("crowd", "crowd_warm"),
            ("crowd", "crowd_cold"),
            ("door", "door_held_open"),
            ("lock", "door_forced"),
            ("passage", "passage_unadmitted"),
            ("enclosure", "enclosure_opened"),
            ("presence", "presence_stuck"),
            ("screen", "screen_dark"),
            ("street_door", "street_door_held_open"),
            ("street_lock", "street_door_forced"),
            ("airlock", "both_doors_open"),
        )
    },
    "officer refused": (State(Situation.IDLE, officer=OfficerState(refused=True), doors=STREET_OPEN), RULES),
    "idle, no chamber": (State(Situation.IDLE), EMPTY_CHAMBER),
    "idle, no presence sensor": (State(Situation.IDLE), replace(RULES, has_presence=False)),
    "warned": (State(Situation.WARNED, since_s=1.0, deadline_s=4.0, visit=visit()), RULES),
    "warned, used just now": (State(Situation.WARNED, since_s=1.0, deadline_s=31.0, visit=visit()), RULES),
    "spraying": (State(Situation.SPRAYING, deadline_s=3.0, visit=visit()), RULES),
    "door open": (State(Situation.WAITING_FOR_DOORS, deadline_s=15.0, visit=visit()), RULES),
    "street door open": (State(Situation.IDLE, presence=PresenceState(seen=True), doors=STREET_OPEN), RULES),
    "voided": (State(Situation.IDLE, presence=PresenceState(seen=True, voided=True), doors=STREET_OPEN), RULES),
    "somebody comes": (State(Situation.IDLE, presence=PresenceState(seen=True)), RULES),
    "somebody stays": (State(Situation.IDLE, presence=PresenceState(seen=True, stayed=1)), RULES),
    "referring, second try": (
        State(Situation.SECOND_TRY, deadline_s=117.0, visit=visit(DISINFECT, reason=Reason.NO_CREDENTIAL)),
        RULES,
    ),
    "referring, status unknown": (
        State(Situation.SECOND_TRY, deadline_s=117.0, visit=visit(DISINFECT, reason=Reason.STATUS_UNKNOWN)),
        RULES,
    ),
    "referring, venue's code": (
        State(
            Situation.SECOND_TRY,
            deadline_s=117.0,
            visit=visit(DISINFECT, reason=Reason.EXPIRED),
            check_in=CheckInState(1, open=True, code=VENUE_CODE),
        ),
        RULES,
    ),
    "referring, continue on the phone": (
        State(
            Situation.SECOND_TRY,
            deadline_s=117.0,
            visit=visit(DISINFECT, reason=Reason.NO_CREDENTIAL, notice="continue_on_phone"),
            check_in=CheckInState(1, open=True, scanned=True),
        ),
        RULES,
    ),
    "begin again": (State(Situation.FIRST_READING, deadline_s=9.0, visit=visit(notice="begin_again")), RULES),
    "treatment announced": (State(Situation.TREATMENT_ANNOUNCED, deadline_s=2.0), EMPTY_CHAMBER),
    "treating": (State(Situation.TREATING, deadline_s=4.0), EMPTY_CHAMBER),
    **{
        f"asking, {question.value}": (
            State(Situation.ASKING, deadline_s=20.0, visit=visit(DISINFECT, answered=number)),
            replace(RULES, sequence=(*RULES.sequence, Step.QUESTIONS)),
        )
        for number, question in enumerate(RULES.questions)
    },
    "come closer": (State(Situation.FIRST_READING, deadline_s=9.0, visit=visit(DISINFECT)), RULES),
    "too far": (State(Situation.FIRST_READING, deadline_s=9.0, visit=visit(DISINFECT, notice="too_far")), RULES),
    "pausing": (State(Situation.PAUSE, deadline_s=21.0, visit=visit(DISINFECT, body_c=38.2)), RULES),
    "scanning": (State(Situation.SCANNING, deadline_s=33.0, visit=visit(DISINFECT, TEMPERATURE, body_c=36.5)), RULES),
    "venue's code": (
        State(
            Situation.SCANNING,
            deadline_s=33.0,
            visit=visit(DISINFECT, TEMPERATURE, body_c=36.5),
            check_in=CheckInState(1, open=True, code=VENUE_CODE),
        ),
        RULES,
    ),
    "continue on the phone": (
        State(
            Situation.SCANNING,
            deadline_s=33.0,
            visit=visit(DISINFECT, TEMPERATURE, notice="continue_on_phone", body_c=36.5),
            check_in=CheckInState(1, open=True, scanned=True),
        ),
        RULES,
    ),
    "wrong code": (
        State(
            Situation.SCANNING,
            deadline_s=33.0,
            visit=visit(DISINFECT, TEMPERATURE, notice="not_a_credential", body_c=36.5),
        ),
        RULES,
    ),
    "checking": (State(Situation.CHECKING, deadline_s=6.0, visit=visit(DISINFECT, TEMPERATURE, body_c=36.5)), RULES),
    "admitting": (
        State(Situation.ADMITTING, deadline_s=5.0, visit=visit(DISINFECT, TEMPERATURE, CREDENTIAL, body_c=36.5)),
        RULES,
    ),
    **{
        f"referring, {reason.value}": (
            State(Situation.REFERRING, deadline_s=17.0, visit=visit(body_c=38.3, reason=reason)),
            RULES,
        )
        for reason in Reason
    },
    "emergency": (State(Situation.EMERGENCY, officer=OfficerState(emergency_input=True)), RULES),
    "out of service": (State(Situation.OUT_OF_SERVICE, faults=(("camera", "camera_silent"),)), RULES),
    "stopped": (State(Situation.OUT_OF_SERVICE, officer=OfficerState(stopped=True)), RULES),
    "maintenance": (State(Situation.MAINTENANCE), RULES),
}


@functools.cache
def texts() -> Texts:
    return load(FOLDER, ("id", "en"))


def site(
    venue_code: str = "", name: str = "Kantor Wali Kota", simulated: bool = False, app: AppSettings | None = None
) -> PageSite:
    return PageSite(texts(), REFERRALS, DisplaySettings(venue_code=venue_code, app=app), name, simulated)
