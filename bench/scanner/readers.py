"""The readers of the scanner's bench, the judgement of their results, and the memory that they add.

Times are processor times of the process (`time.process_time`), so the load of other processes does not count.
"""

import contextlib
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
from kiosk.scanner.symbol.grey import Grey

Reader = Callable[[Grey, float], set[bytes]]
"""A function of a picture and its time in seconds that returns the payloads that it reads."""

OTHERS = ("pyzbar", "OpenCV", "zxing-cpp")
UNLIMITED_MS = 1e6
CHARSETS = ("shift_jis", "latin-1", "utf-8-sig")


def name_of(budget_ms: float) -> str:
    """Return the name of the kiosk's reader with this budget."""
    return f"kiosk {budget_ms:g} ms" if budget_ms < UNLIMITED_MS else "kiosk"


def reader_factories(budgets_ms: list[float], streams: bool, slow: float = 1.0) -> dict[str, Callable[[], Reader]]:
    """Return a factory for each reader, by name. A factory imports its decoder when it is called.

    The clock of the kiosk's reader runs `slow` times as fast as the processor time, as on a machine that is as many
    times slower. An exception of the kiosk's reader ends the bench; exceptions of the other decoders count as nothing
    read.
    """
    ours = {name_of(ms): _stream(ms, slow) if streams else _decoder(ms, slow) for ms in budgets_ms}
    others = {"pyzbar": _zbar, "OpenCV": _opencv, "zxing-cpp": _zxing}
    return {name: partial(tolerant, make) for name, make in others.items()} | ours


def tolerant(make: Callable[[], Reader]) -> Reader:
    """Return the reader of `make()`, made to read nothing where it raises: some decoders do on real photographs."""
    reader = make()

    def read(grey: Grey, at_s: float) -> set[bytes]:
        try:
            return reader(grey, at_s)
        except (ValueError, RuntimeError, TypeError, cv2.error):
            return set()

    return read


def first_stage() -> Reader:
    """Return the kiosk's first stage, which reads every picture."""
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


def _decoder(budget_ms: float, slow: float) -> Callable[[], Reader]:
    def make() -> Reader:
        from kiosk.scanner.cascade.decode import Decoder

        decoder = Decoder(budget_ms, now_s=lambda: time.process_time() * slow)
        return lambda grey, _: {code.data for code in decoder.decode(grey).codes}

    return make


def _stream(budget_ms: float, slow: float) -> Callable[[], Reader]:
    def make() -> Reader:
        from kiosk.scanner.cascade.stream import StreamDecoder

        stream = StreamDecoder(budget_ms, now_s=lambda: time.process_time() * slow)
        return lambda grey, at_s: {code.data for code in stream.decode(grey, at_s).codes}

    return make


def timed(reader: Reader, grey: Grey, at_s: float = 0.0, slow: float = 1.0) -> tuple[set[bytes], float]:
    """Return the payloads, and the milliseconds that the reader takes on a machine that is `slow` times slower."""
    began = time.process_time()
    read = reader(grey, at_s)
    return read, (time.process_time() - began) * 1000.0 * slow


def is_right(read: bytes, truth: frozenset[bytes] | None) -> bool:
    """Return True if a payload is in `truth`, or is the same text in another character set.

    The corpora give texts, not bytes. Any payload is right if `truth` is None.
    """
    if truth is None or read in truth:
        return True
    for charset in CHARSETS:
        with contextlib.suppress(UnicodeError):
            if read.decode(charset).encode() in truth:
                return True
    return False


def added_memory_mb(name: str, budget_ms: float, pictures: list[Grey]) -> float:
    """Return the resident megabytes that a reader adds to a new process with NumPy and OpenCV by reading `pictures`."""
    with tempfile.NamedTemporaryFile(suffix=".npy") as file:
        np.save(file, np.stack(pictures))
        file.flush()
        line = (
            f"from bench.scanner.readers import _growth_mb; print(_growth_mb({name!r}, {budget_ms!r}, {file.name!r}))"
        )
        root = Path(__file__).parents[2]
        result = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, check=True, cwd=root)
    return float(result.stdout)


def _growth_mb(name: str, budget_ms: float, path: str) -> float:
    """Return the growth of this process, which must be new."""
    cv2.setNumThreads(1)
    pictures = np.load(path)
    cv2.GaussianBlur(pictures[0], (5, 5), 0)
    before = memory(os.getpid()).resident_mb
    reader = reader_factories([budget_ms], streams=False)[name]()
    for picture in pictures:
        timed(reader, picture)
    return memory(os.getpid()).resident_mb - before
