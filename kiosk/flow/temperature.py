"""From samples of an infrared thermometer to a steady skin temperature, and from there to an estimate of the body's.

Rule 1: plain numbers in, plain numbers out; a figure that is not clearly good (NaN is not) is no reading.
Rule 2: what is estimated is an estimate: this screens people, it does not diagnose them.
"""

from dataclasses import dataclass, field
from statistics import fmean


@dataclass(frozen=True, slots=True)
class Sample:
    """One look of the thermometer: what it points at, and its own housing."""

    object_c: float = field(repr=False)
    ambient_c: float = field(repr=False)


@dataclass(frozen=True, slots=True)
class TemperatureLimits:
    """What makes samples a reading: `count` in a row within `spread_c`, skin and ambient within their limits."""

    count: int
    spread_c: float
    skin_min_c: float
    skin_max_c: float
    ambient_min_c: float
    ambient_max_c: float


@dataclass(frozen=True, slots=True)
class Settled:
    """A steady, plausible reading."""

    skin_c: float = field(repr=False)
    ambient_c: float = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unsettled:
    """No reading yet; `hint` is the key of the visitor's text that helps."""

    hint: str


def settle(samples: tuple[Sample, ...], limits: TemperatureLimits) -> Settled | Unsettled:
    """Judge the newest `limits.count` samples; the skin is their mean, the ambient that of the newest.

    Hints: `room_unsuitable` (ambient outside its limits), `too_far` (what the sensor sees is no forehead: a wall, hair,
    a hot cup), `hold_still` (not steady, or not enough samples yet), `sensor` (no samples at all).
    """
    if not samples:
        return Unsettled("sensor")
    newest = samples[-1]
    if not limits.ambient_min_c <= newest.ambient_c <= limits.ambient_max_c:
        return Unsettled("room_unsuitable")
    if not limits.skin_min_c <= newest.object_c <= limits.skin_max_c:
        return Unsettled("too_far")
    skin_c = [sample.object_c for sample in samples[-limits.count :]]
    all_skin = all(limits.skin_min_c <= one_c <= limits.skin_max_c for one_c in skin_c)
    if len(skin_c) == limits.count and all_skin and max(skin_c) - min(skin_c) <= limits.spread_c:
        return Settled(fmean(skin_c), newest.ambient_c)
    return Unsettled("hold_still")


def correct(skin_c: float, ambient_c: float, *, offset_c: float = 0.0, heat_balance: float = 0.0) -> float:
    """An estimate of the body's temperature, in degrees Celsius: skin + offset + heat_balance x (skin - ambient).

    offset_c alone is the plain difference between forehead and core; it holds near the ambient temperature at which
    it was taken (Chen et al., IJERPH 2022, 19(23) 15883: forehead 36.2, core proxy 36.7 at 14 to 32 degrees) and
    should be taken at the site. heat_balance is the loss of heat from skin to room, k = 0.09 to 0.13 (US patent
    6,056,435). The published formulas differ by more than a degree away from 25 degrees ambient, and the FDA's
    measurements of six thermometers on 1113 adults lay up to 3 degrees off (Sullivan et al., Sci Rep 2021,
    10.1038/s41598-021-99300-1): hence the second measurement, and the officer.
    """
    return skin_c + offset_c + heat_balance * (skin_c - ambient_c)
