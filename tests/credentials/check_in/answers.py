"""Generated answers of a hostile or broken network about the result of a check-in; `script/check-in-answers` runs them.

An `Attacker` sits between the kiosk and the venue's server. It has recorded every answer that ever passed, of this
kiosk and of others, it knows the request that it answers, and it wants the door to open for somebody whom the venue has
not passed. The real duty and the real flow get its answers. It never has a pass of the venue for the code that counts
now. One such answer is sent at the end and must open the door: this proves that the run could have found an opening.
"""

import argparse
import json
import logging
import random
import sys
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from kiosk.credentials.check_in.duty import CheckInDuty
from kiosk.credentials.check_in.venue_server import Endpoint
from kiosk.flow import commands as c
from kiosk.flow import events as e
from kiosk.flow.machine import step
from kiosk.flow.state import State
from kiosk.model import Phase, Step
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.services.venue_desk import VenueDesk, binding_of
from kiosk.support.https.outcome import JsonAnswer, RequestOutcome
from tests.credentials.check_in.entrance import KIOSK, settings
from tests.flow.entrance import RULES

SITE = replace(RULES, sequence=(Step.CREDENTIAL,), offers_check_in=True, wrong_codes=20)
PASS = "green"
MEMBERS = ("kiosk", "visit", "nonce", "id")
LONG_S = 30.0
"""Longer than every pause of the duty."""

Members = dict[str, Any]


class Attacker:
    """The connection of the kiosk to the venue; `answer` makes the next answer about a result, or None to hold it."""

    def __init__(self, desk: VenueDesk, seed: int) -> None:
        self.chance = random.Random(seed)
        self.recorded: deque[Members] = deque(maxlen=200)
        self.current: Members = {}
        self.kinds: Counter[str] = Counter()
        self.answer: Callable[[Members], bytes | None] = self.attack
        self._desk = desk
        for number in range(20):  # passes of other kiosks, and of this one on other days
            kiosk = KIOSK if number % 2 else f"gate-{number}"
            self.record({"kiosk": kiosk, "visit": f"visit-{number}-{number:020}", "nonce": f"nonce-{number:020}"})

    def record(self, asked: Members) -> None:
        issued = self._desk.issue(asked)
        self.recorded.append({**binding_of(asked), "id": issued["id"], "status": PASS})

    def begin(self, endpoint: Endpoint, body: bytes, limit_s: float) -> "AttackedRequest":
        return AttackedRequest(self, endpoint, json.loads(body))

    def outcome(self, endpoint: Endpoint, asked: Members) -> RequestOutcome | None:
        if endpoint is Endpoint.RESULTS:
            body = self.answer(asked)
            return None if body is None else JsonAnswer(is_known=True, body=body)
        answer = self._desk.issue(asked) if endpoint is Endpoint.CODES else {}
        if endpoint is Endpoint.CODES:
            if self.current:  # what the server would have said about the code before
                self.recorded.append({**self.current, "status": PASS})
            self.current = {**binding_of(asked), "id": answer["id"]}
        return JsonAnswer(is_known=True, body=json.dumps(answer).encode())

    def attack(self, asked: Members) -> bytes:
        right = {name: asked[name] for name in MEMBERS} | {"status": PASS}
        kind = self.chance.choice((repeated, mixed, damaged, reshaped, cut, other_word))
        self.kinds[kind.__name__] += 1
        return kind(self.chance, right, self.recorded)


class AttackedRequest:
    """One request in the attacker's hands."""

    def __init__(self, attacker: Attacker, endpoint: Endpoint, asked: Members) -> None:
        self._attacker = attacker
        self._endpoint = endpoint
        self._asked = asked

    def poll(self) -> RequestOutcome | None:
        return self._attacker.outcome(self._endpoint, self._asked)

    def cancel(self) -> None:
        """The attacker does not care."""


# The kinds of answers. `right` is the pass that the venue has not given.


def repeated(chance: random.Random, _right: Members, recorded: Sequence[Members]) -> bytes:
    """A pass that was given to somebody else: in another visit, for an older code, or at another kiosk."""
    return json.dumps(chance.choice(recorded)).encode()


def mixed(chance: random.Random, right: Members, recorded: Sequence[Members]) -> bytes:
    """A pass of somebody else with some of the members that this request wants."""
    taken = chance.sample(MEMBERS, chance.randint(1, len(MEMBERS) - 1))
    other = chance.choice([one for one in recorded if all(one[name] != right[name] for name in ("nonce", "id"))])
    answer = {**other, **{name: right[name] for name in taken}}
    if all(answer[name] == right[name] for name in MEMBERS):  # this kiosk's own name was the only difference
        answer["nonce"] = other["nonce"]
    return json.dumps(answer).encode()


def damaged(chance: random.Random, right: Members, recorded: Sequence[Members]) -> bytes:
    """One member that binds the answer is missing or nearly right."""
    name = chance.choice(MEMBERS)
    value = str(right[name])
    nearly: list[Any] = [
        None, True, 0, [value], {"": value}, "", value[:-1], value + "=", value + " ", " " + value, value.swapcase(),
        value[::-1], value + "\\u0000", value.replace("-", "_").replace("e", "\u0435") + "x", value.encode().hex(),
        chance.choice(recorded)[name] + "x",
    ]  # fmt: skip
    answer = dict(right)
    if chance.random() < 0.1:
        del answer[name]
    else:
        answer[name] = chance.choice([one for one in nearly if one != value])
    return json.dumps(answer).encode()


def reshaped(chance: random.Random, right: Members, recorded: Sequence[Members]) -> bytes:
    """The right members in a wrong shape."""
    text, other = json.dumps(right), json.dumps(chance.choice(recorded))
    return chance.choice(
        (
            f"[{text}]", f'{{"answer": {text}}}', text + text, other + text, "\ufeff" + text, text + "\x00",
            f'{text[:-1]}, "status": "{PASS}"}}', f'{text[:-1]}, "nonce": "x"}}', json.dumps(text), f"{text},",
            text.replace('"', "'"), text.upper(), f"HTTP/1.1 200 OK\r\n\r\n{text}", f"data: {text}\n\n",
            json.dumps({name.upper(): value for name, value in right.items()}), json.dumps(list(right.items())),
        )
    ).encode()  # fmt: skip


def cut(chance: random.Random, right: Members, _recorded: Sequence[Members]) -> bytes:
    """A part of the right answer, or the answer with one byte changed."""
    text = json.dumps(right, separators=(",", ":")).encode()
    at = chance.randrange(len(text))
    if chance.random() < 0.5:
        return text[:at]
    changed = text[:at] + bytes([text[at] ^ (1 << chance.randrange(8))]) + text[at + 1 :]
    return changed if differs(changed, right) else text[:at]


def differs(body: bytes, right: Members) -> bool:
    """Return True if a body with one changed byte does not say the same; a changed space would."""
    try:
        return bool(json.loads(body) != right)
    except ValueError:
        return True


def other_word(chance: random.Random, right: Members, _recorded: Sequence[Members]) -> bytes:
    """The right binding, and a word that is no pass."""
    words: tuple[Any, ...] = (
        "GREEN", "green ", "gr\u0435en", "", None, True, 1, ["green"], {"green": "green"}, "pass", "pending",
        "scanned", "expired", "declined", "black", "yes", "ok", "green\n",
    )  # fmt: skip
    return json.dumps({**right, "status": chance.choice(words)}).encode()


class AttackedEntrance:
    """The real duty and the real flow; one visitor after the other stands before the camera."""

    def __init__(self, seed: int) -> None:
        self.clock = VirtualClock()
        self.desk = VenueDesk(self.clock.now_s, "https://venue.test/c/", 60.0)
        self.attacker = Attacker(self.desk, seed)
        self.duty = CheckInDuty(self.attacker, settings(), KIOSK, self.clock, self._post, lambda _reachable: None)
        self.state = State(unanswered=SITE.essential)
        self.unlocked = 0
        self._jobs: list[c.OfferCheckIn | c.StopCheckIn] = []
        for device in sorted(SITE.essential):
            self.feed(e.DeviceRecovered(self.clock.now_s(), device))

    def _post(self, event: e.Event) -> bool:
        self.feed(event)
        return True

    def feed(self, event: e.Event) -> None:
        self.state, commands = step(self.state, event, SITE)
        self.unlocked += sum(isinstance(command, c.UnlockDoor) for command in commands)
        self._jobs += [command for command in commands if isinstance(command, c.OfferCheckIn | c.StopCheckIn)]

    def work(self, times: int = 3) -> None:
        for _ in range(times):
            while self._jobs:
                self.duty.handle(self._jobs.pop(0))
            self.duty.tick()

    def next_visitor(self) -> None:
        self.feed(e.PresenceLost(self.clock.now_s()))
        self.work(1)
        self.clock.advance(LONG_S)
        self.feed(e.PresenceSeen(self.clock.now_s()))
        self.work()

    def one_answer(self) -> None:
        """Let the kiosk hear one answer more, in the visit of this visitor or of the next one."""
        chance = self.attacker.chance
        if self.state.phase is not Phase.SCANNING or chance.random() < 0.05:
            self.next_visitor()
        elif chance.random() < 0.1:
            self.late_answer()
        else:
            self.clock.advance(16.0 if self.state.check_in.code == "" else 1.0)
            self.work()

    def late_answer(self) -> None:
        """A true pass of the venue comes after its visit, after its code, or after a newer code."""
        self.attacker.kinds["late"] += 1
        self.attacker.answer = lambda _asked: None
        self.clock.advance(16.0)
        self.work()  # a code is shown, and a request for its result is held
        old = dict(self.attacker.current)
        match self.attacker.chance.randrange(3):
            case 0:
                self.next_visitor()
            case 1:
                self.clock.advance(61.0)
            case _:
                self.clock.advance(51.0)
                self.work()
        self.attacker.answer = lambda _asked: json.dumps({**old, "status": PASS}).encode()
        if self.attacker.current == old and self.state.check_in.code:
            self.clock.advance(61.0)
        self.work()
        self.attacker.answer = self.attacker.attack

    def true_pass(self) -> None:
        """The venue itself passes the visitor who is there now."""
        self.next_visitor()

        def answer(asked: Members) -> bytes:
            return json.dumps({name: asked[name] for name in MEMBERS} | {"status": PASS}).encode()

        self.attacker.answer = answer
        self.clock.advance(16.0)
        self.work(5)


def run(count: int, seed: int) -> AttackedEntrance:
    """Let the kiosk hear at least `count` answers; raise `AssertionError` if one of them opens the door."""
    entrance = AttackedEntrance(seed)
    while sum(entrance.attacker.kinds.values()) < count:
        entrance.one_answer()
        assert entrance.unlocked == 0, f"seed {seed}: answer {sum(entrance.attacker.kinds.values())} opened the door"
    entrance.true_pass()
    assert entrance.unlocked == 1, f"seed {seed}: a true pass of the venue does not open the door"
    return entrance


def main() -> int:
    """Print how many answers of each kind the kiosk heard; return 1 if one of them opened the door."""
    parser = argparse.ArgumentParser(description="answers of a hostile network to the check-in; none must admit")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    logging.disable(logging.WARNING)  # the duty reports what it hears
    try:
        entrance = run(asked.count, asked.seed)
    except AssertionError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(entrance.attacker.kinds.items()))
    sys.stdout.write(f"{kinds}; none admitted anybody, and a true pass did\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
