"""Soft bits: how dark each module of a symbol is, and how certain that is, for a symbol whose pose is known.

Both methods return a log-likelihood ratio for each module. They complement each other.

*Two levels* (`two_levels`). The grey values of dark and of light modules are two normal distributions whose means and
variances change slowly over the symbol. They are estimated in turns: modules are classified by the local contrast, mean
and variance of each class are averaged over the neighbourhood, and the modules are classified again by the ratio of the
two densities. This follows glare, shadows and bands.

*Equaliser* (`equalise`). Blur mixes each module with its neighbours, by a kernel that is unknown but the same all over
the symbol. The inverse is a linear filter over the samples around a module. It is learnt from the modules whose colour
the standard fixes (`standard.Layout.fixed`) by ridge regression; then the modules that the filter decided count as
known too, weighted by their certainty, and the filter is learnt again (decision-directed equalisation). This
undoes defocus, motion and a coarse grid of pixels. Grey values are made linear first, because blur adds up light.

Neither method is believed where the whole neighbourhood is light or dark. The data mask of the standard (clause 7.8)
leaves no such areas, so they are glare or shadow, and their modules become erasures.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.scanner.symbol.code import standard
from kiosk.scanner.symbol.code.codewords import SoftBits
from kiosk.scanner.symbol.code.standard import Bits, Indices
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.sample.pose import MARGIN, Pose, Values, normalise, rectify

MAX_LLR = 8.0  # a log-likelihood ratio is never believed beyond this: one module in 3,000 is wrong

_SAMPLES = 3  # on each side of a module
_MIN_CONTRAST = 6.0  # grey values between dark and light; below, nothing can be decided
_MIN_MINORITY = 0.2  # share of the rarer colour in a neighbourhood at which the modules there are fully believed
_READING_NOISE = 4.0  # grey values, standard deviation
_GAMMA = 2.2  # about that of every camera (IEC 61966-2-1); blur adds up light, not grey values
_REACH = 4  # samples to each side of a module that the equaliser uses; with 5, a filter takes six times as long
_REACH_JOINT = 3  # the same for several pictures: the time grows with the square of the number of samples
_ROUNDS = 3
_EQUATIONS_PER_WEIGHT = 12  # modules to learn from, for each weight of the filter; more cost time and teach little
_LLR_SCALE = 1.5  # 2 for normal noise; less, as a filter fits the modules it was learnt from too well
_RIDGE = 0.004  # small enough for an equaliser that undoes a blur of two modules

_LINEAR = ((np.arange(256) / 255.0) ** _GAMMA * 255).astype(np.float32)


def two_levels(grey: Grey, pose: Pose) -> SoftBits:
    """Return the soft bits by local estimates of the dark and the light level, each with its own variance."""
    rectified = rectify(grey, pose, _SAMPLES, 0)
    values = cv2.resize(rectified, (pose.size,) * 2, interpolation=cv2.INTER_AREA)
    result = cv2.resize(normalise(rectified, _SAMPLES, 5), (pose.size,) * 2, interpolation=cv2.INTER_AREA)
    for _ in range(_ROUNDS):
        dark, dark_variance = _local_level(values, result > 0)
        light, light_variance = _local_level(values, result <= 0)
        result = _distance(values, light, light_variance) - _distance(values, dark, dark_variance)
        result = np.where(values >= light, np.minimum(result, 0), result)
        result = np.where(values <= dark, np.maximum(result, 0), result)
        result = np.where(light - dark < _MIN_CONTRAST, 0, result).astype(np.float32)
    return _limit_belief(result)


def equalise(grey: Grey, pose: Pose) -> SoftBits:
    """Return the soft bits by an equaliser that is learnt from this picture."""
    return equalise_jointly([sample_darkness(grey, pose)], pose.version)


def sample_darkness(grey: Grey, pose: Pose) -> Values:
    """Return the rectified symbol as the input of an equaliser: linear in light, from 1 (dark) to -1 (light)."""
    return normalise(_LINEAR[rectify(grey, pose, _SAMPLES).astype(np.uint8)], _SAMPLES)


def equalise_jointly(pictures: Sequence[Values], version: int) -> SoftBits:
    """Return the soft bits by one equaliser over several pictures of one symbol.

    `pictures` are results of `sample_darkness`. There is one filter for each picture; the filters are learnt together,
    and their outputs are added. Contrast that motion destroyed along one direction is taken from a picture that is
    smeared along another direction.
    """
    layout = standard.layout_of(version)
    reach = _REACH if len(pictures) == 1 else _REACH_JOINT
    chosen = _modules_to_learn_from(layout.fixed, _EQUATIONS_PER_WEIGHT * len(pictures) * (_SAMPLES + 2 * reach) ** 2)
    fixed, dark = layout.fixed[chosen], np.where(layout.dark[chosen], 1, -1).astype(np.float32)
    rows = _samples_around(pictures, chosen, reach)
    wanted, weight = dark, fixed.astype(np.float32)
    for _ in range(_ROUNDS):
        solved = _ridge_regression(rows, wanted, weight)
        output = rows @ solved
        wanted = np.where(fixed, dark, np.sign(output)).astype(np.float32)
        weight = np.where(fixed, 1, np.minimum(np.abs(output), 1)).astype(np.float32)
    kernels = solved[:-1].reshape(len(pictures), _SAMPLES + 2 * reach, -1)
    whole: Values = solved[-1] + sum(map(_filtered, pictures, kernels))
    ideal = np.where(layout.fixed, np.where(layout.dark, 1, -1), np.sign(whole)).astype(np.float32)
    noise = cv2.GaussianBlur((ideal - whole) ** 2, (0, 0), 2.0) + 0.01
    return _limit_belief(_LLR_SCALE * whole / noise)


def _limit_belief(result: Values) -> SoftBits:
    """Clip the soft bits, and weaken them where the neighbourhood is all light or all dark (clause 7.8: glare)."""
    dark = cv2.GaussianBlur((result > 0).astype(np.float32), (0, 0), 2.0)
    belief = np.clip(np.minimum(dark, 1 - dark) / _MIN_MINORITY, 0, 1)
    limited: SoftBits = (np.clip(result, -MAX_LLR, MAX_LLR) * belief).astype(np.float32)
    return limited


def _local_level(values: Values, chosen: NDArray[np.bool_]) -> tuple[Values, Values]:
    """Return mean and variance of the chosen modules around each module, weighted by a Gaussian."""
    share = chosen.astype(np.float32)
    weight = cv2.GaussianBlur(share, (0, 0), 1.8) + 1e-4
    mean = cv2.GaussianBlur(values * share, (0, 0), 1.8) / weight
    variance: Values = cv2.GaussianBlur((values - mean) ** 2 * share, (0, 0), 1.8) / weight
    return mean, variance + np.float32(_READING_NOISE**2)


def _distance(values: Values, mean: Values, variance: Values) -> Values:
    """Return minus the logarithm of the normal density at `values`, without its constant."""
    result: Values = ((values - mean) ** 2 / variance + np.log(variance)) * np.float32(0.5)
    return result


def _modules_to_learn_from(fixed: Bits, most: int) -> tuple[Indices, Indices]:
    """Return rows and columns of at most `most` modules: first those whose colour is fixed, and others, evenly."""
    known, others = np.flatnonzero(fixed), np.flatnonzero(~fixed)
    parts = [part[np.linspace(0, len(part) - 1, min(len(part), most // 2)).astype(int)] for part in (known, others)]
    rows, columns = np.unravel_index(np.concatenate(parts), fixed.shape)
    return rows, columns


def _samples_around(pictures: Sequence[Values], chosen: tuple[Indices, Indices], reach: int) -> Values:
    """Return the samples around each chosen module in each picture, and a 1 for the offset, as the row of a matrix."""
    width, first = _SAMPLES + 2 * reach, MARGIN * _SAMPLES - reach
    y, x = chosen
    around = (
        np.lib.stride_tricks.sliding_window_view(picture, (width, width))[first + y * _SAMPLES, first + x * _SAMPLES]
        for picture in pictures
    )
    return np.column_stack([*(part.reshape(len(y), width**2) for part in around), np.ones(len(y), np.float32)])


def _ridge_regression(rows: Values, wanted: Values, weight: Values) -> Values:
    """Return the weights of the samples whose weighted sums are nearest to the wanted colours."""
    share = np.sqrt(weight)
    weighted = rows * share[:, None]
    ridge = _RIDGE * weight.sum() * np.eye(rows.shape[1], dtype=np.float32)
    # NumPy computes a product with the own transpose in half the time, because it is symmetric.
    solved: Values = np.linalg.solve(weighted.T @ weighted + ridge, weighted.T @ (wanted * share)).astype(np.float32)
    return solved


def _filtered(picture: Values, kernel: Values) -> Values:
    """Return the picture under a filter whose kernel is centred on each module, shape (size, size)."""
    margin, middle = MARGIN * _SAMPLES, _SAMPLES // 2
    everywhere = cv2.filter2D(picture, -1, kernel)[margin:-margin, margin:-margin]
    found: Values = everywhere[middle::_SAMPLES, middle::_SAMPLES]
    return found
