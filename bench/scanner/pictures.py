"""The pictures of the scanner's bench: photographs of a corpus, pictures without a code, and drawn phone screens."""

import base64
import importlib.util
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.errors import KioskError
from kiosk.scanner.symbol.grey import Grey

Corners = NDArray[np.float64]
SUFFIXES = {".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".tif", ".tiff", ".webp"}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture. `factor` and `level` name its row in the tables.

    truth: the payloads of its codes. Empty if it has no code; None if they are not known, so that any payload is right.
    """

    factor: str
    level: str
    grey: Grey
    truth: frozenset[bytes] | None


@dataclass(frozen=True, slots=True)
class Job:
    """One drawing of the generator: the arguments of its `scene`, and the seed of its random numbers."""

    factor: str
    level: str
    kind: str
    factors: dict[str, Any]
    seed: int


def photographs(folder: Path) -> Iterator[Picture]:
    """Yield the corpus in `folder`. Its `manifest.json` names each file, and category and payloads_base64 if known.

    Raises `KioskError` if the manifest or a picture cannot be used.
    """
    for entry in _manifest(folder / "manifest.json"):
        file = folder / entry["file"]
        grey = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
        if grey is None:
            raise KioskError(f"'{file}' is not a picture that OpenCV reads; correct the manifest or add the picture")
        try:
            truth = _truth(entry.get("payloads_base64"))
        except (ValueError, TypeError) as error:
            raise KioskError(
                f"'{file}': its payloads_base64 are not a list of base64: {error}; correct the manifest"
            ) from None
        yield Picture(folder.resolve().name, str(entry.get("category") or ""), np.asarray(grey, np.uint8), truth)


def _manifest(file: Path) -> list[dict[str, Any]]:
    try:
        entries = json.loads(file.read_bytes())
    except OSError as error:
        remedy = "name a folder with a manifest.json"
        raise KioskError(f"'{file}' cannot be read: {error.strerror}; {remedy}") from None
    except ValueError as error:
        raise KioskError(f"'{file}' is not JSON: {error}; correct it") from None
    if not isinstance(entries, list):
        raise KioskError(f"'{file}' is not a list; write a list of entries, one for each picture")
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict) or not isinstance(entry.get("file"), str):
            raise KioskError(f"'{file}': entry {number} of {len(entries)} has no 'file'; add it")
    return entries


def _truth(payloads: list[str | None] | None) -> frozenset[bytes] | None:
    """Return the payloads of a picture; None if one of them is not known, because any payload may be of that code."""
    if payloads is None or None in payloads:
        return None
    return frozenset(base64.b64decode(payload or "", validate=True) for payload in payloads)


def pictures_without_code(folder: Path) -> Iterator[Picture]:
    """Yield every picture below `folder`. Raises `KioskError` if there is none."""
    found = False
    for path in sorted(folder.rglob("*")):
        grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) if path.suffix.lower() in SUFFIXES else None
        if grey is not None:
            found = True
            yield Picture(folder.resolve().name, path.parent.name, np.asarray(grey, np.uint8), frozenset())
    if not found:
        raise KioskError(f"'{folder}' contains no picture; name a folder of PNG or JPEG files")


def planned_jobs(synth: ModuleType, per: int, mix: int, only: list[str], seed: str = "") -> list[Job]:
    """Return the drawings of the generator's own plan, those whose row begins with a name in `only`.

    There are `per` pictures of each level of each factor, and `mix` pictures with all factors at once.
    """
    planned = [
        (factor, level, synth.KINDS[i % 3] if kind is None else kind, factors, f"{seed}{factor}|{level}|{i}")
        for factor, level, factors, kind in synth.plan()
        for i in range(per)
    ]
    for i in range(mix):
        name, kind = f"{seed}mix|{i}", synth.KINDS[i % 3]
        factors = synth.mix(np.random.default_rng(zlib.crc32(name.encode())), kind)
        planned.append(("mix", "", kind, factors, name + "+"))
    return [
        Job(factor, level, kind, factors, zlib.crc32(f"{name}|{kind}".encode()))
        for factor, level, kind, factors, name in planned
        if not only or any(f"{factor} {level}".startswith(wanted) for wanted in only)
    ]


def draw(synth: ModuleType, job: Job, **changed: Any) -> tuple[Grey, Corners, bytes]:
    """Return the picture, the corners of its symbol in pixels, and its payload.

    `changed` are factors that replace those of the job.
    """
    rng = np.random.default_rng(job.seed)
    factors = job.factors | ({"roll": float(rng.uniform(0, 360))} if job.factors.get("roll") == "any" else {})
    grey, quad, payload, _ = synth.scene(rng, job.kind, **(factors | changed))
    return grey, quad, payload


def draw_all(synth: ModuleType, wanted: list[Job]) -> Iterator[Picture]:
    """Yield the picture of each job."""
    for job in wanted:
        grey, _, payload = draw(synth, job)
        yield Picture(job.factor, job.level, grey, frozenset([payload]))


def load_generator(path: Path) -> ModuleType:
    """Return the generator of drawn screens in this file. Raises `KioskError` if it is not a Python file."""
    spec = importlib.util.spec_from_file_location("synth", path) if path.is_file() else None
    if spec is None or spec.loader is None:
        raise KioskError(f"'{path}' is not a Python file; name the generator of drawn screens")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
