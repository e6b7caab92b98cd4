"""Cross-checks of the airlock: the inputs that it needs, and that nobody can be locked in."""

from collections.abc import Iterator

from kiosk.settings.checks.findings import CheckFinding, Sheet
from kiosk.settings.schema.doors import LockKind
from kiosk.settings.yaml.locations import Loc
from kiosk.settings.yaml.mistakes import Severity

STREET: Loc = ("street_door",)
LOCK: Loc = ("street_door", "lock")
HANDLE: Loc = ("street_door", "handle_inside")
EXIT: Loc = ("inputs", "street_exit")
CONTACTS: dict[str, str] = {"street_contact": "the street door", "door_contact": "the building door"}
NEEDS_LOCK = ("street_exit", "street_bolt")


def airlock_without_contacts(sheet: Sheet) -> Iterator[CheckFinding]:
    """Check that the interlock of the two doors can tell whether they are shut."""
    if sheet.settings.street_door is None:
        return
    for name, door in CONTACTS.items():
        if getattr(sheet.settings.inputs, name) is None:
            loc: Loc = ("inputs", name)
            text = f"must not be free while the other door is open, but {door} has no contact; add 'inputs.{name}'"
            yield CheckFinding(STREET, text, (loc,))


def locked_in(sheet: Sheet) -> Iterator[CheckFinding]:
    """Check that people in the chamber can always leave by the street door, also without current."""
    street = sheet.settings.street_door
    if street is None or street.handle_inside:
        return
    if street.lock is LockKind.FAIL_SECURE:
        text = (
            "people in the chamber are locked in when the current fails; fit a handle or panic bar that opens the door "
            "from inside, and write 'handle_inside: true', or use a fail_safe lock (magnet) with an exit button"
        )
        yield CheckFinding(sheet.first_written(LOCK, STREET), text, (HANDLE, LOCK))
    elif sheet.settings.inputs.street_exit is None:
        text = (
            "nothing lets people out of the chamber during a visit; fit a handle or panic bar and write "
            "'handle_inside: true', or wire an exit button to the magnet's supply and to 'inputs.street_exit'"
        )
        yield CheckFinding(STREET, text, (HANDLE, EXIT))


def inputs_without_airlock(sheet: Sheet) -> Iterator[CheckFinding]:
    """Find inputs of the street door's lock at a street door that has no lock."""
    if sheet.settings.street_door is None:
        for name in NEEDS_LOCK:
            if getattr(sheet.settings.inputs, name):
                text = "has no effect without a 'street_door' section"
                yield CheckFinding(("inputs", name), text, (STREET,), Severity.WARNING)
