"""Cross-checks of the visit: the devices of every step, and settings whose values depend on each other."""

from collections.abc import Iterator

from kiosk.model import CameraKind, ChamberWhen, Step
from kiosk.settings.checks.findings import CheckFinding, Sheet
from kiosk.settings.schema import policy
from kiosk.settings.schema.thermometer import Correction, ThermometerKind
from kiosk.settings.schema.wiring import Section
from kiosk.settings.yaml.locations import Loc
from kiosk.settings.yaml.mistakes import Severity

SEQUENCE: Loc = ("sequence",)
PRESENCE: Loc = ("inputs", "presence")
CONTACTS: tuple[Loc, ...] = (("inputs", "door_contact"), ("inputs", "street_contact"))
KINDS: tuple[Loc, ...] = tuple(("credentials", kind) for kind in policy.KINDS)

DECLINE_S = 8.0
"""The shortest warning before a visitor is sprayed: to see it, to read it and to press a button."""

ORDER: tuple[tuple[Loc, bool, Loc], ...] = (
    # not equal: the limit covers unlockings that follow each other closely, so a second one would be cut short
    (("door", "hold_s"), False, ("door", "max_hold_s")),
    (("chamber", "spray_s"), True, ("sprayer", "max_spray_s")),
    (("temperature", "low_c"), False, ("temperature", "high_c")),
    (("thermometer", "skin_min_c"), False, ("thermometer", "skin_max_c")),
    (("thermometer", "ambient_min_c"), False, ("thermometer", "ambient_max_c")),
)
"""Each row: the setting with the lower value, True if both values may be equal, the setting with the higher value."""


def repeated_steps(sheet: Sheet) -> Iterator[CheckFinding]:
    """Check that no step is listed twice in the sequence."""
    sequence = sheet.settings.sequence
    for number, step in enumerate(sequence):
        if step in sequence[:number]:
            yield CheckFinding((*SEQUENCE, number), f"'{step.value}' is listed twice; remove one")


def steps_without_devices(sheet: Sheet) -> Iterator[CheckFinding]:
    """Check that every step of the sequence has the devices and schemes that it needs."""
    settings = sheet.settings
    credentials = settings.credentials
    needs: tuple[tuple[Step, object, str, tuple[Loc, ...]], ...] = (
        (Step.DISINFECT, settings.sprayer, "a 'sprayer' section", (("sprayer",),)),
        (Step.DISINFECT, settings.inputs.presence, "'inputs.presence', to detect a person in the chamber", (PRESENCE,)),
        (Step.TEMPERATURE, settings.thermometer, "a 'thermometer' section", (("thermometer",),)),
        (Step.QUESTIONS, settings.inputs.yes, "'inputs.yes', to answer", (("inputs", "yes"),)),
        (Step.QUESTIONS, settings.inputs.no, "'inputs.no', to answer", (("inputs", "no"),)),
        (Step.CREDENTIAL, settings.camera, "a 'camera' section", (("camera",),)),
        (
            Step.CREDENTIAL,
            next((kind for _, name in KINDS if (kind := getattr(credentials, str(name)))), None),
            "'credentials.site_pass', 'credentials.online_status' or another scheme",
            KINDS,
        ),
    )
    for step, device, name, also in needs:
        if step in settings.sequence and device is None:
            loc: Loc = (*SEQUENCE, settings.sequence.index(step))
            text = f"the step '{step.value}' needs {name}; add it, or remove the step"
            if SEQUENCE in sheet.locations:
                yield CheckFinding(loc, text, also)
            else:
                yield CheckFinding(SEQUENCE, f"{text} ('sequence' is not in the file, so all steps are used)", also)


def no_start_of_a_visit(sheet: Sheet) -> Iterator[CheckFinding]:
    """Check that a visit can begin: the kiosk can detect a person, or a person can show a code."""
    if sheet.settings.inputs.presence is None and not {Step.DISINFECT, Step.CREDENTIAL} & {*sheet.settings.sequence}:
        text = "the kiosk cannot detect that a visitor arrives; add 'inputs.presence', or the step 'credential'"
        yield CheckFinding(SEQUENCE, text, (PRESENCE,))


def no_check_of_the_visitor(sheet: Sheet) -> Iterator[CheckFinding]:
    """Check that at least one step checks the visitor; spraying the empty chamber does not check anybody."""
    settings = sheet.settings
    if settings.chamber.when is ChamberWhen.EMPTY and settings.sequence == (Step.DISINFECT,):
        text = "no step checks the visitor, as the chamber is sprayed while empty: everybody is admitted"
        yield CheckFinding(SEQUENCE, text, (("chamber", "when"),), Severity.WARNING)


def no_time_to_decline(sheet: Sheet) -> Iterator[CheckFinding]:
    """Check that a visitor who is sprayed has the time to decline."""
    settings = sheet.settings
    sprayed = settings.chamber.when is ChamberWhen.OCCUPIED and Step.DISINFECT in settings.sequence
    if sprayed and settings.chamber.warn_s < DECLINE_S:
        text = f"{settings.chamber.warn_s:g} s are too short to decline the spray; write {DECLINE_S:g} or more"
        yield CheckFinding(("chamber", "warn_s"), text, (("chamber", "when"), SEQUENCE))


def sprayer_without_contacts(sheet: Sheet) -> Iterator[CheckFinding]:
    """Check that a kiosk with a sprayer has a contact at the building door: it must not spray while that is open."""
    if sheet.settings.sprayer and sheet.settings.inputs.door_contact is None:
        text = "must not spray while a door is open, but the building door has no contact"
        yield CheckFinding(("sprayer",), f"{text}; add 'inputs.door_contact'", CONTACTS)


def no_restart_by_the_officer(sheet: Sheet) -> Iterator[CheckFinding]:
    """Check that a kiosk with an emergency or stop input has the officer's button, which alone restarts the kiosk."""
    inputs = sheet.settings.inputs
    for name in ("emergency", "stop"):
        if getattr(inputs, name) and inputs.officer is None:
            text = "the machine could not be restarted after it; add 'inputs.officer'"
            yield CheckFinding(("inputs", name), text, (("inputs", "officer"),))


def values_in_order(sheet: Sheet) -> Iterator[CheckFinding]:
    """Check each row of `ORDER`: the first value must be lower than the second, or equal where that is allowed."""
    for low_loc, may_be_equal, high_loc in ORDER:
        low, high = sheet.value(low_loc), sheet.value(high_loc)
        if low is None or high is None or low < high or (low == high and may_be_equal):
            continue
        loc = sheet.first_written(low_loc, high_loc)
        other, found = (high_loc, high) if loc == low_loc else (low_loc, low)
        side = "below" if (loc == low_loc) is not may_be_equal else "above"
        rule = f"must {'not ' if may_be_equal else ''}be {side} {sheet.locations.name(other)}"
        yield CheckFinding(
            loc, f"{sheet.value(loc)} {rule}, which is {found} {sheet.source(other)}", (low_loc, high_loc)
        )


def imager_with_values_of_the_spot_sensor(sheet: Sheet) -> Iterator[CheckFinding]:
    """Find defaults that fit the spot sensor while the thermometer is an imager (docs/temperature.md)."""
    thermometer, relative = sheet.settings.thermometer, sheet.settings.temperature.relative
    if thermometer is None or thermometer.kind is not ThermometerKind.MLX90640:
        return
    kind: Loc = ("thermometer", "kind")
    rows: tuple[tuple[Section, Loc, str], ...] = (
        (thermometer, ("thermometer", "offset_c"), "0.5: the hottest of a face reads 1.5 more than a forehead"),
        (thermometer, ("thermometer", "looks"), "1: the mean of several pictures finds more than the hottest"),
        (relative, ("temperature", "relative", "distance_c"), "0.37: faces vary less from person to person"),
    )
    for section, loc, wanted in rows:
        if not _is_changed(section, str(loc[-1])):
            text = f"the default is for a spot sensor; for the imager write {wanted}"
            yield CheckFinding(loc, text, (kind,), Severity.WARNING)


def repeated_questions(sheet: Sheet) -> Iterator[CheckFinding]:
    """Check that no question is asked twice, and that each answer that refers belongs to a question that is asked."""
    questions = sheet.settings.questions
    for number, question in enumerate(questions.ask):
        if question in questions.ask[:number]:
            yield CheckFinding(("questions", "ask", number), f"'{question.value}' is listed twice; remove one")
    for number, question in enumerate(questions.refer):
        if question not in questions.ask and ("questions", "refer") in sheet.locations:
            text = f"'{question.value}' is not asked; add it to 'questions.ask', or remove it here"
            yield CheckFinding(("questions", "refer", number), text, (("questions", "ask"),), Severity.WARNING)


def settings_without_effect(sheet: Sheet) -> Iterator[CheckFinding]:
    """Find settings that differ from their default although another setting makes them ineffective."""
    thermometer, door = sheet.settings.thermometer, sheet.settings.door
    correction: Loc = ("thermometer", "correction")
    keys = (
        ("offset_c", Correction.OFFSET),
        ("calibration", Correction.OFFSET),
        ("heat_balance", Correction.HEAT_BALANCE),
    )
    for key, wanted in keys:
        if thermometer and thermometer.correction is not wanted and _is_changed(thermometer, key):
            text = f"has no effect, as thermometer.correction is '{thermometer.correction.value}'"
            finding = f"{text} {sheet.source(correction)}"
            yield CheckFinding(("thermometer", key), finding, (correction,), Severity.WARNING)
    for key in ("open_alarm_s", "report_forced"):
        if sheet.settings.inputs.door_contact is None and _is_changed(door, key):
            text = "has no effect without 'inputs.door_contact'"
            yield CheckFinding(("door", key), text, (("inputs", "door_contact"),), Severity.WARNING)
    camera, kind = sheet.settings.camera, ("camera", "kind")
    for key in ("lens_position", "exposure_value"):  # a USB camera controls focus and exposure itself
        if camera and camera.kind is CameraKind.V4L2 and _is_changed(camera, key):
            text = f"has no effect, as camera.kind is 'v4l2' {sheet.source(kind)}; leave it out"
            yield CheckFinding(("camera", key), text, (kind,), Severity.WARNING)


def _is_changed(section: Section, key: str) -> bool:
    """Return True if the value of the setting differs from its default."""
    return bool(getattr(section, key) != type(section).model_fields[key].default)


def lamps(sheet: Sheet) -> Iterator[CheckFinding]:
    """Check that the status light has either a single lamp or all three colours."""
    lights = sheet.settings.lights
    if lights is None:
        return
    colours = {"red_pin": lights.red_pin, "green_pin": lights.green_pin, "blue_pin": lights.blue_pin}
    missing = [name for name, pin in colours.items() if pin is None]
    if lights.single_pin is not None and len(missing) < len(colours):
        text = "has a single lamp and colours; keep either single_pin, or red_pin, green_pin and blue_pin"
    elif lights.single_pin is None and len(missing) == len(colours):
        text = "names no pin; write single_pin, or red_pin, green_pin and blue_pin"
    elif lights.single_pin is None and missing:
        text = f"has no {' and no '.join(missing)}; an RGB lamp needs all three pins"
    else:
        return
    yield CheckFinding(("lights",), text, tuple(("lights", name) for name in (*colours, "single_pin")))
