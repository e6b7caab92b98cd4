"""A few thousand damaged credentials; `python -m bench.credentials --fuzz 1000000` judges a million."""

import random
from pathlib import Path

import pytest

from bench.judging.fuzz import CALLS, WHEN, fuzz, mutated
from kiosk.credentials.content.credential import CheckRefused, Credential, Examination, Verifier
from kiosk.credentials.judging.accepted import accepted_schemes
from kiosk.credentials.judging.registry import Judgement, Registry
from kiosk.credentials.schemes.divoc.divoc import Divoc
from kiosk.credentials.schemes.eu_dcc.eu_dcc import EuDcc
from kiosk.credentials.schemes.smart_health_card.smart_health_card import SmartHealthCard
from kiosk.credentials.schemes.vds_nc.vds_nc import VdsNc
from kiosk.credentials.trust.trust_files import KeyList, write_list
from kiosk.credentials.trust.trust_list import TrustList
from kiosk.errors import BadCredential
from kiosk.model import Pass, Payload
from kiosk.settings.schema.health import (
    AcceptedScheme,
    DivocSettings,
    DosesRule,
    HealthRule,
    TrustSettings,
    UnsignedHolder,
    YellowCardRule,
)
from kiosk.settings.schema.policy import CredentialsSettings
from kiosk.simulator.specimens import LINK, Specimens, link_code


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_damaged_credentials_end_in_a_verdict_with_bounded_work_and_memory(tmp_path: Path) -> None:
    specimens = Specimens()
    for key in specimens.trusted:
        write_list(tmp_path, KeyList(key.scheme, "main", WHEN.utc, (key,)))
    settings = CredentialsSettings(
        eu_dcc=AcceptedScheme(),
        smart_health_card=AcceptedScheme(),
        divoc=DivocSettings(),
        vds_nc=AcceptedScheme(),
        yellow_card=AcceptedScheme(),
        health_link=AcceptedScheme(),
        rules=(HealthRule(doses=DosesRule(), yellow_card=(YellowCardRule(),)),),
        trust=TrustSettings(folder=str(tmp_path)),
    )
    registry = Registry(accepted_schemes(settings, tmp_path))
    codes = specimens.codes(WHEN.utc)
    for scheme, code in codes.items():
        assert registry.judge(Payload(code), WHEN) == Judgement(Pass("doses"), scheme)
    card, link = specimens.yellow_card(WHEN.utc), specimens.health_link(WHEN.utc)
    assert registry.judge(Payload(card), WHEN) == Judgement(Pass("yellow_card"), "yellow_card")
    assert registry.judge(Payload(link), WHEN).scheme == "health_link"
    good = [*codes.values(), card, link, link_code(LINK)]
    report = fuzz(registry, specimens, good, count=3000, seed=7, cost=CALLS)
    assert report.startswith("3000 payloads in ")


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_a_credential_that_is_still_accepted_after_damage_has_the_same_content() -> None:
    specimens, chance = Specimens(), random.Random(5)
    trust = TrustList(specimens.trusted)
    verifiers: list[Verifier] = [
        EuDcc(trust),
        SmartHealthCard(trust),
        Divoc(trust, UnsignedHolder.REFER),
        VdsNc(trust),
    ]
    codes = specimens.codes(WHEN.utc)
    before = {one.name: one.verify(codes[one.name], WHEN, Examination(one.name)) for one in verifiers}
    good = [found for _ in range(4000) for found in accepted_content(verifiers, mutated(chance, list(codes.values())))]
    assert len(good) > 10
    assert all(found == before[found.scheme] for found in good)


def accepted_content(verifiers: list[Verifier], data: bytes) -> list[Credential]:
    """Return the content of `data` if a verifier accepts it, else an empty list."""
    for one in verifiers:
        if one.claims(data) and len(data) <= one.max_bytes:
            try:
                return [one.verify(data, WHEN, Examination(one.name))]
            except (BadCredential, CheckRefused):
                return []
    return []
