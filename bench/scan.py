"""How much the scanner reads beside what anyone can install, in one run on one core.

    python bench/scan.py --corpus DIR          photographs: DIR/manifest.json names file, category and payloads_base64
    python bench/scan.py --synth synth.py      drawn screens: --per pictures of each level, --mix of everything at once
    python bench/scan.py --synth synth.py --streams 12      seconds of 30 pictures

Times are of the process on one core (`time.process_time`), so another's load does not count.
"""

import argparse
import base64
import importlib.util
import json
import os
import statistics
import sys
import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy is loaded
sys.path.insert(0, str(Path(__file__).parents[1]))

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray
from pyzbar import pyzbar

from bench.streams import FRAMES_HZ, Grey, Trouble, stream
from kiosk.scanner.decode import Decoder
from kiosk.scanner.stream import Stream

Reader = Callable[[Grey], set[bytes]]
TROUBLES = {
    "still": Trouble(tremor_px=0.0),
    "tremor": Trouble(),
    "glare 0.3": Trouble(glare=0.3),
    "glare 0.4": Trouble(glare=0.4),
    "band 0.9": Trouble(band=0.9),
    "band 1.0": Trouble(band=1.0),
}


@dataclass(slots=True)
class Picture:
    """`truth` is empty when no payload is known: what is read then counts as read."""

    group: str
    grey: Grey
    truth: set[bytes]
    quad: NDArray[np.float64] = field(default_factory=lambda: np.zeros((4, 2)))


@dataclass(slots=True)
class Score:
    shown: int = 0
    read: int = 0
    wrong: int = 0
    ms: list[float] = field(default_factory=list)
    first_ms: list[float] = field(default_factory=list)


def readers(budgets_ms: list[float]) -> dict[str, Reader]:
    cv2.setNumThreads(1)
    detector = cv2.QRCodeDetector()

    def zbar(grey: Grey) -> set[bytes]:
        return {code.data for code in pyzbar.decode(grey, symbols=[pyzbar.ZBarSymbol.QRCODE])}

    def opencv(grey: Grey) -> set[bytes]:
        _, texts, _, _ = detector.detectAndDecodeMulti(grey)
        return {text.encode() for text in texts if text}

    def zxing(grey: Grey) -> set[bytes]:
        return {bytes(code.bytes) for code in zxingcpp.read_barcodes(grey, zxingcpp.BarcodeFormat.QRCodeModel2)}

    def kiosk(budget_ms: float) -> Reader:
        decoder = Decoder(budget_ms, now_s=time.process_time)
        return lambda grey: {reading.data for reading in decoder.decode(grey)}

    others: dict[str, Reader] = {"pyzbar": zbar, "OpenCV": opencv, "zxing-cpp": zxing}
    return others | {f"kiosk {ms:g} ms" if ms < 1e6 else "kiosk": kiosk(ms) for ms in budgets_ms}


def photographs(folder: Path) -> Iterator[Picture]:
    for entry in json.loads((folder / "manifest.json").read_text()):
        grey = cv2.imread(str(folder / entry["file"]), cv2.IMREAD_GRAYSCALE)
        truth = {base64.b64decode(payload) for payload in entry["payloads_base64"] or [] if payload}
        yield Picture(f"{folder.name} {entry['category']}", np.asarray(grey, np.uint8), truth)


def drawn(synth: ModuleType, per: int, mix: int, only: list[str], seed: str = "") -> Iterator[Picture]:
    """The generator's own plan: `per` pictures of each level of each factor, and `mix` of everything."""
    jobs = [
        (factor, level, synth.KINDS[i % 3] if kind is None else kind, factors, f"{seed}{factor}|{level}|{i}")
        for factor, level, factors, kind in synth.plan()
        for i in range(per)
    ]
    for i in range(mix):
        name = f"{seed}mix|{i}"
        kind = synth.KINDS[i % 3]
        jobs.append(("mix", "", kind, synth.mix(np.random.default_rng(zlib.crc32(name.encode())), kind), name + "+"))
    for factor, level, kind, factors, name in jobs:
        group = f"{factor} {level}".strip()
        if only and not any(group.startswith(wanted) for wanted in only):
            continue
        rng = np.random.default_rng(zlib.crc32(f"{name}|{kind}".encode()))
        chosen = dict(factors, roll=float(rng.uniform(0, 360))) if factors.get("roll") == "any" else dict(factors)
        grey, quad, payload, _ = synth.scene(rng, kind, **chosen)
        yield Picture(group, grey, {payload}, quad)


def same(read: bytes, truth: set[bytes]) -> bool:
    """Byte for byte, or the same text in another character set: the corpora give texts."""
    if read in truth or not truth:
        return True
    return any(read.decode(charset, "ignore").encode() in truth for charset in ("shift_jis", "latin-1", "utf-8-sig"))


def judge(score: Score, read: set[bytes], truth: set[bytes], ms: float) -> None:
    score.shown += 1
    score.ms.append(ms)
    score.read += any(same(data, truth) for data in read)
    score.wrong += sum(not same(data, truth) for data in read)


def timed(reader: Reader, grey: Grey) -> tuple[set[bytes], float]:
    began = time.process_time()
    try:
        read = reader(grey)
    except (ValueError, RuntimeError, TypeError, cv2.error):  # some do on real photographs
        read = set()
    return read, (time.process_time() - began) * 1000.0


def stills(pictures: Iterator[Picture], tried: dict[str, Reader]) -> dict[str, dict[str, Score]]:
    scores: dict[str, dict[str, Score]] = defaultdict(lambda: defaultdict(Score))
    for picture in pictures:
        for name, reader in tried.items():
            read, ms = timed(reader, picture.grey)
            judge(scores[picture.group][name], read, picture.truth, ms)
    return scores


def seconds(pictures: list[Picture], budget_ms: float) -> dict[str, dict[str, Score]]:
    """Each picture as a second of frames, under each trouble; a decoder is done with its first right reading."""
    scores: dict[str, dict[str, Score]] = defaultdict(lambda: defaultdict(Score))
    others, ours = readers([]), f"kiosk {budget_ms:g} ms"
    for trouble_name, trouble in TROUBLES.items():
        for number, picture in enumerate(pictures):
            row = scores[f"{trouble_name} of {picture.group.split()[0]}"]
            looked = Stream(budget_ms, now_s=time.process_time)
            waiting = [*others, ours]
            for name in waiting:
                row[name].shown += 1
            for k, frame in enumerate(stream(picture.grey, picture.quad, trouble, number)):
                at_s = k / FRAMES_HZ
                for name in waiting.copy():
                    reader = others.get(name, partial(_look, looked, at_s))
                    read, ms = timed(reader, frame)
                    row[name].ms.append(ms)
                    row[name].wrong += sum(not same(data, picture.truth) for data in read)
                    if any(same(data, picture.truth) for data in read):
                        waiting.remove(name)
                        row[name].read += 1
                        row[name].first_ms.append(at_s * 1000.0 + ms)
    return scores


def _look(looked: Stream, at_s: float, grey: Grey) -> set[bytes]:
    return {reading.data for reading in looked.look(grey, at_s).readings}


def table(scores: dict[str, dict[str, Score]], streams: bool) -> str:
    names = list(next(iter(scores.values())))
    lines = ["| pictures | n | " + " | ".join(names) + " |", "|---|---|" + "---|" * len(names)]
    total: dict[str, Score] = defaultdict(Score)
    for group, row in scores.items():
        lines.append(f"| {group} | {row[names[0]].shown} | " + " | ".join(_read(row[n], streams) for n in names) + " |")
        for name in names:
            total[name].shown += row[name].shown
            total[name].read += row[name].read
            total[name].wrong += row[name].wrong
            total[name].ms += row[name].ms
            total[name].first_ms += row[name].first_ms
    rows = {
        "all, read": [_read(total[n], streams) for n in names],
        "wrong payloads": [str(total[n].wrong) for n in names],
        "ms, median / p95": [_times(total[n].ms) for n in names],
    }
    for title, cells in rows.items():
        lines.append(f"| **{title}** | {total[names[0]].shown} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _times(ms: list[float]) -> str:
    return f"{statistics.median(ms):.1f} / {np.percentile(ms, 95):.0f}"


def _read(score: Score, streams: bool) -> str:
    first = f" ({statistics.median(score.first_ms):.0f} ms)" if streams and score.first_ms else ""
    return f"{score.read}{first}"


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("synth", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--corpus", type=Path, action="append", default=[], metavar="DIR")
    arguments.add_argument("--synth", type=Path, metavar="FILE", help="the generator of drawn screens")
    arguments.add_argument("--per", type=int, default=6)
    arguments.add_argument("--mix", type=int, default=30)
    arguments.add_argument("--only", nargs="*", default=[], metavar="FACTOR")
    arguments.add_argument("--seed", default="", help="another word, other pictures")
    arguments.add_argument("--streams", type=int, default=0, metavar="N", help="seconds, of N base and N mix scenes")
    arguments.add_argument("--budgets", type=float, nargs="*", default=[5, 20, 40, 1e9], metavar="MS")
    asked = arguments.parse_args()
    print(f"zxing-cpp {version('zxing-cpp')}, OpenCV {cv2.__version__}, Python {sys.version.split()[0]}\n")
    for folder in asked.corpus:
        print(table(stills(photographs(folder), readers(asked.budgets)), streams=False) + "\n", flush=True)
    if asked.synth and not asked.streams:
        pictures = drawn(_module(asked.synth), asked.per, asked.mix, asked.only, asked.seed)
        print(table(stills(pictures, readers(asked.budgets)), streams=False) + "\n")
    if asked.synth and asked.streams:
        synth = _module(asked.synth)
        base = list(drawn(synth, asked.streams, 0, ["base"], asked.seed))
        mix = list(drawn(synth, 0, asked.streams, [], asked.seed))
        print(table(seconds(base, 40.0) | seconds(mix, 40.0), streams=True))


if __name__ == "__main__":
    main()
