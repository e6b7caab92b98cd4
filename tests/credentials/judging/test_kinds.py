from datetime import UTC, datetime

import pytest

from kiosk.credentials.judging.kinds import kind_of
from kiosk.settings.schema.policy import CredentialsSettings
from kiosk.settings.schema.services import OnlineStatusSettings, StatusMeaning
from kiosk.simulator.specimens import Specimens, link_code

ONLINE = OnlineStatusSettings(address="https://a.example", prefixes=("SIM1:",), status={"GREEN": StatusMeaning.PASS})


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (b"HC1:6BF", "eu_dcc"),
        (b"shc:/5676", "smart_health_card"),
        (b"KP1:ABC", "site_pass"),
        (b"PK\x03\x04", "divoc"),
        (b'{"data":{"hdr":{"t":"icao.vacc"}}}', "vds_nc"),
        (b"SIM1:GREEN", "online_status"),
        (b"https://example.org", "url"),
        (b"WIFI:T:WPA;S:a;;", "wifi"),
        (b"hello", "other"),
        (b"", "other"),
    ],
)
def test_a_code_is_recognised_by_its_beginning(code: bytes, kind: str) -> None:
    assert kind_of(code, CredentialsSettings(online_status=ONLINE)) == kind


def test_certificates_in_the_same_wrapping_are_told_apart() -> None:
    specimens, now = Specimens(), datetime.now(UTC)
    assert kind_of(specimens.codes(now)["eu_dcc"]) == "eu_dcc"
    assert kind_of(specimens.yellow_card(now)) == "yellow_card"
    assert kind_of(specimens.health_link(now)) == "health_link"
    assert kind_of(link_code({"url": "https://a.example"}, "shlink:/")) == "health_link"
