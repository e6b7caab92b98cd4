"""Opening the thermometer that the settings name."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.hardware.thermometers.calibration import SiteCalibration, load
from kiosk.hardware.thermometers.mlx90614 import Bus, Mlx90614
from kiosk.hardware.thermometers.thermometer import Thermometer
from kiosk.model import Clock
from kiosk.settings.schema.thermometer import ThermometerKind, ThermometerSettings
from kiosk.support.links import ProcessLink, SocketLink

if TYPE_CHECKING:
    from kiosk.hardware.thermometers.imager.link import ImagerLink
    from kiosk.hardware.thermometers.imager.messages import ImagerOrders

COMMAND = (sys.executable, "-P", "-m", "kiosk.composition.imager_app")
"""The command line of an imager's process that the controller starts itself."""

# Modules of the imager are imported inside the functions: a site without one does not load them.


def orders_of(settings: ThermometerSettings) -> "ImagerOrders":
    """Return the orders to the imager's process."""
    from kiosk.hardware.thermometers.imager.messages import ImagerOrders

    return ImagerOrders(
        bus=settings.bus,
        address=settings.i2c_address,
        skin_min_c=settings.skin_min_c,
        skin_max_c=settings.skin_max_c,
        contrast_c=settings.skin_contrast_c,
    )


def calibration_of(settings: ThermometerSettings, folder: Path) -> SiteCalibration | None:
    """Return the calibration that the settings name, relative to `folder`. Raises `KioskError` if it is none."""
    return load(folder / settings.calibration, settings.kind) if settings.calibration else None


def open_imager(settings: ThermometerSettings, clock: Clock, unit: Path | None = None) -> "ImagerLink":
    """Return the imager, which is read by a process of its own; the process is not started yet.

    unit: the socket of its unit; None: the process is a child of this one. There is no fallback from one to the other.
    """
    from kiosk.hardware.thermometers.imager.link import IMAGER, ImagerLink

    start = partial(SocketLink, IMAGER, unit) if unit else partial(ProcessLink, IMAGER, COMMAND, reads_log=False)
    return ImagerLink(orders_of(settings), clock, start)


def open_sensor(
    settings: ThermometerSettings,
    clock: Clock,
    open_i2c: Callable[[int], Bus],
    open_imager: Callable[[ThermometerSettings, Clock], Thermometer],
) -> Thermometer:
    """Return the thermometer of the settings, on a bus from `open_i2c`, or as an imager from `open_imager`.

    Raises `DeviceError` if the bus cannot be opened.
    """
    match settings.kind:
        case ThermometerKind.MLX90614:
            return Mlx90614(open_i2c(settings.bus), settings)
        case ThermometerKind.MLX90640:
            return open_imager(settings, clock)
