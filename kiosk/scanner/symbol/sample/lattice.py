"""The shape of bent paper, told by the lattice on which the edges of all modules lie, whatever the symbol says.

Near any module the edges of its neighbours lie at whole modules. How far they lie from where flat paper would have
them is a phase, known but for whole modules; its slope from one module to the next is small, so it is known wholly.
A smooth shape is fitted to the slopes and to the patterns that were seen, and at last to the phases themselves.
"""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.sample.pose import MARGIN, Pose, Transform, Values, flatten, landmarks, level, powers

_SAMPLES = 3
_REACH_MODULES = 1.6  # standard deviation of the neighbourhood; a shape as steep as one in three still has a phase
_ROUNDS = 4  # the last one by the phases themselves
_ANCHOR = 0.5  # weight of a pattern's place beside that of one slope
_LESSONS = 3000  # slopes to learn from; more cost time and teach nothing
_STIFFNESS = 1e-2
_MISTAKEN = 0.12  # modules, or modules a module
_FLAT = 0.25  # modules; paper that is bent by less everywhere is read as flat

Phases = NDArray[np.float64]


def bend(grey: Grey, place: Pose) -> Pose | None:
    """The place on bent paper; None where the modules lie as on flat paper, or no lattice is seen."""
    places = _centres(place.size)
    shapes = powers(places.reshape(-1, 2), place.size)
    weights = np.zeros((shapes.shape[1], 2))
    for turn in range(_ROUNDS):
        seen = level(flatten(grey, replace(place, bend=weights), _SAMPLES), _SAMPLES)
        phases, trust = _lattice(seen, place.size)
        if turn < _ROUNDS - 1:
            expected, found = landmarks(seen, place.version, _SAMPLES)
            anchors = powers(expected, place.size)
            more = [_by_slopes(shapes, phases[k], trust[k], anchors, (found - expected)[:, k]) for k in (0, 1)]
        else:
            every = max(1, len(shapes) // _LESSONS)
            more = [_solved(shapes[::every], phases[k].ravel()[::every], trust[k].ravel()[::every]) for k in (0, 1)]
        weights = weights + np.column_stack(more)
    if float(np.abs(shapes @ weights).max()) < _FLAT:
        return None
    return replace(place, bend=weights)


def _centres(size: int) -> Transform:
    across, down = np.meshgrid(np.arange(size) + 0.5, np.arange(size) + 0.5)
    return np.stack([across, down], axis=-1)


def _lattice(seen: Values, size: int) -> tuple[Phases, Phases]:
    """How far the edges around each module lie from whole modules, across and down; how well they agree, 0 to 1."""
    turns = 2 * np.pi * np.arange(1, len(seen), dtype=np.float32) / _SAMPLES
    cosine, sine = np.cos(turns), np.sin(turns)
    found = []
    for steps in (np.diff(seen, axis=1), np.diff(seen, axis=0).T):
        strength = steps**2
        sums = [_around(part, size) for part in (strength * cosine, strength * sine, strength)]
        total = sums[0] + 1j * sums[1]
        found.append((np.angle(total) / (2 * np.pi), np.abs(total) / (sums[2] + 1e-3)))
    (across, sure_across), (down, sure_down) = found
    return np.stack([across, down.T]), np.stack([sure_across, sure_down.T])


def _around(values: Values, size: int) -> Values:
    """Each module's neighbourhood: `values` lie between the samples of a row, so they are one short."""
    padded = np.pad(values, ((0, 0), (0, 1))).astype(np.float32)
    whole = cv2.resize(padded, (size + 2 * MARGIN,) * 2, interpolation=cv2.INTER_AREA)
    blurred: Values = cv2.GaussianBlur(whole, (0, 0), _REACH_MODULES)[MARGIN:-MARGIN, MARGIN:-MARGIN]
    return blurred


def _by_slopes(shapes: Transform, phases: Phases, trust: Phases, anchors: Transform, shifts: Phases) -> Transform:
    """The shape whose slopes are those of the phases, and that goes through the patterns that were seen."""
    grid = shapes.reshape(*phases.shape, -1)
    rows, slopes, weights = [_ANCHOR * anchors], [_ANCHOR * shifts], [np.ones(len(shifts))]
    for axis in (0, 1):
        rows.append(np.diff(grid, axis=axis).reshape(-1, shapes.shape[1]))
        slopes.append(_wrapped(np.diff(phases, axis=axis)).ravel())
        ends = np.moveaxis(trust, axis, 0)
        weights.append(np.moveaxis(np.minimum(ends[1:], ends[:-1]), 0, axis).ravel())
    every = max(1, sum(map(len, slopes[1:])) // _LESSONS)
    patterns, others = slice(0, 1), slice(1, 3)
    return _solved(
        *(np.concatenate([*part[patterns], *(p[::every] for p in part[others])]) for part in (rows, slopes, weights))
    )


def _solved(rows: Transform, wanted: Phases, trust: Phases) -> Transform:
    """Least squares; what lies far from the smooth shape is taken for a mistake."""
    found: Transform = np.zeros(rows.shape[1])
    weight = trust
    for _ in range(3):
        weighted = rows * weight[:, None]
        ridge = _STIFFNESS * np.eye(rows.shape[1])
        found = np.asarray(np.linalg.solve(weighted.T @ rows + ridge, weighted.T @ wanted), np.float64)
        weight = trust / (1 + ((wanted - rows @ found) / _MISTAKEN) ** 2)
    return found


def _wrapped(turns: Phases) -> Phases:
    wrapped: Phases = turns - np.round(turns)
    return wrapped
