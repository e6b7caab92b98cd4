"""The wires from the booth's sensors and buttons to the kiosk's input pins, with their faults."""

from collections.abc import Callable

from kiosk.settings.schema.wiring import InputSettings, InputsSettings, Pull
from kiosk.simulator.worlds.devices import WorldHeader


class Wires:
    """The wires of all inputs. moved: called with the name and the level of each wire that changed."""

    def __init__(self, inputs: InputsSettings, moved: Callable[[str, bool], None]) -> None:
        self._inputs = inputs
        self._moved = moved
        self._header: WorldHeader | None = None
        self._levels: dict[str, bool] = {}
        self._overrides: dict[str, bool] = {}

    @property
    def are_in_order(self) -> bool:
        """True while no wire has a fault."""
        return not self._overrides

    def connect(self, header: WorldHeader) -> None:
        """Connect the wires to a (new) header."""
        self._header = header
        self._levels.clear()

    def override(self, name: str, active: bool | None) -> None:
        """Let the wire `name` have this level from the next `put` on, whatever its sensor says; None ends this."""
        if active is None:
            self._overrides.pop(name, None)
        else:
            self._overrides[name] = active

    def cut(self, name: str) -> None:
        """Cut the wire of an input: from the next `put` on, the level is what the pull makes of it."""
        wire: InputSettings | None = getattr(self._inputs, name)
        if wire:
            self.override(name, (wire.pull is not Pull.DOWN) is not wire.active_low)

    def put(self, name: str, active: bool) -> None:
        """Put the wire of an input, if there is one, to the level of its sensor."""
        wire: InputSettings | None = getattr(self._inputs, name)
        active = self._overrides.get(name, active)
        if wire is None or self._header is None or self._levels.get(name) is active:
            return
        self._levels[name] = active
        self._moved(name, active)
        self._header.drive(wire.pin, high=active is not wire.active_low)
