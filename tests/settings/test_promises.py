"""The promises that a wiring cannot keep: one test for each missing wire, and none for a complete booth."""

import pytest

from kiosk.settings.checks.promises import Promise, UnkeptPromise, promise_conditions, unkept_promises
from kiosk.settings.loader import parse
from kiosk.settings.schema.settings import Settings

from .booth import HERE, complete, settings_of

INPUTS = {
    "presence": "{pin: 24, linger_s: 1.2}",
    "passage": "{pin: 25}",
    "door_contact": "{pin: 16}",
    "street_contact": "{pin: 20}",
    "exit": "{pin: 18}",
    "officer": "{pin: 21}",
    "stop": "{pin: 26}",
    "skip": "{pin: 12}",
    "service": "{pin: 19}",
    "emergency": "{pin: 13}",
}
FULL = {
    "door": "{relay_pin: 17, hold_s: 6, lock: fail_secure}",
    "sequence": "[disinfect, temperature, credential]",
    "sprayer": "{relay_pin: 22}",
    "chamber": "{when: occupied, spray_s: 4}",
    "thermometer": "{}",
}


def booth(*missing: str, **changes: str) -> Settings:
    """Return the settings of a booth with every device, without the inputs in `missing`, and with other sections."""
    inputs = [f"{name}: {value}" for name, value in INPUTS.items() if name not in missing]
    sections = {**FULL, "inputs": f"{{{', '.join(inputs)}}}", **changes}
    if "disinfect" not in sections["sequence"]:
        del sections["sprayer"]  # it would need the contact of the building door
    return settings_of("\n".join(f"{name}: {value}" for name, value in sections.items()))


def gaps(settings: Settings) -> list[tuple[Promise, str, float | None]]:
    return [(found.promise, found.setting, found.gap_s) for found in unkept_promises(settings)]


def conditions(settings: Settings) -> list[tuple[Promise, str]]:
    return [(found.promise, found.setting) for found in promise_conditions(settings)]


def test_a_booth_with_every_input_and_a_strike_keeps_every_promise() -> None:
    assert gaps(booth()) == []


@pytest.mark.parametrize(
    ("kind", "thing"),
    [("mlx90614", "lamp or heater before the sensor"), ("mlx90640", "thing of the shape of a face")],
)
def test_a_thing_as_warm_as_skin_is_named_as_a_condition(kind: str, thing: str) -> None:
    *_, told = promise_conditions(booth(thermometer=f"{{kind: {kind}, skin_max_c: 42}}"))
    assert str(told) == (
        "this wiring keeps 'unlocked only after every step' only if "
        f"no {thing} becomes as warm as skin (30 to 42 C) "
        "while somebody stands there; the kiosk finds it when they have left, or when six visitors read the same"
    )
    assert "thermometer" not in [setting for _, setting in conditions(booth(sequence="[credential]"))]


def test_facts_that_the_kiosk_cannot_see_of_a_complete_booth_are_named_as_conditions() -> None:
    assert conditions(booth()) == [
        (Promise.LOCKED_IN, "door.lock"),
        (Promise.WENT_THROUGH, "inputs.passage"),
        (Promise.LIMITS, "sprayer"),
        (Promise.EVERY_STEP, "thermometer"),
    ]
    assert str(promise_conditions(booth())[2]) == (
        "this wiring keeps 'the pump keeps its limit' only if a timer relay in the pump's "
        "supply ends a spray while the Pi's kernel hangs"
    )


def test_only_a_passage_sensor_beside_an_exit_leaves_open_who_comes_out() -> None:
    assert Promise.WENT_THROUGH not in dict(conditions(booth("passage")))
    assert (Promise.WENT_THROUGH, "inputs.passage") not in conditions(booth("exit"))


def test_without_a_street_contact_a_swap_is_not_noticed_for_the_time_of_the_presence_sensor() -> None:
    assert gaps(booth("street_contact", sequence="[temperature, credential]")) == [
        (Promise.EVERY_STEP, "inputs.street_contact", 1.2),
        (Promise.LET_IN, "inputs.street_contact", 1.2),
    ]


def test_the_debounce_is_the_gap_if_it_is_longer_than_linger_s() -> None:
    inputs = "{presence: {pin: 24, linger_s: 0, debounce_ms: 200}}"
    first = unkept_promises(booth(sequence="[credential]", inputs=inputs))[0]
    assert (first.gap_s, first.gap_from) == (0.2, "inputs.presence.debounce_ms")


def test_the_gap_of_an_unlocked_door_is_never_longer_than_its_unlocking() -> None:
    door = "{relay_pin: 17, hold_s: 1}"
    second = unkept_promises(booth("street_contact", sequence="[temperature, credential]", door=door))[1]
    assert (second.promise, second.gap_s, second.gap_from) == (Promise.LET_IN, 1.0, "door.hold_s")


def test_without_presence_sensor_and_street_contact_a_swap_is_never_noticed() -> None:
    assert gaps(booth("street_contact", "presence", sequence="[credential]")) == [
        (Promise.EVERY_STEP, "inputs.street_contact", None),
        (Promise.LET_IN, "inputs.street_contact", 6.0),
    ]


def test_with_a_street_contact_a_swap_is_noticed_also_without_presence_sensor() -> None:
    assert gaps(booth("presence", sequence="[credential]")) == []


def test_without_a_passage_sensor_no_second_body_and_no_passage_is_counted() -> None:
    assert gaps(booth("passage")) == [
        (Promise.SECOND_BODY, "inputs.passage", 6.0),
        (Promise.WENT_THROUGH, "inputs.passage", None),
    ]


def test_without_a_door_contact_neither_a_forced_nor_an_open_door_is_reported() -> None:
    assert gaps(booth("door_contact", sequence="[temperature, credential]")) == [
        (Promise.FORCED, "inputs.door_contact", None),
        (Promise.HELD_OPEN, "inputs.door_contact", None),
    ]


def test_a_site_that_does_not_report_forced_doors_is_told_so() -> None:
    assert gaps(booth(door="{relay_pin: 17, report_forced: false}")) == [(Promise.FORCED, "door.report_forced", None)]


def test_without_the_input_of_the_handle_forced_doors_and_passages_depend_on_nobody_leaving() -> None:
    settings = booth("exit")
    assert gaps(settings) == []
    assert conditions(settings)[1:3] == [(Promise.FORCED, "inputs.exit"), (Promise.WENT_THROUGH, "inputs.exit")]


@pytest.mark.parametrize(
    ("missing", "door"),
    [
        (("exit", "passage"), "{relay_pin: 17, report_forced: false}"),
        (("exit", "passage", "door_contact"), FULL["door"]),
    ],
)
def test_the_input_of_the_handle_matters_only_for_what_is_reported(missing: tuple[str, ...], door: str) -> None:
    settings = booth(*missing, door=door, sequence="[credential]")
    assert conditions(settings) == [(Promise.LOCKED_IN, "door.lock")]


def test_a_sprayer_without_street_contact_may_run_with_the_street_door_open() -> None:
    assert (Promise.DOOR_OPEN, "inputs.street_contact", 4.0) in gaps(booth("street_contact"))


def test_without_the_skip_button_nobody_can_decline_the_spray_or_stop_the_pump() -> None:
    assert gaps(booth("skip")) == [
        (Promise.DECLINED, "inputs.skip", 4.0),
        (Promise.SKIP_STOPS, "inputs.skip", 4.0),
    ]


def test_the_treatment_of_the_empty_chamber_is_not_declined_but_can_be_stopped() -> None:
    chamber = "{when: empty, spray_s: 4}"
    inputs = INPUTS | {"presence": "{pin: 24, active_low: false}"}
    listed = ", ".join(f"{name}: {value}" for name, value in inputs.items() if name != "skip")
    settings = booth(chamber=chamber, inputs=f"{{{listed}}}")
    assert gaps(settings) == [(Promise.SKIP_STOPS, "inputs.skip", 4.0)]


def test_a_sprayer_that_no_step_uses_breaks_no_promise() -> None:
    settings = settings_of("sprayer: {relay_pin: 22}\ninputs: {door_contact: {pin: 16}, exit: {pin: 18}}")
    assert not {found for found, _, _ in gaps(settings)} & {Promise.DOOR_OPEN, Promise.DECLINED, Promise.SKIP_STOPS}
    assert conditions(settings) == [(Promise.LOCKED_IN, "door.lock")]


@pytest.mark.parametrize(("sequence", "pump"), [("[disinfect, credential]", True), ("[credential]", False)])
def test_without_the_emergency_input_the_kiosk_frees_nobody(sequence: str, pump: bool) -> None:
    [unkept] = unkept_promises(booth("emergency", sequence=sequence))
    assert (unkept.promise, unkept.setting, unkept.gap_s) == (Promise.EMERGENCY, "inputs.emergency", None)
    assert ("stop the pump" in unkept.reason) is pump


def test_a_fail_safe_lock_is_open_without_power_and_locks_nobody_in() -> None:
    settings = booth(door="{relay_pin: 17, lock: fail_safe}")
    assert gaps(settings) == [(Promise.LET_IN, "door.lock", None)]
    assert Promise.LOCKED_IN not in dict(conditions(settings))


def test_without_an_officer_nobody_helps_an_honest_visitor_who_cannot_be_read() -> None:
    assert gaps(booth("officer", "stop", "emergency"))[1:] == [(Promise.SERVED, "inputs.officer", None)]


def test_a_thermometer_without_presence_sensor_does_not_know_the_empty_spot() -> None:
    assert gaps(booth("presence", sequence="[temperature, credential]")) == [(Promise.SERVED, "inputs.presence", None)]


def test_a_relay_that_moves_at_start_is_a_warning_and_not_repeated() -> None:
    moving = "{relay_pin: 5, hold_s: 6}"
    mistakes, settings = parse(complete(f"door: {moving}").encode(), HERE, elsewhere=True)
    assert settings is not None
    assert any("while the Pi starts" in mistake.text for mistake in mistakes)
    assert gaps(booth(door=moving)) == []


def test_the_note_names_the_promise_the_reason_the_gap_and_the_remedy() -> None:
    unkept = UnkeptPromise(Promise.LET_IN, "inputs.x", "it is not noticed", "wire inputs.x", 1.5, "inputs.y_s")
    assert str(unkept) == (
        "this wiring cannot keep 'nobody enters who was not let in': it is not noticed; gap: 1.5 s (inputs.y_s); "
        "wire inputs.x"
    )


def test_each_note_names_what_to_wire() -> None:
    settings = booth(*INPUTS, sequence="[credential]", door="{relay_pin: 17, lock: fail_safe}")
    notes = [str(found) for found in unkept_promises(settings)]
    assert len(notes) == 9
    assert all("; wire inputs." in note or "fail_secure" in note for note in notes)
    assert not any("gap: None" in note for note in notes)


# --- the airlock ---

STREET_EXIT = "{" + ", ".join(f"{name}: {value}" for name, value in INPUTS.items()) + ", street_exit: {pin: 5}}"


def test_an_airlock_with_a_handle_or_an_exit_button_depends_on_that_way_out() -> None:
    handle = booth(street_door="{relay_pin: 27, handle_inside: true}", inputs=STREET_EXIT)
    assert gaps(handle) == []
    assert (Promise.LOCKED_IN, "street_door.handle_inside") in conditions(handle)
    button = booth(street_door="{relay_pin: 27}", inputs=STREET_EXIT)
    assert gaps(button) == []
    assert (Promise.LOCKED_IN, "inputs.street_exit") in conditions(button)


def test_two_magnets_are_both_open_without_power() -> None:
    door = "{relay_pin: 17, hold_s: 6, lock: fail_safe}"
    magnets = booth(door=door, street_door="{relay_pin: 27, handle_inside: true}", inputs=STREET_EXIT)
    assert (Promise.ONE_DOOR, "door.lock", None) in gaps(magnets)
    strike = booth(door=door, street_door="{relay_pin: 27, lock: fail_secure, handle_inside: true}", inputs=STREET_EXIT)
    assert (Promise.ONE_DOOR, "door.lock", None) not in gaps(strike)


def test_an_airlock_that_cannot_tell_whether_somebody_is_in_it_or_its_lock_holds_is_told_so() -> None:
    sequence, street_door = "[credential]", "{relay_pin: 27, handle_inside: true}"
    found = [gap for gap in gaps(booth("presence", sequence=sequence, street_door=street_door)) if gap[0] is ONE_BODY]
    assert found == [(ONE_BODY, "inputs.presence", None), (ONE_BODY, "inputs.street_bolt", None)]


ONE_BODY = Promise.ONE_BODY
