"""The redaction of the doctor's archive, attacked: nothing that names a person, a place or a key gets through."""

import pytest

from kiosk.health.bundle import MASK, Redaction, is_known, private_values, redacted
from tests.booth import settings

HIDE = Redaction(["Balai Kota Lama", "pintu-timur", "kunci.pem", "ab"])

LEAKS = (
    ("call 0812-3456-7890 or +62 812 3456 7890", ("0812", "7890")),
    ("born 1961-02-28, identity 3201234567890001", ("1961", "32012345")),
    ("write to siti.aminah@rsud.example.id", ("siti", "rsud")),
    ("see https://x.id/a?b=c and mqtts://u:p@broker.id:8883", ("x.id", "broker")),
    ("KP1:ABCDEF0123 hc1:6BFOXN shc:/5676290 SHLINK:/eyJ", ("ABCDEF", "6BFOXN", "5676", "eyJ")),
    ("Authorization: Bearer short1 next", ("short1",)),
    ("authorization: Basic c2l0aQ==", ("c2l0aQ",)),
    ('{"token": "two words", "x": 1}', ("two words",)),
    ("password='two words'", ("two words",)),
    ("api_key = s3 and api-key: s4", ("s3", "s4")),
    ("access_token=abc refreshToken:def", ("abc", "def")),
    ("Cookie: __Host-session=xyz", ("xyz",)),
    ('wlan0: associated, ssid="Rumah Siti"', ("Rumah", "Siti")),
    ("SSID: RumahSiti bssid aa:bb:cc:dd:ee:ff psk=geheim", ("Rumah", "aa:bb", "geheim")),
    ("eth0 b8-27-eb-11-22-33 up", ("b8-27",)),
    ("Serial: 10000000abcdef12", ("10000000", "abcdef12")),
    ("peer 192.168.1.20 and fe80::1ff:fe23:4567:890a%eth0 and 2001:db8::7", ("192.168", "fe80", "2001:db8")),
    ("row digest 9f86d081884c7d659a2feaa0c55ad015", ("9f86d081",)),
    ("pass 8e042916ed1c21a4 used", ("8e042916",)),
    ("uuid 123e4567-e89b-12d3-a456-426614174000", ("123e4567", "e89b", "426614174000")),
    ("Traceback: File '/home/siti/kiosk.py'", ("siti",)),
    ("door of BALAI KOTA LAMA, pintu-timur: 'kunci.pem' cannot be read", ("BALAI", "pintu-timur", "kunci")),
    ("abcdefghijklmnopqrstuvwxyzabcdef", ("abcdefghij",)),
)


@pytest.mark.parametrize(("line", "secrets"), LEAKS)
def test_a_secret_in_a_line_is_masked(line: str, secrets: tuple[str, ...]) -> None:
    for shown in (HIDE.text(line), HIDE.text(f"Nov 28 12:00:02 kiosk[1]: {line}"), HIDE.text(f"({line})")):
        assert [secret for secret in secrets if secret.lower() in shown.lower()] == []
        assert MASK in shown


def test_the_log_stays_useful() -> None:
    line = "Nov 28 12:00:01 kiosk[12]: WARNING kiosk.hardware.lock: door forced at 127.0.0.1, 3 faults, GPIO 17, 24.5 C"
    assert HIDE.text(line) == f"{line}\n"
    assert HIDE.text("2026-11-28T12:00:01.123+07:00 ab thermometer_silent 0x5A") == (
        "2026-11-28T12:00:01.123+07:00 ab thermometer_silent 0x5A\n"
    )


def test_of_a_mistake_only_words_of_the_schema_are_shown() -> None:
    assert HIDE.mistake(3, "door.relay_pin", "'Ibu Sari' is not a number; see 'door.hold_s'") == (
        "line 3: door.relay_pin: *** is not a number; see 'door.hold_s'"
    )
    assert (
        HIDE.mistake(4, "Pak Rahmat", "unknown; did you mean 'name'?") == "line 4: ***: unknown; did you mean 'name'?"
    )
    assert is_known("referrals.places.fever")
    assert not is_known("door.Ibu")


def test_comments_of_the_boot_configuration_are_left_out() -> None:
    assert HIDE.config_txt("# Wi-Fi of Siti\ndtparam=i2c_arm=on # at Siti's\n") == "\ndtparam=i2c_arm=on\n"


def texts_of(found: object) -> set[str]:
    """Return every text in settings that are shown."""
    match found:
        case dict():
            return set().union(*(texts_of(value) for value in found.values())) if found else set()
        case list():
            return set().union(*(texts_of(value) for value in found)) if found else set()
        case str():
            return {found}
    return set()


def test_no_free_text_of_the_settings_is_shown_and_each_is_looked_for() -> None:
    site = settings(
        name="pintu-timur",
        site="Balai Kota Lama",
        referrals={"officer": {"title": "Ibu Sari", "hours": "jam-kerja"}, "places": {"fever": {"title": "Klinik"}}},
        display={"telephone": "0812", "app": {"name": "Aplikasi", "android": "https://a.id", "ios": "https://b.id"}},
        time_zone="Asia/Makassar",
    )
    shown = redacted(site)
    private = {"pintu-timur", "Balai Kota Lama", "Ibu Sari", "jam-kerja", "Klinik", "0812", "Aplikasi", "trusted.pem"}
    assert texts_of(shown) & private == set()
    assert private <= set(private_values(site))
    assert {"Asia/Makassar", "occupied"} <= texts_of(shown)
    assert shown["door"]["relay_pin"] == 17  # type: ignore[index]
