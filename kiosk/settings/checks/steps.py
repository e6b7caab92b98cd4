"""Cross-checks of the visit: each step has its devices, each time its room."""

from collections.abc import Iterator

from kiosk.model import ChamberWhen, Step
from kiosk.settings.checks.findings import CheckFinding, Sheet
from kiosk.settings.schema.policy import SCHEMES
from kiosk.settings.schema.wiring import CameraKind, Correction, Section
from kiosk.settings.yaml.locations import Loc
from kiosk.settings.yaml.mistakes import Severity

SEQUENCE: Loc = ("sequence",)
PRESENCE: Loc = ("inputs", "presence")
CONTACTS: tuple[Loc, ...] = (("inputs", "door_contact"), ("inputs", "street_contact"))
KINDS: tuple[Loc, ...] = tuple(("credentials", kind) for kind in SCHEMES)

ORDER: tuple[tuple[Loc, bool, Loc], ...] = (
    # not equal: one unlocking soon after another would find its limit used up, and the door shut
    (("door", "hold_s"), False, ("door", "max_hold_s")),
    (("chamber", "spray_s"), True, ("sprayer", "max_spray_s")),
    (("temperature", "low_c"), False, ("temperature", "high_c")),
    (("thermometer", "skin_min_c"), False, ("thermometer", "skin_max_c")),
    (("thermometer", "ambient_min_c"), False, ("thermometer", "ambient_max_c")),
)
"""The lower one, whether the two may be equal, and the higher one."""


def steps_twice(sheet: Sheet) -> Iterator[CheckFinding]:
    """A step is done once in a visit."""
    sequence = sheet.settings.sequence
    for number, step in enumerate(sequence):
        if step in sequence[:number]:
            yield CheckFinding((*SEQUENCE, number), f"'{step.value}' stands in the sequence twice; remove one")


def steps_without_devices(sheet: Sheet) -> Iterator[CheckFinding]:
    """Each step needs what it works with."""
    settings = sheet.settings
    credentials = settings.credentials
    needs: tuple[tuple[Step, object, str, tuple[Loc, ...]], ...] = (
        (Step.DISINFECT, settings.sprayer, "a 'sprayer' section", (("sprayer",),)),
        (Step.DISINFECT, settings.inputs.presence, "'inputs.presence', to know who stands in the chamber", (PRESENCE,)),
        (Step.TEMPERATURE, settings.thermometer, "a 'thermometer' section", (("thermometer",),)),
        (Step.CREDENTIAL, settings.camera, "a 'camera' section", (("camera",),)),
        (
            Step.CREDENTIAL,
            next((kind for _, name in KINDS if (kind := getattr(credentials, str(name)))), None),
            "'credentials.site_pass', 'credentials.online_status' or another kind of credential",
            KINDS,
        ),
    )
    for step, device, name, also in needs:
        if step in settings.sequence and device is None:
            number = settings.sequence.index(step)
            unsaid = (
                "" if SEQUENCE in sheet.places else " ('sequence' is not written, so all three steps are asked for)"
            )
            text = f"the step '{step.value}' needs {name}; add it, or take the step out{unsaid}"
            yield CheckFinding(_step(sheet, number), text, also)


def _step(sheet: Sheet, number: int) -> Loc:
    """The entry of the sequence, or the sequence where its default holds."""
    loc = (*SEQUENCE, number)
    return loc if loc in sheet.places else SEQUENCE


def who_starts_a_visit(sheet: Sheet) -> Iterator[CheckFinding]:
    """A visit begins when somebody is seen, or shows a code."""
    if sheet.settings.inputs.presence is None and sheet.settings.sequence == (Step.TEMPERATURE,):
        text = "nothing tells the kiosk that somebody came; add 'inputs.presence', or the step 'credential'"
        yield CheckFinding(SEQUENCE, text, (PRESENCE,))


def who_is_looked_at(sheet: Sheet) -> Iterator[CheckFinding]:
    """Treating the empty chamber is no step of a visitor's."""
    settings = sheet.settings
    if settings.chamber.when is ChamberWhen.EMPTY and settings.sequence == (Step.DISINFECT,):
        text = "with an empty chamber sprayed between visitors, no step looks at anybody: everybody is let in"
        yield CheckFinding(SEQUENCE, text, (("chamber", "when"),), Severity.WARNING)


def sprayer_without_contacts(sheet: Sheet) -> Iterator[CheckFinding]:
    """The sprayer is never on with a door open, so the building's door must be able to say that it is."""
    if sheet.settings.sprayer and sheet.settings.inputs.door_contact is None:
        text = "must never spray with a door open, but the building's door has no contact"
        yield CheckFinding(("sprayer",), f"{text}; add 'inputs.door_contact'", CONTACTS)


def officer_who_cannot_start(sheet: Sheet) -> Iterator[CheckFinding]:
    """After an emergency or a stop only the officer's button starts the machine again."""
    inputs = sheet.settings.inputs
    for name in ("emergency", "stop"):
        if getattr(inputs, name) and inputs.officer is None:
            text = "nobody could start the machine again after it; add 'inputs.officer'"
            yield CheckFinding(("inputs", name), text, (("inputs", "officer"),))


def values_in_order(sheet: Sheet) -> Iterator[CheckFinding]:
    """Of two settings that belong together, one stays within the other."""
    for low_loc, may_be_equal, high_loc in ORDER:
        low, high = sheet.value(low_loc), sheet.value(high_loc)
        if low is None or high is None or low < high or (low == high and may_be_equal):
            continue
        loc = sheet.first_written(low_loc, high_loc)
        other, found = (high_loc, high) if loc == low_loc else (low_loc, low)
        side = "below" if (loc == low_loc) is not may_be_equal else "above"
        rule = f"must {'not ' if may_be_equal else ''}be {side} {sheet.places.name(other)}"
        yield CheckFinding(
            loc, f"{sheet.value(loc)} {rule}, which is {found} {sheet.source(other)}", (low_loc, high_loc)
        )


def settings_without_effect(sheet: Sheet) -> Iterator[CheckFinding]:
    """Chosen by the technician, but something else decides that it is not used."""
    thermometer, door = sheet.settings.thermometer, sheet.settings.door
    correction: Loc = ("thermometer", "correction")
    for key, wanted in (("offset_c", Correction.OFFSET), ("heat_balance", Correction.HEAT_BALANCE)):
        if thermometer and thermometer.correction is not wanted and _is_chosen(thermometer, key):
            chosen = f"thermometer.correction is '{thermometer.correction.value}' {sheet.source(correction)}"
            yield CheckFinding(("thermometer", key), f"has no effect, as {chosen}", (correction,), Severity.WARNING)
    for key in ("open_alarm_s", "report_forced"):
        if sheet.settings.inputs.door_contact is None and _is_chosen(door, key):
            text = "has no effect without 'inputs.door_contact'"
            yield CheckFinding(("door", key), text, (("inputs", "door_contact"),), Severity.WARNING)

    yield from _camera_without_effect(sheet)


def _camera_without_effect(sheet: Sheet) -> Iterator[CheckFinding]:
    """A USB camera focuses and exposes by itself."""
    camera, kind = sheet.settings.camera, ("camera", "kind")
    if camera is None or camera.kind is not CameraKind.V4L2:
        return
    for key in ("lens_position", "exposure_value"):
        if _is_chosen(camera, key):
            text = f"has no effect, as camera.kind is 'v4l2' {sheet.source(kind)}; leave it out"
            yield CheckFinding(("camera", key), text, (kind,), Severity.WARNING)


def _is_chosen(section: Section, key: str) -> bool:
    """Whether the value is another than the default."""
    return bool(getattr(section, key) != type(section).model_fields[key].default)


def lamps(sheet: Sheet) -> Iterator[CheckFinding]:
    """One lamp, or all three colours."""
    lights = sheet.settings.lights
    if lights is None:
        return
    colours = {"red_pin": lights.red_pin, "green_pin": lights.green_pin, "blue_pin": lights.blue_pin}
    missing = [name for name, pin in colours.items() if pin is None]
    if lights.single_pin is not None and len(missing) < len(colours):
        text = "has a single lamp and colours; keep 'single_pin', or red_pin, green_pin and blue_pin"
    elif lights.single_pin is None and len(missing) == len(colours):
        text = "names no pin; write single_pin, or red_pin, green_pin and blue_pin"
    elif lights.single_pin is None and missing:
        text = f"has no {' and no '.join(missing)}; a lamp of three colours needs all three"
    else:
        return
    yield CheckFinding(("lights",), text, tuple(("lights", name) for name in (*colours, "single_pin")))
