"""The orders, which the scanner process reads as its first line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.errors import SettingsError
from kiosk.scanner.wire.orders import Orders, read_orders
from kiosk.settings.schema.policy import ScannerSettings
from kiosk.settings.schema.wiring import CameraKind, CameraSettings

ORDERS = Orders(
    camera=CameraSettings(kind=CameraKind.V4L2, device=2, lens_position=6.5), scanner=ScannerSettings(budget_ms=80)
)


def test_orders_are_read_back_from_their_line() -> None:
    assert read_orders(ORDERS.line().encode()) == ORDERS


def test_orders_are_one_line() -> None:
    assert ORDERS.line().count("\n") == 1
    assert ORDERS.line().endswith("\n")


@given(st.binary(max_size=5000))
def test_any_other_line_is_a_settings_error(line: bytes) -> None:
    with pytest.raises(SettingsError):
        read_orders(line)


def test_the_error_text_does_not_repeat_the_line() -> None:
    with pytest.raises(SettingsError) as caught:
        read_orders(b'{"camera": {"kind": "secret"}, "scanner": {}}')
    assert str(caught.value) == "scanner: orders with 1 mistake(s); the controller must be of this release"
