"""Opens the sprayer with its interlock."""

from collections.abc import Callable

from kiosk.flow.events import Event, SprayStopped
from kiosk.hardware.board import Board
from kiosk.hardware.inputs import Inputs
from kiosk.hardware.interlock import Interlock
from kiosk.hardware.sprayer import Sprayer
from kiosk.model import Clock
from kiosk.settings.schema.settings import Settings


def open_sprayer(
    settings: Settings, board: Board, inputs: Inputs, warn_s: float, clock: Clock, post: Callable[[Event], bool]
) -> Sprayer | None:
    """Return the sprayer; None if the site has none. Raises `DeviceError` if its pin cannot be opened."""
    if settings.sprayer is None:
        return None
    interlock = Interlock(settings.chamber.when, inputs, warn_s)
    return Sprayer(
        board, settings.sprayer, clock, interlock.may_start, interlock, lambda: post(SprayStopped(clock.now_s()))
    )
