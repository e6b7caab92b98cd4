"""A few thousand damaged credentials; `python -m bench.credentials --fuzz 1000000` throws a million."""

from pathlib import Path

import pytest

from bench.fuzz import WHEN, fuzz
from kiosk.credentials.offline import offline_schemes
from kiosk.credentials.registry import Judgement, Registry
from kiosk.credentials.trust_files import KeyList, write_list
from kiosk.model import Pass, Payload
from kiosk.settings.health import AcceptedScheme, DivocSettings, TrustSettings
from kiosk.settings.policy import CredentialsSettings
from kiosk.simulator.specimens import Specimens


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_damaged_credentials_end_in_a_verdict_in_little_time_and_memory(tmp_path: Path) -> None:
    specimens = Specimens()
    for key in specimens.trusted:
        write_list(tmp_path, KeyList(key.scheme, "main", WHEN.utc, (key,)))
    settings = CredentialsSettings(
        eu_dcc=AcceptedScheme(),
        smart_health_card=AcceptedScheme(),
        divoc=DivocSettings(),
        vds_nc=AcceptedScheme(),
        trust=TrustSettings(folder=str(tmp_path)),
    )
    registry = Registry(offline_schemes(settings, tmp_path))
    codes = specimens.codes(WHEN.utc)
    for scheme, code in codes.items():
        assert registry.judge(Payload(code), WHEN) == Judgement(Pass("doses"), scheme)
    assert fuzz(registry, specimens, list(codes.values()), count=3000, seed=7).startswith("3000 payloads in ")
