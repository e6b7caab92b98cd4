"""An overlay changes what visitors read and which rules decide, and nothing that moves, locks, sprays or connects."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.settings.loader import parse
from kiosk.settings.schema.settings import Settings
from kiosk.settings.yaml.locations import Loc
from kiosk.settings.yaml.mistakes import Severity
from kiosk.settings.yaml.overlay import OPEN
from kiosk.settings.yaml.shapes import Entries, Table, table_of
from tests.settings.booth import complete

HERE = Path(__file__).parent
BASE = complete("site: Kantor A\n")


def outcome(overlay: str | bytes, base: str = BASE) -> tuple[list[str], Settings | None]:
    """Return the errors, and the settings."""
    data = overlay if isinstance(overlay, bytes) else overlay.encode()
    mistakes, settings = parse(base.encode(), HERE, elsewhere=True, overlay=data)
    errors = [f"{mistake.key}: {mistake.text}" for mistake in mistakes if mistake.severity is Severity.ERROR]
    return errors, settings


def leaves(table: Table, loc: Loc = ()) -> Iterator[Loc]:
    """Yield every setting that is not a section with known keys."""
    for name, setting in table.settings.items():
        if isinstance(setting.shape, Table):
            yield from leaves(setting.shape, (*loc, name))
        else:
            yield (*loc, name)


LEAVES = sorted(leaves(table_of(Settings)))

MUST_BE_CLOSED = (
    "name",
    "sequence",
    "door.relay_pin",
    "door.active_high",
    "door.lock",
    "door.hold_s",
    "door.max_hold_s",
    "street_door.relay_pin",
    "sprayer.relay_pin",
    "sprayer.max_spray_s",
    "chamber.when",
    "chamber.warn_s",
    "chamber.spray_s",
    "lights.red_pin",
    "buzzer.pin",
    "inputs.emergency.pin",
    "inputs.emergency.active_low",
    "inputs.emergency.pull",
    "inputs.officer.pin",
    "thermometer.offset_c",
    "camera.device",
    "credentials.clock_unsure",
    "credentials.online_status.address",
    "credentials.online_status.unreachable",
    "credentials.online_status.secret_headers",
    "credentials.online_status.ca_file",
    "credentials.check_in.address",
    "credentials.site_pass.public_keys",
    "credentials.trust.folder",
    "display.port",
    "journal.path",
    "fleet.server",
    "fleet.key",
    "bundles.address",
    "bundles.root",
)


@pytest.mark.parametrize("name", MUST_BE_CLOSED)
def test_a_setting_that_moves_locks_sprays_or_connects_is_closed(name: str) -> None:
    loc = tuple(name.split("."))
    assert loc in LEAVES
    assert not any(loc[: len(open_)] == open_ for open_ in OPEN)
    text = "".join(f"{'  ' * depth}{key}:\n" for depth, key in enumerate(loc[:-1]))
    errors, settings = outcome(f"{text}{'  ' * (len(loc) - 1)}{loc[-1]}: 1\n")
    assert settings is None
    assert any("an overlay may not change this" in error for error in errors)


@pytest.mark.parametrize("name", sorted(".".join(map(str, loc)) for loc in OPEN))
def test_every_open_name_is_a_setting_or_a_section(name: str) -> None:
    table: object = table_of(Settings)
    for key in name.split("."):
        assert isinstance(table, Table)
        table = table.settings[key].shape


def test_every_pin_and_polarity_is_closed() -> None:
    wires = [loc for loc in LEAVES if str(loc[-1]).endswith("pin") or loc[-1] in ("active_high", "active_low", "pull")]
    assert len(wires) > 40
    assert not [loc for loc in wires if any(loc[: len(open_)] == open_ for open_ in OPEN)]


def test_an_overlay_replaces_single_values_and_keeps_the_others() -> None:
    base = complete("site: Kantor A\nreferrals: {show_s: 30, officer: {title: Loket 1, address: Lantai 1}}\n")
    errors, settings = outcome("referrals: {officer: {title: Loket 2}}\ntemperature: {high_c: 37.8}\n", base)
    assert not errors
    assert settings
    assert settings.site == "Kantor A"
    assert (settings.referrals.show_s, settings.referrals.officer.title) == (30.0, "Loket 2")
    assert settings.referrals.officer.address == "Lantai 1"
    assert settings.temperature.high_c == 37.8


def test_a_list_is_replaced_as_a_whole() -> None:
    errors, settings = outcome("display: {languages: [id]}\n", complete("display: {languages: [en, id]}\n"))
    assert not errors
    assert settings
    assert settings.display.languages == ("id",)


def test_a_list_of_sections_is_replaced_as_a_whole() -> None:
    own = "credentials: {site_pass: {site: a, public_keys: [__init__.py]}, rules: [{doses: {least: 1}}]}\n"
    errors, settings = outcome("credentials: {rules: [{doses: {least: 3}}]}\n", complete(own))
    assert not errors
    assert settings
    assert [rule.doses and rule.doses.least for rule in settings.credentials.rules] == [3]


def test_places_of_referral_are_merged_by_reason() -> None:
    base = complete("referrals: {places: {fever: {title: A}, expired: {title: B}}}\n")
    _, settings = outcome("referrals: {places: {fever: {title: C}}}\n", base)
    assert settings
    assert sorted((reason.value, place.title) for reason, place in settings.referrals.places.items()) == [
        ("expired", "B"),
        ("fever", "C"),
    ]


def test_settings_of_a_part_that_the_booth_does_not_have_are_left_out() -> None:
    errors, settings = outcome("speaker: {volume: 20}\nsite: Kantor B\n")
    assert not errors
    assert settings
    assert settings.speaker is None
    assert settings.site == "Kantor B"


def test_settings_of_a_part_that_the_booth_has_are_changed() -> None:
    _, settings = outcome("speaker: {volume: 20}\n", complete("speaker: {}\n"))
    assert settings
    assert settings.speaker
    assert settings.speaker.volume == 20


@pytest.mark.parametrize(
    ("overlay", "error"),
    [
        ("", "in the overlay: is empty"),
        ("site: [", "in the overlay: "),
        ("- site", "in the overlay: contains no settings"),
        (b"site: \xff", "in the overlay: byte 0xff is not UTF-8"),
        ("credentials: 5", "credentials: an overlay may not change this"),
        ("door: {}", "door: an overlay may not change this"),
        ("sita: x", "sita: unknown setting in the overlay"),
        ("temperature: {hihg_c: 38}", "temperature.hihg_c: unknown setting"),
        ("temperature: {high_c: 99}", "temperature.high_c: 99 is outside"),
        ("site: A\nsite: B", "the overlay has 'site' twice"),
        ("? [a]\n: b", "the overlay has a key that is no word"),
        ("site: *alias", "in the overlay: "),
    ],
)
def test_a_wrong_overlay_gives_no_settings_and_says_so(overlay: str | bytes, error: str) -> None:
    errors, settings = outcome(overlay)
    assert settings is None
    assert any(error in one for one in errors), errors


def test_an_overlay_does_not_repair_a_wrong_file() -> None:
    errors, settings = outcome("temperature: {high_c: 37.5}\n", complete("temperature: {high_c: 99}\n"))
    assert settings is not None or errors


def test_no_open_section_holds_a_file_an_address_or_an_output() -> None:
    """Free texts of the schema that name files stand under closed names; this finds a new one."""
    table = table_of(Settings)
    for loc in LEAVES:
        if any(loc[: len(open_)] == open_ for open_ in OPEN):
            assert not {"path", "file", "folder", "ca_file", "address_url", "key", "public_keys"} & set(
                map(str, loc)
            ), loc
    assert isinstance(table.settings["referrals"].shape, Table | Entries)
