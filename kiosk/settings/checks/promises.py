"""The promises of docs/worlds.md that a site cannot keep with its wiring, whatever the program does.

A kiosk knows only what its wires tell. For each promise, this module determines which wire would show that the promise
is about to be broken. If the site does not have this wire, there is a gap: a time in which the kiosk notices nothing.
The length of the gap follows from the settings.

Some promises depend on parts that no input shows, such as a handle; these are conditions, which the technician must
check.

Rule 1: the notes are neither errors nor warnings: a site may decide to live with a gap.
Rule 2: a mistake that a cross-check reports, such as a relay that moves at start, is not repeated here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from kiosk.model import ChamberWhen, Step
from kiosk.settings.schema.doors import LockKind
from kiosk.settings.schema.settings import Settings
from kiosk.settings.schema.thermometer import ThermometerKind


class Promise(Enum):
    """The promises that depend on the wiring. The values are the names on docs/worlds.md."""

    EVERY_STEP = "unlocked only after every step"
    LET_IN = "nobody enters who was not let in"
    SECOND_BODY = "a second body on one admission is reported"
    WENT_THROUGH = "the journal counts the bodies that went through"
    FORCED = "a forced door is reported"
    HELD_OPEN = "a door that is held open is reported"
    DECLINED = "nobody is sprayed who declined"
    SKIP_STOPS = "skip stops the pump"
    DOOR_OPEN = "no spray with a door open"
    LIMITS = "the pump keeps its limit"
    EMERGENCY = "an emergency frees the door"
    LOCKED_IN = "nobody is locked in"
    ONE_DOOR = "the two doors are never both unlocked"
    ONE_BODY = "nobody comes in while a visit runs"
    SERVED = "every honest person is served"


@dataclass(frozen=True, slots=True)
class UnkeptPromise:
    """A promise that the wiring cannot keep.

    setting: the setting that is missing, or whose value is the reason. reason: what the kiosk does not notice or cannot
    do. remedy: what to wire or to change. gap_s: the length of the gap in seconds; None if no setting limits it.
    gap_from: the setting from which `gap_s` comes, or "".
    """

    promise: Promise
    setting: str
    reason: str
    remedy: str
    gap_s: float | None = None
    gap_from: str = ""

    def __str__(self) -> str:
        """Return the note for the technician."""
        gap = "" if self.gap_s is None else f"; gap: {self.gap_s:g} s ({self.gap_from})"
        return f"this wiring cannot keep '{self.promise.value}': {self.reason}{gap}; {self.remedy}"


@dataclass(frozen=True, slots=True)
class PromiseCondition:
    """A promise with a condition that the kiosk cannot check. setting: the setting that makes it necessary."""

    promise: Promise
    setting: str
    condition: str

    def __str__(self) -> str:
        """Return the note for the technician."""
        return f"this wiring keeps '{self.promise.value}' only if {self.condition}"


def unkept_promises(settings: Settings) -> tuple[UnkeptPromise, ...]:
    """Return the promises that this wiring cannot keep; none for a site with every input and a fail-secure lock."""
    return tuple(found for gaps in _GAPS for found in gaps(settings))


def promise_conditions(settings: Settings) -> tuple[PromiseCondition, ...]:
    """Return the promises that depend on parts of the site that the kiosk cannot see."""
    return tuple(_conditions(settings))


def _changed_visitor(settings: Settings) -> Iterator[UnkeptPromise]:
    """Yield the promises that break if somebody takes the visitor's place, in the visit or at the unlocked door."""
    inputs, hold = settings.inputs, (settings.door.hold_s, "door.hold_s")
    if inputs.street_contact:
        return
    setting, reason = "inputs.street_contact", "somebody who takes the visitor's place is not noticed"
    if inputs.presence:
        # the debounce of an edge, if it is longer than the time for which a lost person still counts as present
        waits = (inputs.presence.linger_s, "inputs.presence.linger_s")
        gap = max(waits, (inputs.presence.debounce_ms / 1000, "inputs.presence.debounce_ms"))
        remedy = f"wire inputs.street_contact, or lower {gap[1]}"
        yield UnkeptPromise(Promise.EVERY_STEP, setting, reason, remedy, *gap)
        yield UnkeptPromise(Promise.LET_IN, setting, f"{reason} while the door is unlocked", remedy, *min(gap, hold))
    else:
        remedy = "wire inputs.street_contact and inputs.presence"
        yield UnkeptPromise(Promise.EVERY_STEP, setting, f"{reason} at any time of the visit", remedy)
        yield UnkeptPromise(Promise.LET_IN, setting, f"{reason} while the door is unlocked", remedy, *hold)


def _passage(settings: Settings) -> Iterator[UnkeptPromise]:
    """Yield the promises that break because nothing counts the people who walk through the building door."""
    if settings.inputs.passage is None:
        setting, remedy = "inputs.passage", "wire inputs.passage"
        reason = "people who follow the visitor are not counted while the door is unlocked, or is still held open"
        yield UnkeptPromise(Promise.SECOND_BODY, setting, reason, remedy, settings.door.hold_s, "door.hold_s")
        reason = "an admitted visitor who does not go in looks like one who does"
        yield UnkeptPromise(Promise.WENT_THROUGH, setting, reason, remedy)


def _building_door(settings: Settings) -> Iterator[UnkeptPromise]:
    """Yield the promises that break if the building door opens although it is locked, or does not close."""
    if settings.inputs.door_contact is None:
        setting, remedy = "inputs.door_contact", "wire inputs.door_contact"
        reason = "the kiosk does not know whether the building door is open"
        yield UnkeptPromise(Promise.FORCED, setting, reason, remedy)
        yield UnkeptPromise(Promise.HELD_OPEN, setting, reason, remedy)
    elif not settings.door.report_forced:
        reason = "'door.report_forced: false' says that people who leave open the locked door"
        remedy = "wire inputs.exit to the handle, and write 'door.report_forced: true'"
        yield UnkeptPromise(Promise.FORCED, "door.report_forced", reason, remedy)


def _spray(settings: Settings) -> Iterator[UnkeptPromise]:
    """Yield the promises that break if the pump runs while a door is open, or against the visitor's will."""
    if not _sprays(settings):
        return
    spray = (settings.chamber.spray_s, "chamber.spray_s")
    if settings.inputs.street_contact is None:
        reason = "the kiosk does not know whether the street door is open"
        remedy = "wire inputs.street_contact"
        yield UnkeptPromise(Promise.DOOR_OPEN, "inputs.street_contact", reason, remedy, *spray)
    if settings.inputs.skip is None:
        setting, remedy = "inputs.skip", "wire inputs.skip"
        if settings.chamber.when is ChamberWhen.OCCUPIED:
            reason = "a visitor can decline the spray only by going away"
            yield UnkeptPromise(Promise.DECLINED, setting, reason, remedy, *spray)
        reason = "somebody who is sprayed can stop the pump only by opening a door"
        yield UnkeptPromise(Promise.SKIP_STOPS, setting, reason, remedy, *spray)


def _emergency(settings: Settings) -> Iterator[UnkeptPromise]:
    """Yield the promises that break because the kiosk does not detect an emergency."""
    if settings.inputs.emergency is None:
        pump = " and does not stop the pump" if _sprays(settings) else ""
        reason = f"the kiosk does not know of an emergency, so it does not free the door{pump}"
        remedy = "wire inputs.emergency to the fire panel or the emergency button"
        yield UnkeptPromise(Promise.EMERGENCY, "inputs.emergency", reason, remedy)


def _lock_without_power(settings: Settings) -> Iterator[UnkeptPromise]:
    """Yield the promises that break because a fail-safe lock is open without power."""
    if settings.door.lock is LockKind.FAIL_SAFE:
        reason = "the lock is open in a power cut, and whenever the kiosk does not run"
        remedy = "use a fail_secure lock with a handle inside, or accept it, as a magnet locks nobody in"
        yield UnkeptPromise(Promise.LET_IN, "door.lock", reason, remedy)


def _airlock(settings: Settings) -> Iterator[UnkeptPromise]:
    """Yield the promises that an airlock breaks without power, or without what tells that somebody is in it."""
    street = settings.street_door
    if street is None:
        return
    if street.lock is LockKind.FAIL_SAFE and settings.door.lock is LockKind.FAIL_SAFE:
        reason = "both locks are open in a power cut, and whenever the kiosk does not run"
        yield UnkeptPromise(Promise.ONE_DOOR, "door.lock", reason, "use a fail_secure lock at the building door")
    if settings.inputs.presence is None:
        setting, remedy = "inputs.presence", "wire inputs.presence"
        reason = "the kiosk does not know that somebody is in the chamber before a code is shown"
        yield UnkeptPromise(Promise.ONE_BODY, setting, reason, remedy)
    if settings.inputs.street_bolt is None and settings.inputs.street_exit is None:
        reason = "the kiosk does not notice that the lock of the street door does not hold"
        remedy = "wire inputs.street_bolt to the lock's own contact, or inputs.street_exit to the handle"
        yield UnkeptPromise(Promise.ONE_BODY, "inputs.street_bolt", reason, remedy)


def _service(settings: Settings) -> Iterator[UnkeptPromise]:
    """Yield the promises that break because a person who does everything right is not served."""
    inputs = settings.inputs
    if inputs.officer is None:
        reason = "nobody can admit a visitor whose temperature or code cannot be read"
        yield UnkeptPromise(Promise.SERVED, "inputs.officer", reason, "wire inputs.officer")
    if inputs.presence is None and Step.TEMPERATURE in settings.sequence:
        reason = "a person who waits in front of the thermometer is taken for the wall behind them, and is not measured"
        yield UnkeptPromise(Promise.SERVED, "inputs.presence", reason, "wire inputs.presence")


_GAPS: tuple[Callable[[Settings], Iterator[UnkeptPromise]], ...] = (
    _changed_visitor,
    _passage,
    _building_door,
    _spray,
    _emergency,
    _lock_without_power,
    _airlock,
    _service,
)


def _conditions(settings: Settings) -> Iterator[PromiseCondition]:
    door, inputs = settings.door, settings.inputs
    if door.lock is LockKind.FAIL_SECURE:
        condition = (
            "the door opens from inside without current, by a handle or a panic bar: the lock stays locked in a power"
            " cut, and whenever the kiosk does not run"
        )
        yield PromiseCondition(Promise.LOCKED_IN, "door.lock", condition)
    yield from _way_to_the_street(settings)
    if inputs.door_contact and door.report_forced and inputs.exit is None:
        condition = "nobody leaves through the building door; otherwise wire inputs.exit to its handle"
        yield PromiseCondition(Promise.FORCED, "inputs.exit", condition)
    if inputs.passage and inputs.exit is None:
        condition = "nobody leaves through the building door; otherwise wire inputs.exit to its handle"
        yield PromiseCondition(Promise.WENT_THROUGH, "inputs.exit", condition)
    elif inputs.passage:
        condition = (
            "nobody walks in while the door stands open behind somebody who came out: the passage sensor tells no"
            " direction, so that person looks like one more who comes out"
        )
        yield PromiseCondition(Promise.WENT_THROUGH, "inputs.passage", condition)
    if _sprays(settings):
        condition = "a timer relay in the pump's supply ends a spray while the Pi's kernel hangs"
        yield PromiseCondition(Promise.LIMITS, "sprayer", condition)
    thermometer = settings.thermometer
    if thermometer and Step.TEMPERATURE in settings.sequence:
        imager = thermometer.kind is ThermometerKind.MLX90640
        thing = "thing of the shape of a face" if imager else "lamp or heater before the sensor"
        condition = (
            f"no {thing} becomes as warm as skin ({thermometer.skin_min_c:g} to {thermometer.skin_max_c:g} C) while "
            "somebody stands there; the kiosk finds it when they have left, or when six visitors read the same"
        )
        yield PromiseCondition(Promise.EVERY_STEP, "thermometer", condition)


def _way_to_the_street(settings: Settings) -> Iterator[PromiseCondition]:
    street = settings.street_door
    if street and street.handle_inside:
        condition = "the handle or panic bar inside opens the street door without current, and without a key"
        yield PromiseCondition(Promise.LOCKED_IN, "street_door.handle_inside", condition)
    elif street:
        condition = "the exit button of the street door is in series with the magnet's supply"
        yield PromiseCondition(Promise.LOCKED_IN, "inputs.street_exit", condition)


def _sprays(settings: Settings) -> bool:
    """Return True if the site has a pump and a step that starts it."""
    return settings.sprayer is not None and Step.DISINFECT in settings.sequence
