"""The wiring of the inputs with the watch over their buttons, and of the airlock: the lock of the street door, and the
reports of both locks to the flow."""

from collections.abc import Callable
from contextlib import ExitStack, closing

from kiosk.composition.environment import Environment, Post
from kiosk.flow.events import UnlockRefused, health_event
from kiosk.hardware.airlock import Airlock
from kiosk.hardware.board import Board
from kiosk.hardware.inputs import Inputs
from kiosk.hardware.lock import DoorLock
from kiosk.hardware.stuck_buttons import StuckButtons
from kiosk.model import Clock
from kiosk.settings.schema.doors import StreetDoorSettings
from kiosk.settings.schema.wiring import InputsSettings


def open_inputs(
    settings: InputsSettings, environment: Environment, post: Post, on_edge: Callable[[], None], closings: ExitStack
) -> Inputs:
    """Return the inputs, which `closings` closes; see `Inputs` for `on_edge`.

    Raises `DeviceError` if a pin cannot be opened.
    """
    clock = environment.clock
    inputs = Inputs(environment.board, settings, clock, post, on_edge, environment.poll_s)
    closings.enter_context(closing(inputs))
    closings.enter_context(closing(StuckButtons(inputs, clock, post)))
    return inputs


def open_airlock(
    building: DoorLock, settings: StreetDoorSettings, board: Board, inputs: Inputs, clock: Clock, post: Post
) -> Airlock:
    """Return the airlock of the open lock of the building door and of the street door's lock, which is opened here.

    Raises `DeviceError` if the relay's pin cannot be opened.
    """
    return Airlock(
        building,
        DoorLock(board, settings, clock),
        settings,
        inputs,
        clock,
        on_refused=lambda: post(UnlockRefused(clock.now_s())),
        on_bolt=lambda fault: post(health_event(clock.now_s(), "street_bolt", fault)),
    )
