"""The processor time of a judgement, by scheme and by stage, and as a ratio to the least work; or a fuzz run.

`python -m bench.credentials [--fuzz N]`. Times are processor times, so that other work on the machine counts little. A
judgement and its least work (`bench.judging.bare`) are measured in turns in one run; the ratio is that of the medians.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.figures import Row, as_json, table
from bench.judging.bare import BARE
from bench.judging.fuzz import fuzz
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
from kiosk.credentials.schemes.health_link.health_link import HealthLink
from kiosk.credentials.schemes.site_pass.pass_keys import key_id_of
from kiosk.credentials.schemes.site_pass.pass_text import PassKind
from kiosk.credentials.schemes.site_pass.site_pass import SitePass
from kiosk.credentials.schemes.smart_health_card.smart_health_card import SmartHealthCard, characters
from kiosk.credentials.schemes.vds_nc.vds_nc import VdsNc
from kiosk.credentials.schemes.yellow_card.yellow_card import YellowCard
from kiosk.credentials.trust.trust_list import TrustList
from kiosk.model import Payload, WallTime
from kiosk.office.pass_office import issue
from kiosk.settings.schema.health import DosesRule, HealthRule, UnsignedHolder, YellowCardRule
from kiosk.simulator.issuers import DccIssuer
from kiosk.simulator.specimens import LINK, Specimens, documents, link_code

NOW = datetime.now(UTC)
WHEN = WallTime(NOW, sure=True)
AIMS = {"eu_dcc": 1.5, "eu_dcc PS256": 1.5, "smart_health_card": 1.5, "divoc": 0.2}
"""Greatest ratio of a judgement to its least work."""

RULES = (HealthRule(doses=DosesRule(), yellow_card=(YellowCardRule(),)),)
AIMS_US = {
    "eu_dcc": 300,
    "eu_dcc PS256": 300,
    "smart_health_card": 300,
    "site_pass": 200,
    "vds_nc": 1000,
    "divoc": 4000,
}


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=1000)
    options.add_argument("--fuzz", type=int, default=0, help="judge this many damaged payloads instead")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--json", action="store_true", help="print JSON, with every sample")
    chosen = options.parse_args()
    specimens, rsa_issuer = Specimens(), DccIssuer("SG", rsa.generate_private_key(65537, 2048))
    prepare_decoys()
    trust = TrustList([*specimens.trusted, rsa_issuer.trusted])
    verifiers: list[Verifier] = [EuDcc(trust), SmartHealthCard(trust), Divoc(trust, UnsignedHolder.REFER), VdsNc(trust)]
    if chosen.fuzz:  # the fuzzer judges by all kinds; the times are those of a site without the two that look first
        verifiers = [YellowCard(trust), HealthLink(trust), *verifiers]
    key = Ed25519PrivateKey.generate()
    site_pass = SitePass("demo", {key_id_of(key.public_key()): key.public_key()})
    registry = Registry([site_pass, *(OfflineScheme(verifier, RULES) for verifier in verifiers)])
    codes = specimens.codes(NOW)
    given = NOW - timedelta(days=30)
    codes["eu_dcc PS256"] = rsa_issuer.sign(documents(given, 1)["eu_dcc"], given, timedelta(days=365))
    codes["site_pass"] = issue(key, "demo", PassKind.STAFF, 30, NOW).text.encode()
    if chosen.fuzz:
        good = [*codes.values(), specimens.yellow_card(NOW), specimens.health_link(NOW), link_code(LINK)]
        print(fuzz(registry, specimens, good, chosen.fuzz, chosen.seed))
        return
    machine = facts(Path())
    signers = {key.scheme: key for key in specimens.trusted} | {"eu_dcc PS256": rsa_issuer.trusted}
    rows = []
    for name, code in codes.items():
        judge = partial(registry.judge, Payload(code), WHEN)
        aim = f"≤ {AIMS_US[name]} µs"
        if name not in BARE:
            rows.append(timed(name, judge, chosen.rounds, aim))
            continue
        judged, least = paired(name, judge, partial(BARE[name], code, signers[name]), chosen.rounds, aim)
        ratio = median(judged.samples) / median(least.samples)
        rows += [judged, least, Row(f"– {name}: ratio", [ratio], "", f"≤ {AIMS[name]}")]
    rows += stages(codes, trust, chosen.rounds)
    print(as_json(rows, machine) if chosen.json else f"{described(machine)}\n\n{table(rows)}")


def timed(name: str, work: Callable[[], object], rounds: int, aim: str = "") -> Row:
    """Return the processor times of `work` in microseconds, after some rounds that are not counted."""
    for _ in range(20):
        work()
    return Row(name, [took_us(work) for _ in range(rounds)], "µs", aim, tail=0.99)


def paired(
    name: str, judge: Callable[[], object], bare: Callable[[], object], rounds: int, aim: str
) -> tuple[Row, Row]:
    """Return the processor times of a judgement and of its least work, measured in turns."""
    for _ in range(20):
        judge()
        bare()
    both = [(took_us(judge), took_us(bare)) for _ in range(rounds)]
    judged, least = zip(*both, strict=True)
    return Row(name, judged, "µs", aim, tail=0.99), Row(f"– {name}: libraries alone", least, "µs", tail=0.99)


def took_us(work: Callable[[], object]) -> float:
    began_ns = time.thread_time_ns()
    work()
    return (time.thread_time_ns() - began_ns) / 1000


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
    jws = characters(digits).split(b".")
    yield timed("– shc digits", lambda: characters(digits), rounds)
    payload = inflate(base64url(jws[1]), 65_536, -15)
    yield timed("– shc json", lambda: json_object(payload), rounds)
    yield timed("– divoc zip", lambda: unwrap(codes["divoc"]), rounds)
    document = json_object(unwrap(codes["divoc"]))
    document.pop("proof")
    yield timed("– divoc statements", lambda: read_statements(document), rounds)


if __name__ == "__main__":
    main()
