"""The worker of the loudspeaker: it says the speech of each screen, sentence by sentence.

Rule 1: `turns` decides which speech is next; this module carries that out.
Rule 2: nothing here waits. A clip that is not played to its end in time is ended, which is the fault `speaker_silent`.
Rule 3: a fault never stops service. A speech that failed is tried again as long as it is wanted; while nothing is to be
        said, silence is played to learn whether the device works again.
Rule 4: in one scene the same is said at most twice, however often its screen returns; only an emergency is repeated.
        The referrals of one visit count as one scene: several wrong codes lead to the same place.
Rule 5: in the quiet hours only an emergency is said. While the time of day is not sure, no hour is quiet. An emergency
        has the full volume.
"""

import logging
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace

from kiosk.display.speech import SILENCE, Chime, Speech, Urgency, hurry
from kiosk.errors import DeviceError
from kiosk.flow.events import Event, health_event
from kiosk.hardware.speaker.audio import Audio
from kiosk.hardware.speaker.clips import PAUSE_S, ClipName, Clips
from kiosk.hardware.speaker.player import Player
from kiosk.hardware.speaker.sounds import silence, sound_of
from kiosk.hardware.speaker.turns import Turn, turn_of
from kiosk.model import Clock, WallTime
from kiosk.settings.schema.speaker import QuietSettings, SpeakerSettings
from kiosk.support.delivery import Delivery

logger = logging.getLogger(__name__)

POLL_S = 0.05
"""Time between two looks at the player."""

GRACE_S = 3.0
"""A clip may last so much longer than its samples: the device is opened and its buffer runs empty."""

MOST_TIMES = 2
"""The same is said at most so often in one scene."""

REPEAT_S = 1.5
"""Silence between two rounds of a speech that is repeated."""

WAIT_S = 5.0
"""Time between two sounds for wait, so that somebody who sees nothing is not left in silence."""

RETRY_S = 2.0
"""Time until the next attempt after a failure of the device."""

PROBE_S = 0.1

Item = ClipName | Chime | None
"""One piece to play; None: the silence that probes the device."""


def is_quiet(quiet: QuietSettings | None, wall: WallTime) -> bool:
    """Return True if `wall` is in the quiet hours, which may contain midnight; False while it is not sure."""
    if quiet is None or not wall.sure:
        return False
    local = f"{wall.local:%H:%M}"
    if quiet.starts <= quiet.ends:
        return quiet.starts <= local < quiet.ends
    return local >= quiet.starts or local < quiet.ends


class SpeakerDuty:
    """The worker's duty. Its jobs are speeches; the newest one replaces one that still waits.

    Args:
        player: plays the audio.
        clips: the spoken sentences.
        settings: volume, sounds and quiet hours.
        clock, wall: monotonic time, and the time of day for the quiet hours.
        post: offers an event to the controller's inbox.
    """

    name = "speaker"

    def __init__(
        self,
        player: Player,
        clips: Clips,
        settings: SpeakerSettings,
        clock: Clock,
        wall: Callable[[], WallTime],
        post: Callable[[Event], bool],
    ) -> None:
        self._player = player
        self._clips = clips
        self._settings = settings
        self._clock = clock
        self._wall = wall
        self._topic = SILENCE  # the newest job
        self._told: Counter[ClipName] = Counter()  # what was said in the scene of the topic
        self._said = SILENCE
        self._items: deque[Item] = deque([None])
        self._waiting: Speech | None = None
        self._hurry_at_s: float | None = None
        self._give_up_at_s: float | None = None  # while an item is being played
        self._next_at_s = clock.now_s()
        self._fault: str | None = None  # None: the device has not answered yet
        self._health = Delivery[str](
            lambda fault: post(health_event(clock.now_s(), self.name, fault)), changes_only=True
        )

    def handle(self, job: Speech) -> None:
        """Say `job` when its turn comes, instead of a speech that still waits."""
        if job.hurry_at_s != self._topic.hurry_at_s:
            self._hurry_at_s = job.hurry_at_s
        before, self._topic = self._topic, job
        if job.says_the_same(before):
            return
        both_refer = job.chime is Chime.REFER and before.chime is Chime.REFER
        if job.scene != before.scene and not both_refer:
            self._told.clear()
        self._take(self._without_repetition(job))

    def tick(self) -> float | None:
        """Do what is due. Return the seconds until the next tick, or None to wait for a job."""
        now_s = self._clock.now_s()
        if self._give_up_at_s is not None:
            self._watch_player(now_s)
        if self._hurry_at_s is not None and now_s >= self._hurry_at_s:
            self._hurry_at_s = None
            self._take(hurry(self._topic))
        if self._give_up_at_s is None and now_s >= self._next_at_s:
            self._play_next(now_s)
        if self._fault is not None:
            self._health.offer(self._fault or ("speaker_clips" if self._clips.missing else ""))
        return self._wait_s(now_s)

    def close(self) -> None:
        """Be silent and release the sound device."""
        self._player.close()

    def _without_repetition(self, job: Speech) -> Speech:
        """Return `job` without words if all of them were said often. Words that are being said now are finished."""
        words = self._clips.of(job)
        if not words or job.repeats or any(self._told[name] < MOST_TIMES for name in words):
            return job
        scene = self._said.scene if {*words} <= {*self._clips.of(self._said)} else job.scene
        return replace(job, scene=scene, sentences=(), urgency=Urgency.ORDINARY)

    def _take(self, speech: Speech) -> None:
        match turn_of(speech, self._said if self._items or self._said.repeats else SILENCE):
            case Turn.GO_ON:
                self._waiting = None
                return
            case Turn.CUT_IN:
                self._player.stop()
                self._give_up_at_s = None
                self._begin(speech)
                self._next_at_s = self._clock.now_s()
                return
            case Turn.AFTER_SENTENCE:
                self._drop_rest()
            case Turn.AFTER_SPEECH:
                pass
        self._waiting = speech
        if not self._items:
            self._next_at_s = self._clock.now_s()

    def _drop_rest(self) -> None:
        """Leave out what follows the present sentence."""
        playing = self._give_up_at_s is not None
        self._items = deque([self._items[0]] if playing else [])
        self._said = Speech(self._said.scene, urgency=self._said.urgency)

    def _begin(self, speech: Speech) -> None:
        """Let `speech` be the one that is said; in the quiet hours, and without words, that is silence."""
        self._said, self._waiting = speech, None
        self._told.update(self._clips.of(speech))
        self._items.clear()
        if self._is_silent(speech):
            return
        if speech.chime and self._settings.sounds:
            self._items.append(speech.chime)
        self._items.extend(self._clips.of(speech))

    def _is_silent(self, speech: Speech) -> bool:
        return speech.urgency is not Urgency.EMERGENCY and is_quiet(self._settings.quiet, self._wall())

    @property
    def _waits(self) -> bool:
        """True if the visitor is told to wait, so that the sound for it is repeated."""
        return self._said.chime is Chime.WAIT and self._settings.sounds

    def _play_next(self, now_s: float) -> None:
        if not self._items:
            if self._waiting is not None:
                self._begin(self._waiting)
            elif self._said.repeats:
                self._begin(self._said)
                self._next_at_s = now_s + REPEAT_S  # if none of its clips can be played
            elif self._fault:
                self._items.append(None)
            elif self._waits and not self._is_silent(self._said):
                self._items.append(Chime.WAIT)
        if not self._items:
            return
        audio = self._audio(self._items[0])
        try:
            self._player.play(audio)
        except DeviceError as error:
            self._fail(error, now_s)
        else:
            self._give_up_at_s = now_s + audio.length_s + GRACE_S

    def _audio(self, item: Item) -> Audio:
        match item:
            case None:
                return silence(PROBE_S)
            case Chime():
                return sound_of(item, self._settings.volume / 100)
            case _:
                full = self._said.urgency is Urgency.EMERGENCY
                return self._clips.audio(item, 1.0 if full else self._settings.volume / 100)

    def _watch_player(self, now_s: float) -> None:
        try:
            if self._player.ended():
                self._give_up_at_s = None
                self._fault = ""
                self._items.popleft()
                self._next_at_s = now_s + self._pause_s()
            elif self._give_up_at_s is not None and now_s >= self._give_up_at_s:
                self._player.stop()
                self._fail(DeviceError("speaker", "the sound device does not take the clip", "speaker_silent"), now_s)
        except DeviceError as error:
            self._fail(error, now_s)

    def _pause_s(self) -> float:
        if self._items or self._waiting is not None:
            return PAUSE_S
        return REPEAT_S if self._said.repeats else WAIT_S if self._waits else PAUSE_S

    def _fail(self, error: DeviceError, now_s: float) -> None:
        if error.fault != self._fault:
            logger.warning("%s", error)
        self._fault = error.fault
        self._give_up_at_s = None
        self._next_at_s = now_s + RETRY_S

    def _wait_s(self, now_s: float) -> float | None:
        """Return the seconds until something is due."""
        times_s = [] if self._hurry_at_s is None else [self._hurry_at_s]
        if self._give_up_at_s is not None:
            times_s.append(now_s + POLL_S)
        elif self._items or self._waiting is not None or self._said.repeats or self._fault or self._waits:
            times_s.append(max(self._next_at_s, now_s))
        return min(times_s) - now_s if times_s else None
