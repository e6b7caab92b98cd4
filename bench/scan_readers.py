"""Who reads in the scanner's bench, how what they read is judged, and how much memory they add.

Times are of the process on one core (`time.process_time`), so another's load does not count.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from bench.machine import memory
from bench.scan_pictures import Grey

Reader = Callable[[Grey, float], set[bytes]]
"""Reads a picture taken at so many seconds."""

OTHERS = ("pyzbar", "OpenCV", "zxing-cpp")
UNLIMITED_MS = 1e6
CHARSETS = ("shift_jis", "latin-1", "utf-8-sig")


def name_of(budget_ms: float) -> str:
    return f"kiosk {budget_ms:g} ms" if budget_ms < UNLIMITED_MS else "kiosk"


def makers(budgets_ms: list[float], streams: bool) -> dict[str, Callable[[], Reader]]:
    """For each name what makes a fresh reader; the decoders are imported when they are made.

    What ours raises ends the bench; the others' exceptions count as nothing read.
    """
    ours = {name_of(ms): _stream(ms) if streams else _decoder(ms) for ms in budgets_ms}
    others = {"pyzbar": _zbar, "OpenCV": _opencv, "zxing-cpp": _zxing}
    return {name: partial(forgiving, make) for name, make in others.items()} | ours


def forgiving(make: Callable[[], Reader]) -> Reader:
    """The reader, with nothing read where it raises: some do on real photographs."""
    reader = make()

    def read(grey: Grey, at_s: float) -> set[bytes]:
        try:
            return reader(grey, at_s)
        except (ValueError, RuntimeError, TypeError, cv2.error):
            return set()

    return read


def glance() -> Reader:
    """The kiosk's stage that looks at every picture."""
    from kiosk.scanner.cascade.decode import Decoder
    from kiosk.scanner.cascade.stages import STAGES

    decoder = Decoder(0.0, now_s=time.process_time, stages=STAGES[:1])
    return lambda grey, _: {code.data for code in decoder.decode(grey).codes}


def _zbar() -> Reader:
    from pyzbar import pyzbar

    return lambda grey, _: {code.data for code in pyzbar.decode(grey, symbols=[pyzbar.ZBarSymbol.QRCODE])}


def _opencv() -> Reader:
    detector = cv2.QRCodeDetector()
    return lambda grey, _: {text.encode() for text in detector.detectAndDecodeMulti(grey)[1] if text}


def _zxing() -> Reader:
    import zxingcpp

    formats = zxingcpp.BarcodeFormat.QRCodeModel2
    return lambda grey, _: {bytes(code.bytes) for code in zxingcpp.read_barcodes(grey, formats)}


def _decoder(budget_ms: float) -> Callable[[], Reader]:
    def make() -> Reader:
        from kiosk.scanner.cascade.decode import Decoder

        decoder = Decoder(budget_ms, now_s=time.process_time)
        return lambda grey, _: {code.data for code in decoder.decode(grey).codes}

    return make


def _stream(budget_ms: float) -> Callable[[], Reader]:
    def make() -> Reader:
        from kiosk.scanner.cascade.stream import StreamDecoder

        stream = StreamDecoder(budget_ms, now_s=time.process_time)
        return lambda grey, at_s: {code.data for code in stream.decode(grey, at_s).codes}

    return make


def timed(reader: Reader, grey: Grey, at_s: float = 0.0) -> tuple[set[bytes], float]:
    """What was read and the milliseconds it took."""
    began = time.process_time()
    read = reader(grey, at_s)
    return read, (time.process_time() - began) * 1000.0


def same(read: bytes, truth: frozenset[bytes] | None) -> bool:
    """Byte for byte, or the same text in another character set: the corpora give texts. Any, where none is known."""
    if truth is None or read in truth:
        return True
    return any(_as_utf8(read, charset) in truth for charset in CHARSETS)


def _as_utf8(read: bytes, charset: str) -> bytes | None:
    """None for what is no text in this character set."""
    try:
        return read.decode(charset).encode()
    except UnicodeError:
        return None


def added_memory_mb(name: str, budget_ms: float, pictures: list[Grey]) -> float:
    """Resident megabytes that a reader adds to a fresh process with NumPy and OpenCV once it read these pictures."""
    with tempfile.NamedTemporaryFile(suffix=".npy") as file:
        np.save(file, np.stack(pictures))
        file.flush()
        line = f"from bench.scan_readers import _grown_mb; print(_grown_mb({name!r}, {budget_ms!r}, {file.name!r}))"
        root = Path(__file__).parents[1]
        told = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, check=True, cwd=root)
    return float(told.stdout)


def _grown_mb(name: str, budget_ms: float, path: str) -> float:
    """In a fresh process only."""
    cv2.setNumThreads(1)
    pictures = np.load(path)
    cv2.GaussianBlur(pictures[0], (5, 5), 0)
    before = memory(os.getpid()).resident_mb
    reader = makers([budget_ms], streams=False)[name]()
    for picture in pictures:
        timed(reader, picture)
    return memory(os.getpid()).resident_mb - before
