"""Judging damaged credentials: damaged outside, inside but truly signed, or in their structure."""

import random
import sys
import time
import tracemalloc
import zlib
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from bench.judging.structures import structure
from kiosk.credentials.judging.registry import SCHEME_FAILED, Registry
from kiosk.errors import BadCredential
from kiosk.model import Payload, Refer, Verdict, WallTime
from kiosk.simulator.divoc_issuer import zipped
from kiosk.simulator.issuers import as_json
from kiosk.simulator.specimens import LINK, Specimens, documents, link_code, yellow_card

MAX_BYTES = 20_000_000
WHEN = WallTime(datetime.now(UTC), sure=True)
ODD: list[Any] = [
    None, True, 0, -1, 1, 2, 99, 2**53, 2**70, 0.5, float("nan"), float("inf"), "", "x", "2021-02-30", "2021-08-01",
    "\ud800", "x" * 3000, [], {}, [[]], [1, 2], {"a": 1}, {"code": "x"}, {"@id": "x"}, "0001-01-01T00:00:00+14:00",
]  # fmt: skip

Judge = Callable[[], Verdict]


def processor_ms(judge: Judge) -> tuple[Verdict, float]:
    """Return the verdict and the milliseconds of processor time that it took."""

    def once() -> tuple[Verdict, float]:
        started = time.process_time()
        verdict = judge()
        return verdict, (time.process_time() - started) * 1000

    verdict, took_ms = once()
    # A garbage collection is not caused by the payload and does not happen twice in a row.
    return once() if took_ms > PROCESSOR_TIME.limit else (verdict, took_ms)


def calls(judge: Judge) -> tuple[Verdict, float]:
    """Return the verdict and the number of functions that were called for it, of Python and of C."""
    count = 0

    def counted(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        return judge(), float(count)
    finally:
        sys.setprofile(before)


@dataclass(frozen=True, slots=True)
class Cost:
    """The measure of the work of one judgement, and the allowed amount."""

    unit: str
    limit: float
    measure: Callable[[Judge], tuple[Verdict, float]]


PROCESSOR_TIME = Cost("ms", 50.0, processor_ms)
"""For a machine that does nothing else."""

CALLS = Cost("calls", 10_000, calls)
"""For tests: it is the same on every machine. Good codes take 500 to 3,200 calls, damaged ones 4,500 at most."""


def verdict_on(registry: Registry, data: bytes) -> Verdict:
    """Judge one payload."""
    return registry.judge(Payload(data), WHEN).verdict


def fuzz(
    registry: Registry, specimens: Specimens, good: list[bytes], count: int, seed: int, cost: Cost = PROCESSOR_TIME
) -> str:
    """Judge `count` damaged payloads and return a line with the figures.

    Raises:
        AssertionError: a scheme failed by an error of ours, or a judgement took too much work or memory.
    """
    chance = random.Random(seed)
    inside = {**documents(WHEN.utc - timedelta(days=30), 1), "yellow_card": yellow_card(WHEN.utc), "health_link": LINK}
    began, most = time.perf_counter(), 0.0
    verdicts: Counter[str] = Counter()
    for number in range(count):
        data = payload(chance, specimens, inside, good)
        if number % 1000 == 0:
            tracemalloc.start()
            verdict = verdict_on(registry, data)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak <= MAX_BYTES, f"{peak} bytes for {data!r}"
        else:
            verdict, took = cost.measure(partial(verdict_on, registry, data))
            most = max(most, took)
            assert took <= cost.limit, f"{took:.1f} {cost.unit} for {data!r}"
        assert verdict.rule != SCHEME_FAILED, f"our mistake on {data!r}"
        verdicts[verdict.reason.value if isinstance(verdict, Refer) else "pass"] += 1
    took_s = time.perf_counter() - began
    return f"{count} payloads in {took_s:.0f} s, at most {most:.1f} {cost.unit}: {dict(verdicts)}"


def payload(chance: random.Random, specimens: Specimens, inside: dict[str, dict[str, Any]], good: list[bytes]) -> bytes:
    """Return something damaged: a good payload, the document in one, or the structure of one."""
    kind = chance.random()
    if kind < 0.2:
        return signed_nonsense(chance, specimens, inside)
    return structure(chance, specimens) if kind < 0.4 else mutated(chance, good)


def mutated(chance: random.Random, good: list[bytes]) -> bytes:
    """Return a good payload with some of its bytes damaged, or random bytes."""
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
    """Return a damaged document that a trusted issuer signed, for the readers that run after the signature check."""
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
            case "yellow_card":
                return specimens.dcc.sign_claims({1: "ID", -260: {-6: document}})
            case "health_link":
                return specimens.dcc.sign_claims({1: "ID", -260: {5: link_code(document).decode()}})
            case _:
                return as_json(specimens.seal.sign("icao.vacc", document))
    except (BadCredential, ValueError, TypeError):  # no issuer could write or sign this document
        return b"HC1:"


def damaged(chance: random.Random, document: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of `document` in which some members are removed or have odd values."""
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
