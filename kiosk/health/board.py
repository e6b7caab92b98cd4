"""Who still beats: heartbeats of the loop and the workers in, names of those that are stuck out.

Rule 1: pure. Rule 2: systemd's watchdog is fed only while nobody is stuck; then it restarts the whole kiosk.
"""

from collections.abc import Mapping

DEFAULT_LIMIT_S = 5.0
"""Everybody beats each second; this leaves room for a slow card and a busy processor."""

LIMITS_S: Mapping[str, float] = {
    # one question to the status service, connection and answer, takes as long as the settings allow it to
    "credentials": 30.0,
    # a scanner that hangs in the kernel is given up by its supervisor, who waits for that
    "camera": 15.0,
}


def stuck(beats_at_s: Mapping[str, float], now_s: float, limits_s: Mapping[str, float] = LIMITS_S) -> tuple[str, ...]:
    """The names whose last beat is longer ago than their limit, in the order of the alphabet."""
    return tuple(
        sorted(name for name, at_s in beats_at_s.items() if now_s - at_s > limits_s.get(name, DEFAULT_LIMIT_S))
    )


def status_text(names: tuple[str, ...], faults: tuple[str, ...] = ()) -> str:
    """What systemd shows: who is stuck and which faults there are, or that all is well."""
    beats = f"stuck: {', '.join(names)}" if names else "all parts beat"
    return f"{beats}; faults: {', '.join(faults)}" if faults else beats
