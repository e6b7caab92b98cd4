"""The scores of streams: every reader sees the same pictures, but for those that came while it was busy."""

from collections.abc import Callable, Iterator
from types import ModuleType

from bench.scanner import scenes
from bench.scanner.approach import approach
from bench.scanner.pictures import Job, draw
from bench.scanner.readers import Reader, timed
from bench.scanner.scenes import Shot, in_time
from bench.scanner.streams import TROUBLES, stream
from bench.scanner.tables import Row, Scores, empty_scores

KINDS = {"walked": scenes.walked, "redrawn": scenes.redrawn, "approach": approach}

Factories = dict[str, Callable[[], Reader]]
"""Factories of readers by name."""


def score_streams(
    synth: ModuleType, base: list[Job], mix: list[Job], readers_of: dict[float, Factories], only: list[str]
) -> Scores:
    """Return the scores of the mixed scenes of each kind, and of the base scenes under each disturbance.

    `readers_of` has the readers for each machine, which is so many times slower. `only`: the rows whose name begins
    with one of these words.
    """
    scores = empty_scores()
    for kind, shots_of in KINDS.items():
        for job in mix if is_selected(kind, only) else []:
            shots, payload = shots_of(synth, job)
            score_stream(shots, payload, readers_of, scores, f"{kind} mix")
    for name, trouble in TROUBLES.items():
        for number, job in enumerate(base if is_selected(name, only) else []):
            grey, quad, payload = draw(synth, job)
            frames = stream(grey, quad, trouble, number)
            score_stream(in_time(frames), payload, readers_of, scores, f"{name} of base")
    return scores


def score_stream(
    shots: Iterator[Shot], payload: bytes, readers_of: dict[float, Factories], scores: Scores, factor: str
) -> None:
    """Add the scores of one stream. A reader stops at its first right payload.

    A picture that comes while a reader is still busy with an earlier one is dropped for this reader. A payload counts
    if its picture was taken while the stream lasted.
    """
    waiting = {(times, name): make() for times, made in readers_of.items() for name, make in made.items()}
    free_s = dict.fromkeys(waiting, 0.0)
    for times, name in waiting:
        scores[Row(factor, "", times)][name].shown += 1
    for shot in shots:
        for key, reader in list(waiting.items()):
            if shot.at_s < free_s[key]:
                continue
            times, name = key
            score = scores[Row(factor, "", times)][name]
            found, ms = timed(reader, shot.grey, shot.at_s, times)
            free_s[key] = shot.at_s + ms / 1000.0
            if score.judge(found, frozenset([payload]), ms):
                score.read += 1
                score.first_ms.append(free_s[key] * 1000.0)
                del waiting[key]
        if not waiting:
            return


def is_selected(name: str, selected: list[str]) -> bool:
    """Return True if `name` begins with one of the words, or if there are none."""
    return not selected or any(name.startswith(start) for start in selected)
