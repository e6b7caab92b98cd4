"""From samples of an infrared thermometer to a steady skin temperature, and to an estimate of the body temperature.

Theory of telling skin from a wall: the sensor sees one number. At a room of 32.5 to 35 degrees the wall itself lies in
the range of skin, so the range alone lets a wall pass for a healthy forehead. What a forehead does and a wall does not
is to change the reading when it comes: a reading counts as skin only if it differs from the empty spot's own reading
by more than noise and drift explain. The sensor's absolute error of half a degree cancels in this difference. What is
left is noise (less than 0.1 degrees for a mean of five), the warmth that a person's breath and hands add to sensor and
wall (some tenths), and the drift of the wall since it was last seen without a person; the sun can warm it by 0.2
degrees a minute. What warmed the empty spot, such as a lamp, can also go while somebody is there: then the reading
changes to a wall that is colder than the spot was, and about as warm as the sensor itself. Such a reading does not
count either. A forehead that is as warm as the wall cannot be told from it: then nobody is measured. No limit on
the room's temperature follows, because a forehead differs from most walls in warm rooms too.

An imager finds the face by its shape besides. A distance (range sensor) or the reading of a surface of known
temperature would be further fields of `Sample`, and further conditions of `settle`; no kiosk has either.

Rule 1: a value that is not clearly plausible is not used (NaN is not plausible).
Rule 2: the body temperature is an estimate. It serves for screening people, not for a diagnosis.
"""

from dataclasses import dataclass, field
from statistics import fmean


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement of the thermometer in degrees Celsius: the object in front of it, and its own housing.

    may_be_skin: False if the sensor itself knows that the object is no person, as an imager that finds no face does.
    """

    object_c: float = field(repr=False)
    ambient_c: float = field(repr=False)
    may_be_skin: bool = True


@dataclass(frozen=True, slots=True)
class TemperatureLimits:
    """The limits of a reading, in degrees Celsius.

    The newest `count` samples differ by at most `spread_c`, and skin and ambient lie within their limits.
    """

    count: int
    spread_c: float
    skin_min_c: float
    skin_max_c: float
    ambient_min_c: float
    ambient_max_c: float


@dataclass(frozen=True, slots=True)
class Background:
    """The reading of the empty spot, and by how many degrees a reading must differ from it to count as skin."""

    object_c: float
    contrast_c: float


@dataclass(frozen=True, slots=True)
class Settled:
    """A steady, plausible reading in degrees Celsius."""

    skin_c: float = field(repr=False)
    ambient_c: float = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unsettled:
    """No reading yet; `hint` is the key of a text that helps the visitor."""

    hint: str


def settle(
    samples: tuple[Sample, ...], limits: TemperatureLimits, background: Background | None
) -> Settled | Unsettled:
    """Return a reading from the newest `limits.count` samples: the mean skin temperature and the newest ambient.

    background: None if the empty spot was not seen yet; then there is no reading.

    If there is none, return the hint: `room_unsuitable` (ambient outside its limits, or skin cannot be told from the
    background), `too_far` (the sensor sees no forehead, but for example a wall, hair or a hot cup), `step_back` (no
    background yet), `hold_still` (not steady, or too few samples), `sensor` (no samples).
    """
    if not samples:
        return Unsettled("sensor")
    newest = samples[-1]
    if not limits.ambient_min_c <= newest.ambient_c <= limits.ambient_max_c:
        return Unsettled("room_unsuitable")
    if not limits.skin_min_c <= newest.object_c <= limits.skin_max_c:
        return Unsettled("too_far")
    if not newest.may_be_skin:  # the object is as warm as skin, so that skin could not be told from it
        return Unsettled("room_unsuitable")
    if background is None:
        return Unsettled("step_back")
    considered = samples[-limits.count :]
    skin_c = [sample.object_c for sample in considered]
    all_skin = all(
        limits.skin_min_c <= sample.object_c <= limits.skin_max_c and sample.may_be_skin for sample in considered
    )
    if len(skin_c) == limits.count and all_skin and max(skin_c) - min(skin_c) <= limits.spread_c:
        mean_c, ambient_c, contrast_c = fmean(skin_c), newest.ambient_c, background.contrast_c
        may_be_wall = mean_c < background.object_c and abs(mean_c - ambient_c) < contrast_c
        if abs(mean_c - background.object_c) >= contrast_c and not may_be_wall:
            return Settled(mean_c, ambient_c)
        return Unsettled("room_unsuitable")
    return Unsettled("hold_still")


def correct(skin_c: float, ambient_c: float, *, offset_c: float = 0.0, heat_balance: float = 0.0) -> float:
    """Return an estimate of the body temperature in degrees Celsius: skin + offset + heat_balance x (skin - ambient).

    `offset_c` alone is the difference between forehead and core. It is valid near the ambient temperature at which it
    was measured (Chen et al., IJERPH 2022, 19(23) 15883: forehead 36.2, core proxy 36.7 at 14 to 32 degrees), so it
    should be measured at the site. `heat_balance` accounts for the loss of heat from the skin to the room, k = 0.09 to
    0.13 (US patent 6,056,435). The published formulas differ by more than a degree away from 25 degrees ambient, and
    six thermometers on 1113 adults were up to 3 degrees off (Sullivan et al., Sci Rep 2021,
    10.1038/s41598-021-99300-1). That is why a high reading is repeated, and why the officer can decide.
    """
    return skin_c + offset_c + heat_balance * (skin_c - ambient_c)
