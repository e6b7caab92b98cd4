"""The orders, which the scanner process reads as its first line."""

import json
import subprocess
import sys
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.errors import SettingsError
from kiosk.model import CameraKind
from kiosk.scanner.wire.orders import CameraOrders, Orders, read_orders
from kiosk.settings.schema.policy import ScannerSettings
from kiosk.settings.schema.wiring import CameraSettings

ORDERS = Orders(
    camera=CameraSettings(kind=CameraKind.V4L2, device=2, lens_position=6.5), scanner=ScannerSettings(budget_ms=80)
)


def test_orders_are_read_back_from_their_line() -> None:
    read = read_orders(ORDERS.line().encode())
    assert read.line() == ORDERS.line()
    assert (read.camera.kind, read.camera.device, read.camera.lens_position) == (CameraKind.V4L2, 2, 6.5)
    assert (read.scanner.budget_ms, read.scanner.preview_hz) == (80, ORDERS.scanner.preview_hz)


def test_every_setting_of_the_camera_is_ordered() -> None:
    assert {each.name for each in fields(CameraOrders)} == set(CameraSettings.model_fields)


def test_orders_are_one_line() -> None:
    assert ORDERS.line().count("\n") == 1
    assert ORDERS.line().endswith("\n")


@pytest.mark.parametrize(
    "change",
    [
        {"device": "2"},
        {"device": True},
        {"device": 2.0},
        {"frame_hz": None},
        {"adapt_exposure": 1},
        {"kind": "webcam"},
        {"kind": []},
        {"more": 1},
    ],
)
def test_a_field_that_is_unknown_or_of_another_type_is_a_settings_error(change: dict[str, object]) -> None:
    document = json.loads(ORDERS.line())
    document["camera"] |= change
    with pytest.raises(SettingsError, match="not the orders of this release"):
        read_orders(json.dumps(document).encode())


def test_a_field_that_is_missing_is_a_settings_error() -> None:
    document = json.loads(ORDERS.line())
    del document["scanner"]["budget_ms"]
    with pytest.raises(SettingsError, match="not the orders of this release"):
        read_orders(json.dumps(document).encode())


def test_the_scanner_loads_neither_pydantic_nor_the_schema() -> None:
    code = "import sys, kiosk.scanner.child.process, kiosk.hardware.cameras.opening; print([m for m in sys.modules if m"
    code += ".startswith(('pydantic', 'kiosk.settings'))])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@given(st.binary(max_size=5000))
def test_any_other_line_is_a_settings_error(line: bytes) -> None:
    with pytest.raises(SettingsError):
        read_orders(line)


def test_the_error_text_does_not_repeat_the_line() -> None:
    with pytest.raises(SettingsError) as caught:
        read_orders(b'{"camera": {"kind": "secret"}, "scanner": {}}')
    assert "secret" not in str(caught.value)
