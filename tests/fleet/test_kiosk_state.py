"""The state of a kiosk and the discovery message: their form, and that nothing in them is about a person."""

import json
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.fleet.wire.kiosk_state import KioskState, decode_state, discovery, encode_state
from kiosk.journal.portions import SENT_COLUMNS

STATE = KioskState("idle", "closed", ("camera_silent",), 12, 51.0, 1, 0)


def test_a_state_comes_out_as_it_went_in() -> None:
    assert decode_state(encode_state(STATE)) == STATE


def test_a_fault_that_this_program_does_not_know_is_left_out() -> None:
    found = decode_state(encode_state(KioskState("idle", faults=("camera_silent", "<b>"))))
    assert found
    assert found.faults == ("camera_silent",)


@given(st.binary(max_size=200))
def test_any_bytes_in_place_of_a_state_are_none(message: bytes) -> None:
    assert decode_state(message) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"visitors_today": -1}, {"visitors_today": 1.5}, {"visitors_today": True}, {"phase": "x" * 33}, {"door": None},
        {"cpu_c": "hot"}, {"cpu_c": 1e9}, {"faults": "none"}, {"app": "\n"}, {"waiting": 2**31},
        {"sent_ms": "now"}, {"sent_ms": -1}, {"sent_ms": 2**60},
    ],
)  # fmt: skip
def test_a_state_with_a_wrong_value_is_none(wrong: dict[str, object]) -> None:
    assert decode_state(json.dumps({**json.loads(encode_state(STATE)), **wrong}).encode()) is None


def test_the_messages_have_no_field_for_anything_about_a_person() -> None:
    assert [field.name for field in fields(KioskState)] == [
        "phase", "door", "faults", "visitors_today", "cpu_c", "camera_restarts", "waiting", "sent_ms",
        "app",
    ]  # fmt: skip
    assert SENT_COLUMNS == (
        "id", "boot", "seq", "run", "app", "at_utc", "clock_sure", "at_s", "kind", "phase", "visit", "outcome",
        "reason", "scheme", "detail",
    )  # fmt: skip


def test_the_discovery_message_has_the_form_of_home_assistant_and_sensors_only() -> None:
    found = json.loads(discovery("north", "Town hall", "1.0"))
    assert found["dev"] == {"ids": ["entrance-kiosk-north"], "name": "Kiosk north", "sa": "Town hall", "sw": "1.0"}
    assert found["o"]["name"] == "entrance-kiosk"
    assert found["state_topic"] == "kiosk/north/state"
    assert found["availability_topic"] == "kiosk/north/online"
    assert {component["p"] for component in found["cmps"].values()} == {"sensor"}
    assert len({component["unique_id"] for component in found["cmps"].values()}) == len(found["cmps"]) == 6
    assert "command_topic" not in json.dumps(found)
    state = json.loads(encode_state(STATE))
    for key, component in found["cmps"].items():
        assert f"value_json.{key}" in component["value_template"]
        assert key in state
