"""The bend of a symbol's paper, found from the lattice on which the edges of all modules lie.

The edges between dark and light modules lie at whole numbers of modules, whatever the symbol encodes. If a symbol on
bent paper is rectified as if it were flat, the edges are displaced. Around each module the displacement is measured as
the *phase* of the edges relative to the nominal lattice: the strengths of the grey steps, as complex numbers whose
angle is the position within a module, are summed over the neighbourhood. The angle of the sum is the displacement, and
its magnitude relative to the sum of the strengths is the trust in it.

A phase is known only up to whole modules. The difference of the phases of neighbouring modules is small, so it is known
without that ambiguity; it is the slope of the displacement. Therefore a polynomial of degree 3 is fitted to the slopes
first, together with the displacements of the finder and alignment patterns that were seen, which are absolute. Once a
round moves nothing by half a module, the phases are taken to be unambiguous, and a last round fits the phases
themselves. All modules contribute, so this works in any version, whatever patterns it has. Most paper is flat, which
the first round shows.
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
_MAX_ROUNDS = 4  # that fit slopes
_UNAMBIGUOUS_MODULES = 0.5
_PATTERN_WEIGHT = 0.5  # of a pattern's displacement relative to that of one slope
_MAX_EQUATIONS = 2000  # more cost time and do not improve the fit
_RIDGE = 1e-2  # regularisation of the least squares
_OUTLIER = 0.12  # modules, or modules a module; a residual of this size halves the weight
_FLAT_MODULES = 0.25  # paper whose displacement is smaller everywhere is read as flat

Phases = NDArray[np.float64]
"""Displacements in modules, or the trust in them, for each module."""


def fit_bend(grey: Grey, pose: Pose) -> Pose | None:
    """Return the pose with the bend of the paper; None if the modules lie as on flat paper, or no lattice is seen."""
    across, down = np.meshgrid(np.arange(pose.size) + 0.5, np.arange(pose.size) + 0.5)
    basis = monomials(np.stack([across, down], axis=-1).reshape(-1, 2), pose.size)
    slopes = _of_neighbours(np.subtract, basis.reshape(pose.size, pose.size, -1))
    weights = np.zeros((basis.shape[1], 2))
    for number in range(_MAX_ROUNDS):
        seen, phases, trust = _lattice(grey, replace(pose, bend=weights) if number else pose)
        expected, found = locate_patterns(seen, pose.version, _SAMPLES)
        at_patterns = monomials(expected, pose.size)
        change = np.column_stack(
            [_fit_slopes(slopes, phases[k], trust[k], at_patterns, (found - expected)[:, k]) for k in (0, 1)]
        )
        weights = weights + change
        moved = float(np.abs(basis @ change).max())
        if not number and moved < _FLAT_MODULES:
            return None
        if moved < _UNAMBIGUOUS_MODULES:
            break
    _, phases, trust = _lattice(grey, replace(pose, bend=weights))
    every = max(1, len(basis) // _MAX_EQUATIONS)
    rest = [_solve(basis[::every], phases[k].ravel()[::every], trust[k].ravel()[::every]) for k in (0, 1)]
    bend = weights + np.column_stack(rest)
    return None if float(np.abs(basis @ bend).max()) < _FLAT_MODULES else replace(pose, bend=bend)


def _lattice(grey: Grey, pose: Pose) -> tuple[Values, Phases, Phases]:
    """Return the rectified and normalised symbol, and phases and trust as `_phases` does."""
    seen = normalise(rectify(grey, pose, _SAMPLES), _SAMPLES)
    return seen, *_phases(seen)


def _phases(seen: Values) -> tuple[Phases, Phases]:
    """Return the phase of the edges around each module, and the trust in it from 0 to 1.

    Both have the shape (2, size, size), across first, then down. Phases are in modules, -0.5 to 0.5.
    """
    side, angles = len(seen) // _SAMPLES, 2 * np.pi * np.arange(1, _SAMPLES + 1) / _SAMPLES
    waves = np.column_stack([np.cos(angles), np.sin(angles), np.ones(_SAMPLES)]) / _SAMPLES
    found = []
    for steps in (np.diff(seen, axis=1), np.diff(seen, axis=0).T):
        strength = cv2.copyMakeBorder(steps**2, 0, 0, 0, 1, cv2.BORDER_CONSTANT)  # steps lie between the samples
        rows = cv2.resize(strength, (len(seen), side), interpolation=cv2.INTER_AREA)
        of_modules = rows.reshape(side, side, _SAMPLES) @ waves
        around = cv2.GaussianBlur(of_modules, (0, 0), _REACH_MODULES)[MARGIN:-MARGIN, MARGIN:-MARGIN]
        cosine, sine, total = np.moveaxis(around, 2, 0)
        found.append((np.arctan2(sine, cosine) / (2 * np.pi), np.hypot(cosine, sine) / (total + 1e-3)))
    (across, trust_across), (down, trust_down) = found
    return np.stack([across, down.T]), np.stack([trust_across, trust_down.T])


def _fit_slopes(slopes: Matrix, phases: Phases, trust: Phases, at_patterns: Points, shifts: Phases) -> Matrix:
    """Return the polynomial whose slopes are those of the phases, and whose values at the patterns are `shifts`."""
    steps = _of_neighbours(np.subtract, phases)
    rows = np.concatenate([_PATTERN_WEIGHT * at_patterns, slopes])
    wanted = np.concatenate([_PATTERN_WEIGHT * shifts, steps - np.round(steps)])
    return _solve(rows, wanted, np.concatenate([np.ones(len(shifts)), _of_neighbours(np.minimum, trust)]))


def _of_neighbours(function: np.ufunc, grid: Matrix) -> Matrix:
    """Return the function of each module and the one before it, down and across, for every n-th pair of them."""
    down, across = function(grid[1:], grid[:-1]), function(grid[:, 1:], grid[:, :-1])
    pairs: Matrix = np.concatenate([part.reshape(-1, *grid.shape[2:]) for part in (down, across)])
    return pairs[:: max(1, len(pairs) // _MAX_EQUATIONS)]


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
