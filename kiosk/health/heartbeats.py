"""Supervision of the threads: find the threads that hang, by the heartbeats of the loop and the workers.

Rule 1: these functions are pure.
Rule 2: a thread that hangs ends the whole kiosk, and systemd starts it again (see `composition.supervision`).
"""

from collections.abc import Mapping

DEFAULT_LIMIT_S = 5.0
"""Limit of the threads outside `LIMITS_S`. Heartbeats come each second; a slow card or processor delays them."""

LIMITS_S: Mapping[str, float] = {
    # one question to the status service, connection and answer, takes as long as the settings allow
    "credentials": 30.0,
    # the supervisor of the scanner waits until it gives up a scanner that hangs in the kernel
    "camera": 15.0,
    # a card that stalls: the kernel gives up a command after 10 s (drivers/mmc/host/sdhci.c), and then the write fails
    # instead; no visitor is admitted meanwhile
    "journal": 15.0,
    "bundles": 15.0,
}


def stuck(beats_at_s: Mapping[str, float], now_s: float, limits_s: Mapping[str, float] = LIMITS_S) -> tuple[str, ...]:
    """Return the names of the threads whose last heartbeat is older than their limit, in alphabetical order.

    beats_at_s: the time of each thread's last heartbeat, by its name. now_s: the time now. Both in monotonic seconds.
    """
    return tuple(
        sorted(name for name, at_s in beats_at_s.items() if now_s - at_s > limits_s.get(name, DEFAULT_LIMIT_S))
    )


def status_text(names: tuple[str, ...], faults: tuple[str, ...] = ()) -> str:
    """Return the status line for systemd: the stuck threads `names` or "all parts respond", then the faults, if any."""
    return with_faults(f"stuck: {', '.join(names)}" if names else "all parts respond", faults)


def with_faults(text: str, faults: tuple[str, ...]) -> str:
    """Return `text`, followed by the faults, if any."""
    return f"{text}; faults: {', '.join(faults)}" if faults else text
