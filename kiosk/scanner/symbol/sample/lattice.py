"""The bend of a symbol's paper, found from the lattice on which the edges of all modules lie.

The edges between dark and light modules lie at whole numbers of modules, whatever the symbol encodes. If a symbol on
bent paper is rectified as if it were flat, the edges are displaced. Around each module the displacement is measured as
the *phase* of the edges relative to the nominal lattice: the strengths of the grey steps, as complex numbers whose
angle is the position within a module, are summed over the neighbourhood. The angle of the sum is the displacement, and
its magnitude relative to the sum of the strengths is the trust in it.

A phase is known only up to whole modules. The difference of the phases of neighbouring modules is small, so it is known
without that ambiguity; it is the slope of the displacement. Therefore a polynomial of degree 3 is fitted to the slopes
first, together with the displacements of the finder and alignment patterns that were seen, which are absolute. After
three rounds the remaining displacement is taken to be below half a module, and the last round fits the phases
themselves. All modules contribute, so this works in any version, whatever patterns it has.
"""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.sample.pose import (
    MARGIN,
    Matrix,
    Points,
    Pose,
    Values,
    locate_patterns,
    monomials,
    normalise,
    rectify,
)

_SAMPLES = 3  # on each side of a module
_REACH_MODULES = 1.6  # standard deviation of the neighbourhood; a slope of one in three still has a phase
_ROUNDS = 4  # the last one fits the phases themselves
_PATTERN_WEIGHT = 0.5  # of a pattern's displacement relative to that of one slope
_MAX_EQUATIONS = 3000  # more cost time and do not improve the fit
_RIDGE = 1e-2  # regularisation of the least squares
_OUTLIER = 0.12  # modules, or modules a module; a residual of this size halves the weight
_FLAT_MODULES = 0.25  # paper whose displacement is smaller everywhere is read as flat

Phases = NDArray[np.float64]
"""Displacements in modules, or the trust in them, for each module."""


def fit_bend(grey: Grey, pose: Pose) -> Pose | None:
    """Return the pose with the bend of the paper; None if the modules lie as on flat paper, or no lattice is seen."""
    across, down = np.meshgrid(np.arange(pose.size) + 0.5, np.arange(pose.size) + 0.5)
    basis = monomials(np.stack([across, down], axis=-1).reshape(-1, 2), pose.size)
    weights = np.zeros((basis.shape[1], 2))
    for number in range(_ROUNDS):
        seen = normalise(rectify(grey, replace(pose, bend=weights), _SAMPLES), _SAMPLES)
        phases, trust = _phases(seen, pose.size)
        if number < _ROUNDS - 1:
            expected, found = locate_patterns(seen, pose.version, _SAMPLES)
            at_patterns = monomials(expected, pose.size)
            change = [_fit_slopes(basis, phases[k], trust[k], at_patterns, (found - expected)[:, k]) for k in (0, 1)]
        else:
            every = max(1, len(basis) // _MAX_EQUATIONS)
            change = [_solve(basis[::every], phases[k].ravel()[::every], trust[k].ravel()[::every]) for k in (0, 1)]
        weights = weights + np.column_stack(change)
    if float(np.abs(basis @ weights).max()) < _FLAT_MODULES:
        return None
    return replace(pose, bend=weights)


def _phases(seen: Values, size: int) -> tuple[Phases, Phases]:
    """Return the phase of the edges around each module, and the trust in it from 0 to 1.

    Both have the shape (2, size, size), across first, then down. Phases are in modules, -0.5 to 0.5.
    """
    angles = 2 * np.pi * np.arange(1, len(seen), dtype=np.float32) / _SAMPLES
    cosine, sine = np.cos(angles), np.sin(angles)
    found = []
    for steps in (np.diff(seen, axis=1), np.diff(seen, axis=0).T):
        strength = steps**2
        sums = [_sum_around(part, size) for part in (strength * cosine, strength * sine, strength)]
        total = sums[0] + 1j * sums[1]
        found.append((np.angle(total) / (2 * np.pi), np.abs(total) / (sums[2] + 1e-3)))
    (across, trust_across), (down, trust_down) = found
    return np.stack([across, down.T]), np.stack([trust_across, trust_down.T])


def _sum_around(values: Values, size: int) -> Values:
    """Return the weighted mean over each module's neighbourhood.

    `values` lie between the samples of a row, so each row is one value short.
    """
    padded = np.pad(values, ((0, 0), (0, 1))).astype(np.float32)
    whole = cv2.resize(padded, (size + 2 * MARGIN,) * 2, interpolation=cv2.INTER_AREA)
    blurred: Values = cv2.GaussianBlur(whole, (0, 0), _REACH_MODULES)[MARGIN:-MARGIN, MARGIN:-MARGIN]
    return blurred


def _fit_slopes(basis: Matrix, phases: Phases, trust: Phases, at_patterns: Points, shifts: Phases) -> Matrix:
    """Return the polynomial whose slopes are those of the phases, and whose values at the patterns are `shifts`."""
    grid = basis.reshape(*phases.shape, -1)
    rows, wanted, weights = [_PATTERN_WEIGHT * at_patterns], [_PATTERN_WEIGHT * shifts], [np.ones(len(shifts))]
    for axis in (0, 1):
        rows.append(np.diff(grid, axis=axis).reshape(-1, basis.shape[1]))
        steps = np.diff(phases, axis=axis)
        wanted.append((steps - np.round(steps)).ravel())
        ends = np.moveaxis(trust, axis, 0)
        weights.append(np.moveaxis(np.minimum(ends[1:], ends[:-1]), 0, axis).ravel())
    every = max(1, sum(map(len, wanted[1:])) // _MAX_EQUATIONS)
    return _solve(*(np.concatenate([part[0], *(p[::every] for p in part[1:])]) for part in (rows, wanted, weights)))


def _solve(rows: Matrix, wanted: Phases, trust: Phases) -> Matrix:
    """Return the weights of the monomials by iteratively reweighted least squares, which plays down outliers."""
    found: Matrix = np.zeros(rows.shape[1])
    weight = trust
    for _ in range(3):
        weighted = rows * weight[:, None]
        ridge = _RIDGE * np.eye(rows.shape[1])
        found = np.asarray(np.linalg.solve(weighted.T @ rows + ridge, weighted.T @ wanted), np.float64)
        weight = trust / (1 + ((wanted - rows @ found) / _OUTLIER) ** 2)
    return found
