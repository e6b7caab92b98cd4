"""The time of a judgement, by scheme and by stage, or a fuzz run. `python -m bench.credentials [--fuzz N]`."""

import argparse
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.figures import Row, as_json, table
from bench.fuzz import fuzz
from bench.machine import described, facts
from kiosk.credentials.content.credential import Examination, Verifier
from kiosk.credentials.content.rules import decide
from kiosk.credentials.formats import base45
from kiosk.credentials.formats.cose import read_map, read_sign1
from kiosk.credentials.formats.linked_data import read_statements
from kiosk.credentials.formats.safe_parsing import base64url, inflate, json_object
from kiosk.credentials.formats.signatures import prepare_decoys, signed_by_one_of
from kiosk.credentials.judging.offline import OfflineScheme
from kiosk.credentials.judging.registry import Registry
from kiosk.credentials.schemes.divoc.divoc import Divoc
from kiosk.credentials.schemes.divoc.divoc_zip import unwrap
from kiosk.credentials.schemes.eu_dcc.dcc_content import read_content
from kiosk.credentials.schemes.eu_dcc.eu_dcc import EuDcc
from kiosk.credentials.schemes.site_pass.pass_keys import key_id_of
from kiosk.credentials.schemes.site_pass.pass_text import PassKind
from kiosk.credentials.schemes.site_pass.site_pass import SitePass
from kiosk.credentials.schemes.smart_health_card.smart_health_card import SmartHealthCard
from kiosk.credentials.schemes.vds_nc.vds_nc import VdsNc
from kiosk.credentials.trust.trust_list import TrustList
from kiosk.model import Payload, WallTime
from kiosk.office.pass_office import issue
from kiosk.settings.schema.health import DosesRule, HealthRule, UnsignedHolder
from kiosk.simulator.specimens import Specimens

NOW = datetime.now(UTC)
WHEN = WallTime(NOW, sure=True)
RULES = (HealthRule(doses=DosesRule()),)
AIMS_US = {"eu_dcc": 300, "smart_health_card": 300, "site_pass": 200, "vds_nc": 1000, "divoc": 4000}


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=1000)
    options.add_argument("--fuzz", type=int, default=0, help="judge this many damaged payloads instead")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--json", action="store_true", help="print JSON, with every sample")
    chosen = options.parse_args()
    specimens = Specimens()
    prepare_decoys()
    trust = TrustList(specimens.trusted)
    verifiers: list[Verifier] = [EuDcc(trust), SmartHealthCard(trust), Divoc(trust, UnsignedHolder.REFER), VdsNc(trust)]
    key = Ed25519PrivateKey.generate()
    site_pass = SitePass("demo", {key_id_of(key.public_key()): key.public_key()})
    registry = Registry([site_pass, *(OfflineScheme(verifier, RULES) for verifier in verifiers)])
    codes = specimens.codes(NOW)
    codes["site_pass"] = issue(key, "demo", PassKind.STAFF, 30, NOW).text.encode()
    if chosen.fuzz:
        print(fuzz(registry, specimens, list(codes.values()), chosen.fuzz, chosen.seed))
        return
    machine = facts(Path())
    judged = [
        timed(name, partial(registry.judge, Payload(code), WHEN), chosen.rounds, f"≤ {AIMS_US[name]} µs")
        for name, code in codes.items()
    ]
    rows = [*judged, *stages(codes, trust, chosen.rounds)]
    print(as_json(rows, machine) if chosen.json else f"{described(machine)}\n\n{table(rows)}")


def timed(name: str, work: Callable[[], object], rounds: int, aim: str = "") -> Row:
    """Return the times of `work` in microseconds, after some rounds that are not counted."""
    for _ in range(20):
        work()
    times_us = []
    for _ in range(rounds):
        began_s = time.perf_counter()
        work()
        times_us.append((time.perf_counter() - began_s) * 1e6)
    return Row(name, times_us, "µs", aim, tail=0.99)


def stages(codes: dict[str, bytes], trust: TrustList, rounds: int) -> Iterator[Row]:
    """Yield the times of the parts of a judgement."""
    text = codes["eu_dcc"][4:]
    packed = base45.decode(text)
    cwt = inflate(packed, 16_384, 15)
    message = read_sign1(cwt)
    health = read_map(message.payload)[-260][1]
    keys = [key.key for key in Specimens().trusted[:1]]
    yield timed("– dcc base45", lambda: base45.decode(text), rounds)
    yield timed("– dcc inflate", lambda: inflate(packed, 16_384, 15), rounds)
    yield timed("– dcc cose", lambda: read_sign1(cwt), rounds)
    yield timed(
        "– dcc signature ES256",
        lambda: signed_by_one_of(keys, message.algorithm, message.signature, message.signed_bytes),
        rounds,
    )
    yield timed(
        "– dcc unknown key",
        lambda: signed_by_one_of([], message.algorithm, message.signature, message.signed_bytes),
        rounds,
    )
    yield timed("– dcc claims", lambda: read_map(message.payload), rounds)
    yield timed("– dcc schema", lambda: read_content(health, frozenset({"ID"})), rounds)
    credential = EuDcc(trust).verify(codes["eu_dcc"], WHEN, Examination("eu_dcc"))
    yield timed("– rules", lambda: decide(credential, RULES, WHEN), rounds)
    digits = codes["smart_health_card"][5:]
    jws = bytes(int(digits[at : at + 2]) + 45 for at in range(0, len(digits), 2)).split(b".")
    yield timed("– shc digits", lambda: bytes(int(digits[at : at + 2]) + 45 for at in range(0, len(digits), 2)), rounds)
    payload = inflate(base64url(jws[1]), 65_536, -15)
    yield timed("– shc json", lambda: json_object(payload), rounds)
    yield timed("– divoc zip", lambda: unwrap(codes["divoc"]), rounds)
    document = json_object(unwrap(codes["divoc"]))
    document.pop("proof")
    yield timed("– divoc statements", lambda: read_statements(document), rounds)


if __name__ == "__main__":
    main()
