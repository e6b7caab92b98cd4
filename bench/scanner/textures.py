"""Drawn pictures without a QR code that a reader may take for one: text, other codes, tiles, noise, and false symbols.

Each drawing takes a generator of random numbers and returns a picture of `WIDTH` x `HEIGHT` pixels. A *false symbol*
has the finder patterns, timing and format of a QR code, and its modules are random, so its codewords have no sense.
"""

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
import segno
import zxingcpp
from numpy.random import Generator
from numpy.typing import NDArray

from kiosk.scanner.symbol.code import standard
from kiosk.scanner.symbol.grey import Grey

WIDTH, HEIGHT = 1280, 960
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
FINDER = np.pad(np.pad(np.ones((3, 3), bool), 1), 1, constant_values=True)

Levels = NDArray[np.float64]
"""Grey levels before they are rounded to bytes."""


def drawn(kind: str, random: Generator) -> Grey:
    """Return a picture of this kind, one of `KINDS`, as a camera sees it: askew, blurred, dim or bright, and noisy."""
    picture = KINDS[kind](random).astype(np.float32)
    frame = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float32)
    shift = random.uniform(0, 0.25)
    seen = (frame + random.uniform(-shift, shift, (4, 2)) * [WIDTH, HEIGHT]).astype(np.float32)
    view = cv2.getPerspectiveTransform(frame, seen)
    picture = cv2.warpPerspective(picture, view, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
    if random.random() < 0.5:
        picture = cv2.GaussianBlur(picture, (0, 0), random.uniform(0.4, 3))
    if random.random() < 0.3:
        picture = picture * random.uniform(0.2, 1.6)
    if random.random() < 0.2:
        picture = 255 - picture
    noise = random.normal(0, random.uniform(1, 14), picture.shape)
    levels: Levels = np.clip(picture + noise, 0, 255)
    return levels.astype(np.uint8)


def _wall(random: Generator) -> Levels:
    return np.full((HEIGHT, WIDTH), random.uniform(120, 250))


def _placed(random: Generator, thing: Levels) -> Levels:
    """Return a wall with `thing` on it, at any place and of any size."""
    scale = random.uniform(0.3, 0.95) * min(WIDTH / thing.shape[1], HEIGHT / thing.shape[0])
    how = cv2.INTER_NEAREST if scale > 1 else cv2.INTER_AREA
    thing = cv2.resize(thing, None, fx=scale, fy=scale, interpolation=how)
    picture = _wall(random)
    top = random.integers(0, HEIGHT - thing.shape[0] + 1)
    left = random.integers(0, WIDTH - thing.shape[1] + 1)
    picture[top : top + thing.shape[0], left : left + thing.shape[1]] = thing
    return picture


def _text(random: Generator) -> Levels:
    picture, y = _wall(random).astype(np.uint8), 30.0
    while y < HEIGHT:
        x, scale = 20.0, random.uniform(0.4, 1.4)
        while x < WIDTH - 60:
            word = "".join(random.choice(list(LETTERS + LETTERS.lower() + "@#%&"), random.integers(2, 11)))
            font, ink, line = int(random.integers(0, 8)), random.uniform(0, 80), int(random.integers(1, 3))
            cv2.putText(picture, word, (int(x), int(y)), font, scale, ink, line, cv2.LINE_AA)
            x += len(word) * 18 * scale + 14
        y += 34 * scale + 8
    return picture.astype(np.float64)


def _other_code(code: zxingcpp.BarcodeFormat, alphabet: str, lengths: tuple[int, int], random: Generator) -> Levels:
    """Return a code that is no QR code, with a text of random letters."""
    text = "".join(random.choice(list(alphabet), random.integers(*lengths)))
    written = zxingcpp.create_barcode(text, code).to_image(scale=8)
    return _placed(random, np.array(written).astype(np.float64))


def _chess_board(random: Generator) -> Levels:
    side_px = int(random.integers(4, 60))
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return np.where((x // side_px + y // side_px) % 2, random.uniform(0, 60), random.uniform(160, 255))


def _bricks(random: Generator) -> Levels:
    width_px, height_px = int(random.integers(20, 120)), int(random.integers(10, 60))
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    x = x + (y // height_px) % 2 * width_px // 2
    bricks = 90 + 60 * random.random((HEIGHT // height_px + 2, WIDTH // width_px + 3))
    joints = (x % width_px < 4) | (y % height_px < 4)
    return np.where(joints, random.uniform(150, 250), bricks[y // height_px, x // width_px])


def _stripes(random: Generator) -> Levels:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    angle, period_px = random.uniform(0, np.pi), random.uniform(3, 60)
    across: Levels = (x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / period_px
    return 128 + 100 * np.sign(np.sin(across))


def _blocks(random: Generator) -> Levels:
    side_px = int(random.integers(2, 16))
    dark = random.random((HEIGHT // side_px + 1, WIDTH // side_px + 1)) < random.uniform(0.3, 0.7)
    return np.kron(dark, np.full((side_px, side_px), random.uniform(60, 220)))[:HEIGHT, :WIDTH] + 20


def _noise(random: Generator) -> Levels:
    picture, blur = random.normal(128, 60, (HEIGHT, WIDTH)), random.uniform(0, 6)
    return cv2.GaussianBlur(picture, (0, 0), blur) if blur > 0.4 else picture


def _clouds(random: Generator) -> Levels:
    picture = np.zeros((HEIGHT, WIDTH))
    for octave in range(1, 8):
        coarse = random.normal(0, 1, (2**octave * 3, 2**octave * 4))
        picture += cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC) / 1.6**octave
    return 128 + picture * 60


def _circles(random: Generator) -> Levels:
    picture = _wall(random)
    for _ in range(random.integers(10, 200)):
        centre = int(random.integers(0, WIDTH)), int(random.integers(0, HEIGHT))
        line = cv2.FILLED if random.random() < 0.5 else 3
        cv2.circle(picture, centre, int(random.integers(3, 80)), random.uniform(0, 255), line, cv2.LINE_AA)
    return picture


def _loose_finders(random: Generator) -> Levels:
    """Return finder patterns of different sizes, which belong to no symbol."""
    picture = _wall(random)
    for _ in range(random.integers(3, 60)):
        module_px = int(random.integers(2, 16))
        finder = _painted(FINDER, module_px)
        top, left = random.integers(0, HEIGHT - 7 * module_px), random.integers(0, WIDTH - 7 * module_px)
        picture[top : top + 7 * module_px, left : left + 7 * module_px] = finder
    return picture


def _random_modules(random: Generator) -> Levels:
    """Return a symbol in which all modules are random but those that are the same in every symbol of its version."""
    layout = standard.layout_of(int(random.integers(1, 26)))
    modules = np.where(layout.fixed, layout.dark, random.random((layout.size, layout.size)) < 0.5)
    return _placed(random, _painted(np.pad(modules, 4), 6))


def _random_codewords(random: Generator) -> Levels:
    """Return a symbol with a format and a version of its own, in which the modules of all codewords are random."""
    version, level = int(random.integers(2, 21)), str(random.choice(list("lmqh")))
    text = "".join(random.choice(list(LETTERS), random.integers(5, 20)))
    made = segno.make(text, version=version, error=level, boost_error=False, micro=False)
    modules = np.array([list(row) for row in made.matrix], bool)
    is_codeword = np.zeros(modules.size, bool)
    is_codeword[standard.layout_of(version).data.ravel()] = True
    modules = np.where(is_codeword.reshape(modules.shape), random.random(modules.shape) < 0.5, modules)
    return _placed(random, _painted(np.pad(modules, 4), 6))


def _painted(modules: NDArray[np.bool_], module_px: int) -> Levels:
    return np.where(modules, 20.0, 235.0).repeat(module_px, 0).repeat(module_px, 1)


CODES = zxingcpp.BarcodeFormat
KINDS: dict[str, Callable[[Generator], Levels]] = {
    "text": _text,
    "Data Matrix": partial(_other_code, CODES.DataMatrix, LETTERS, (4, 120)),
    "Aztec": partial(_other_code, CODES.Aztec, LETTERS, (4, 200)),
    "PDF417": partial(_other_code, CODES.PDF417, LETTERS, (10, 200)),
    "MaxiCode": partial(_other_code, CODES.MaxiCode, LETTERS, (3, 60)),
    "Code 128": partial(_other_code, CODES.Code128, LETTERS, (4, 30)),
    "EAN-13": partial(_other_code, CODES.EAN13, "0123456789", (12, 13)),
    "Micro QR": partial(_other_code, CODES.MicroQRCode, "0123456789", (2, 20)),
    "rMQR": partial(_other_code, CODES.RMQRCode, LETTERS, (3, 60)),
    "chess board": _chess_board,
    "bricks": _bricks,
    "stripes": _stripes,
    "blocks": _blocks,
    "noise": _noise,
    "clouds": _clouds,
    "circles": _circles,
    "loose finder patterns": _loose_finders,
    "random modules": _random_modules,
    "random codewords": _random_codewords,
}
