"""Throwing damaged credentials at the registry: damaged outside, inside but truly signed, or in their structure."""

import random
import time
import tracemalloc
import zlib
from collections import Counter
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.structures import structure
from kiosk.credentials.judging.registry import SCHEME_FAILED, Registry
from kiosk.errors import BadCredential
from kiosk.model import Payload, Refer, Verdict, WallTime
from kiosk.simulator.divoc_issuer import zipped
from kiosk.simulator.issuers import as_json
from kiosk.simulator.specimens import Specimens, documents

MAX_MS, MAX_BYTES = 50.0, 20_000_000
WHEN = WallTime(datetime.now(UTC), sure=True)
ODD: list[Any] = [
    None, True, 0, -1, 1, 2, 99, 2**53, 2**70, 0.5, float("nan"), float("inf"), "", "x", "2021-02-30", "2021-08-01",
    "\ud800", "x" * 3000, [], {}, [[]], [1, 2], {"a": 1}, {"code": "x"}, {"@id": "x"}, "0001-01-01T00:00:00+14:00",
]  # fmt: skip


def fuzz(registry: Registry, specimens: Specimens, good: list[bytes], count: int, seed: int) -> str:
    """Judge `count` damaged payloads; a mistake of ours, a slow or a large judgement ends the run with an error."""
    chance = random.Random(seed)
    inside = documents(WHEN.utc - timedelta(days=30), 1)
    began, slowest_ms = time.perf_counter(), 0.0
    verdicts: Counter[str] = Counter()
    for number in range(count):
        data = payload(chance, specimens, inside, good)
        measured = number % 1000 == 0
        if measured:
            tracemalloc.start()
        verdict, took_ms = judged(registry, data)
        if measured:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak <= MAX_BYTES, f"{peak} bytes for {data!r}"
        else:
            if took_ms > MAX_MS:  # a collection of garbage is not the payload's doing, and does not come twice
                took_ms = judged(registry, data)[1]
            slowest_ms = max(slowest_ms, took_ms)
            assert took_ms <= MAX_MS, f"{took_ms:.1f} ms for {data!r}"
        assert verdict.rule != SCHEME_FAILED, f"our mistake on {data!r}"
        verdicts[verdict.reason.value if isinstance(verdict, Refer) else "pass"] += 1
    took_s = time.perf_counter() - began
    return f"{count} payloads in {took_s:.0f} s, slowest {slowest_ms:.1f} ms: {dict(verdicts)}"


def judged(registry: Registry, data: bytes) -> tuple[Verdict, float]:
    """The verdict, and the milliseconds of the processor that it took."""
    started = time.process_time()
    verdict = registry.judge(Payload(data), WHEN).verdict
    return verdict, (time.process_time() - started) * 1000


def payload(chance: random.Random, specimens: Specimens, inside: dict[str, dict[str, Any]], good: list[bytes]) -> bytes:
    """Something damaged: a good payload, the document in one, or the structure."""
    kind = chance.random()
    if kind < 0.2:
        return signed_nonsense(chance, specimens, inside)
    return structure(chance, specimens) if kind < 0.4 else mutated(chance, good)


def mutated(chance: random.Random, good: list[bytes]) -> bytes:
    """A good payload with some of its bytes damaged, or plain noise."""
    data = bytearray(chance.choice(good))
    kind = chance.random()
    if kind < 0.05:
        return bytes(chance.randbytes(chance.randint(0, 400)))
    if kind < 0.15:
        return bytes(data[: chance.randint(0, len(data))])
    for _ in range(chance.choice((1, 1, 1, 2, 4, 16))):
        at = chance.randrange(len(data))
        match chance.randint(0, 4):
            case 0:
                data[at] = chance.randrange(256)
            case 1:
                data[at] ^= 1 << chance.randrange(8)
            case 2:
                del data[at : at + chance.randint(1, 8)]
            case 3:
                data[at:at] = data[at : at + chance.randint(1, 30)]
            case _:
                other = chance.choice(good)
                there = chance.randrange(len(other))
                data[at : at + 10] = other[there : there + chance.randint(1, 40)]
        data = data or bytearray(b"x")
    return bytes(data)


def signed_nonsense(chance: random.Random, specimens: Specimens, inside: dict[str, dict[str, Any]]) -> bytes:
    """A damaged document that a trusted issuer signed: what the readers behind the signature must stand."""
    scheme = chance.choice(list(inside))
    document = damaged(chance, inside[scheme])
    try:
        match scheme:
            case "eu_dcc":
                return specimens.dcc.sign(document, WHEN.utc - timedelta(days=1), timedelta(days=9))
            case "smart_health_card":
                engine = zlib.compressobj(wbits=-15)
                return specimens.card.sign_bytes(engine.compress(as_json(document)) + engine.flush())
            case "divoc":
                return zipped(specimens.divoc.sign(document))
            case _:
                return as_json(specimens.seal.sign("icao.vacc", document))
    except (BadCredential, ValueError, TypeError):  # what no issuer could write or sign
        return b"HC1:"


def damaged(chance: random.Random, document: dict[str, Any]) -> dict[str, Any]:
    """A copy with some members exchanged for odd values, taken away or doubled elsewhere."""
    copy = deepcopy(document)
    for _ in range(chance.randint(1, 3)):
        place: Any = copy
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = chance.choice(keys)
            if isinstance(place[key], dict | list) and place[key] and chance.random() < 0.8:
                place = place[key]
                continue
            if isinstance(place, dict) and chance.random() < 0.2:
                del place[key]
            else:
                place[key] = deepcopy(chance.choice(ODD))
            break
    return copy
