"""The rules of the flow and the essential devices, as the settings of a site define them."""

from math import inf

from kiosk.composition.environment import Post
from kiosk.composition.starting.bundles import StartSettings
from kiosk.flow.events import DeviceFailed, DeviceRecovered
from kiosk.flow.rules import AirlockRules, Rules
from kiosk.model import Step
from kiosk.settings.schema.settings import Settings

SAFE_MODE, PROGRAM = "safe_mode", "program"
"""The fault of a start in safe mode, and the device that has it: the program itself."""


def rules_of(settings: Settings, start: StartSettings | None = None) -> Rules:
    """Return the rules of the flow for this site; `start` has the fault of a start that is not an ordinary one."""
    chamber, temperature, presence = settings.chamber, settings.temperature, settings.inputs.presence
    check_in = settings.credentials.check_in
    return Rules(
        sequence=settings.sequence,
        essential=essential(settings) if start is None or start.fault != SAFE_MODE else frozenset({"journal", PROGRAM}),
        has_presence=presence is not None,
        has_passage=settings.inputs.passage is not None,
        has_door_contact=settings.inputs.door_contact is not None,
        chamber_when=chamber.when,
        warn_s=chamber.warn_s,
        spray_s=chamber.spray_s,
        again_s=chamber.again_s,
        chamber_wait_s=chamber.wait_s,
        skip=chamber.skip,
        high_c=temperature.high_c,
        low_c=temperature.low_c,
        measure_s=temperature.measure_s,
        retest_pause_s=temperature.retest_pause_s,
        unreliable_attempts=temperature.unreliable_attempts,
        questions=settings.questions.ask,
        refer_yes=frozenset(settings.questions.refer),
        answer_s=settings.questions.answer_s,
        scan_s=settings.scanner.scan_s,
        wrong_codes=settings.scanner.wrong_codes,
        check_s=settings.credentials.timeout_s,
        offers_check_in=check_in is not None,
        agree_s=check_in.agree_s if check_in else 0.0,
        keep_s=settings.credentials.keep_s,
        same_spot=settings.thermometer is not None and settings.thermometer.same_spot,
        hold_s=settings.door.hold_s,
        open_alarm_s=settings.door.open_alarm_s,
        reports_forced=settings.door.report_forced,
        linger_s=presence.linger_s if presence else 0.0,
        stuck_s=presence.stuck_s if presence else inf,
        refer_s=settings.referrals.show_s,
        airlock=airlock_rules(settings),
        refer_longest_s=max(settings.referrals.show_s, settings.referrals.longest_s),
    )


def report_start(start: StartSettings | None, at_s: float, post: Post) -> None:
    """Post the fault of a start that is not an ordinary one, if there is one."""
    fault = start.fault if start else ""
    if fault == SAFE_MODE:
        post(DeviceRecovered(at_s, PROGRAM))  # it answers, and the start is over
        post(DeviceFailed(at_s, PROGRAM, fault))
    elif fault:
        post(DeviceFailed(at_s, "settings", fault))


def airlock_rules(settings: Settings) -> AirlockRules | None:
    """Return the rules of the street door's lock, or None if it has none."""
    street = settings.street_door
    if street is None:
        return None
    return AirlockRules(street.bolt_s, street.open_alarm_s, sees_exit=settings.inputs.street_exit is not None)


def essential(settings: Settings) -> frozenset[str]:
    """Return the devices without which no visitor is admitted: the journal, the devices that the steps need, and a
    bolt of the street door that tells if it moves."""
    needed = {Step.TEMPERATURE: "thermometer", Step.CREDENTIAL: "camera"}
    bolt = {"street_bolt"} if settings.street_door and settings.inputs.street_bolt else set()
    return frozenset({"journal", *bolt, *(needed[step] for step in settings.sequence if step in needed)})
