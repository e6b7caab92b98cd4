"""The judge of the spray: whom the pump may wet, when, for how long, and after which announcement."""

from collections.abc import Callable
from dataclasses import dataclass

from kiosk.model import ChamberWhen, Clock, SkipRule
from kiosk.settings.schema.settings import Settings
from kiosk.simulator.worlds.bodies import Body
from kiosk.simulator.worlds.stay import SLACK_S, Stay


@dataclass(slots=True)
class Wetting:
    """The wetting of a body: when the pump last began to wet it, for how long, and when it ended."""

    began_s: float
    total_s: float = 0.0
    ended_s: float | None = None


class SprayJudge:
    """Judges each run of the pump.

    stay: the present stay; inside: the bodies in the chamber by name; wires: the levels of the inputs by name. They
    belong to the referee, which changes them. accuse: notes a broken promise.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        start_s: float,
        stay: Stay,
        inside: dict[str, Body],
        wires: dict[str, bool],
        accuse: Callable[[str, str], None],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._start_s = start_s
        self._stay = stay
        self._inside = inside
        self._active = wires
        self._accuse = accuse
        self._pump_since_s: float | None = None
        self._wetted: dict[str, Wetting] = {}
        self._told = False
        self._gone_unseen: set[str] = set()
        self._street_moved_s = self._skip_seen_s = -1e9

    def pump_moved(self, runs: bool) -> None:
        """The pump was switched on or off."""
        now_s = self._clock.now_s()
        if runs:
            self._pump_since_s = now_s
            self._check_start_of_spray(now_s)
        else:
            self.account(now_s)
            self._pump_since_s = None
            for wetting in self._wetted.values():
                wetting.ended_s = wetting.ended_s or now_s

    def screen_says(self, told: bool) -> None:
        """The screen began or ceased to announce the spray to whoever is in the chamber."""
        if told and not self._told:
            self._stay.told_since_s = self._clock.now_s()
        self._told = told
        if not told and self._pump_since_s is None:
            self._stay.told_since_s = None

    def presence_came_back(self, now_s: float) -> None:
        """A loss of presence, however short, is a reason to tell anew."""
        if self._pump_since_s is None:
            self._stay.told_since_s = now_s if self._told else None

    def street_contact_moved(self, active: bool, now_s: float) -> None:
        """The street contact changed. A stay ends when it is open for its debounce; shorter, it is a bounce."""
        contact, self._street_moved_s = self._settings.inputs.street_contact, now_s

        def is_open() -> None:
            if self._street_moved_s == now_s:
                self.stay_ended(self._clock.now_s())

        if active and contact:
            self._clock.call_at(now_s + contact.debounce_ms / 1000, is_open)

    def stay_ended(self, now_s: float) -> None:
        """The people in the chamber may have changed: begin a new stay."""
        self.account(now_s)
        self._gone_unseen.clear()
        self._stay.reset(now_s)
        self._stay.told_since_s = now_s if self._told else None

    def passed_street_door(self, name: str, came_in: bool) -> None:
        """A body came or left. If no wire shows it and somebody else is there, nobody knows who was sprayed."""
        if came_in:
            unknown = self._gone_unseen - {name}
        elif self._active.get("street_contact"):
            return
        else:
            unknown = {name} if self._inside.keys() - {name} else set()
            self._gone_unseen.add(name)
        for one in unknown:
            self._wetted.pop(one, None)

    def wire_moved(self) -> None:
        """A wire changed its level; the pump must stop if it may not run any more."""
        since_s = self._pump_since_s
        if since_s is not None and self._may_not_run:
            self._clock.call_at(self._clock.now_s() + SLACK_S, lambda: self._check_stopped(since_s))

    def skip_pressed(self, body: str) -> None:
        """`body` declines the spray. As soon as the kiosk can know it, no pump may run, and none may start."""
        pressed_s, stay_since_s, skip = self._clock.now_s(), self._stay.since_s, self._settings.inputs.skip
        known_s = pressed_s + SLACK_S + (skip.debounce_ms / 1000 if skip else 0.0)
        self._clock.call_at(known_s, lambda: self._declined(body, stay_since_s, pressed_s))

    def skip_wire_closed(self) -> None:
        """The wire of the skip button tells a press. A wire that is cut or shorted tells none."""
        self._skip_seen_s = self._clock.now_s()

    def kiosk_is_down(self) -> None:
        """Nothing is announced any more. A decline is forgotten where it led to a referral; see docs/worlds.md."""
        self._stay.told_since_s, self._told = None, False
        if self._settings.chamber.skip is SkipRule.REFER:
            self._stay.declined.clear()

    def kiosk_is_up(self) -> None:
        """The kiosk knows nothing any more of people who have left, or whom the presence sensor does not see now."""
        seen = self._inside if self._active.get("presence") else {}
        self._wetted = {name: wetting for name, wetting in self._wetted.items() if name in seen}

    def account(self, now_s: float) -> None:
        """Count the run of the pump up to now."""
        if self._pump_since_s is None:
            return
        ran_s, self._pump_since_s = now_s - self._pump_since_s, now_s
        self._stay.pump_s += ran_s
        spray_s = self._settings.chamber.spray_s
        for name in self._inside:
            wetting = self._wetted.get(name)
            if wetting:
                before_s, wetting.total_s = wetting.total_s, wetting.total_s + ran_s
                if before_s <= spray_s + SLACK_S < wetting.total_s:
                    seen = (
                        f"{name} was sprayed for {wetting.total_s:.1f} s since {wetting.began_s - self._start_s:.1f} s"
                    )
                    self._accuse("nobody is sprayed twice", seen)
        limit_s = self._settings.sprayer.max_spray_s if self._settings.sprayer else 0.0
        if ran_s > limit_s + SLACK_S:
            self._accuse("the pump keeps its limit", f"it ran {ran_s:.1f} s; the limit is {limit_s:.1f} s")

    def _check_start_of_spray(self, now_s: float) -> None:
        settings = self._settings
        if self._active.get("door_contact") or self._active.get("street_contact"):
            self._accuse("no spray with a door open", "the pump started")
        for name in self._inside:
            if settings.chamber.when is ChamberWhen.EMPTY:
                if self._active.get("presence"):
                    self._accuse("the empty chamber is sprayed only when empty", f"{name} was seen by the sensor")
                continue
            if name in self._stay.declined:
                self._accuse("nobody is sprayed who declined", f"{name} pressed skip in this stay")
            told_s = 0.0 if self._stay.told_since_s is None else now_s - self._stay.told_since_s
            if told_s < settings.chamber.warn_s - SLACK_S:
                self._accuse("nobody is sprayed untold", f"{name} was told for {told_s:.1f} s")
            self._begin_wetting(name, now_s)

    def _begin_wetting(self, name: str, now_s: float) -> None:
        last = self._wetted.get(name)
        if last is None or (last.ended_s and now_s - last.ended_s >= self._settings.chamber.again_s - SLACK_S):
            self._wetted[name] = Wetting(now_s)
        else:
            last.ended_s = None

    @property
    def _may_not_run(self) -> str:
        """The reason for which the pump may not run now, as the wires tell it; "" if it may."""
        active = self._active
        if active.get("door_contact") or active.get("street_contact"):
            return "a door is open"
        if active.get("emergency"):
            return "there is an emergency"
        when, is_seen = self._settings.chamber.when, active.get("presence", False)
        if is_seen is (when is ChamberWhen.EMPTY):
            return f"the chamber is not {when.value}"
        return ""

    def _check_stopped(self, since_s: float) -> None:
        if self._pump_since_s == since_s and self._may_not_run:
            self._accuse("the pump stops when it may not run", f"it runs on, and {self._may_not_run}")

    def _declined(self, body: str, stay_since_s: float, pressed_s: float) -> None:
        if self._skip_seen_s < pressed_s:
            return  # its wire did not tell the press
        if self._pump_since_s is not None:
            self._accuse("skip stops the pump", f"it runs although {body or 'somebody'} pressed skip")
        if stay_since_s == self._stay.since_s:
            self._stay.declined.add(body)
