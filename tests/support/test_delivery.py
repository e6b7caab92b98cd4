import queue
import threading
from collections.abc import Callable

import pytest

from kiosk.runtime.clock import RealClock
from kiosk.simulator.clock import VirtualClock
from kiosk.support.delivery import Delivery

PATIENCE_S = 30.0


class Receiver:
    """An inbox that can be full; it records what it was offered and what it accepted."""

    def __init__(self) -> None:
        self.is_full = False
        self.offered: list[str] = []
        self.accepted: list[str] = []

    def post(self, message: str) -> bool:
        self.offered.append(message)
        if not self.is_full:
            self.accepted.append(message)
        return not self.is_full


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(100.0)


def test_an_accepted_message_is_delivered_once(receiver: Receiver) -> None:
    delivery = Delivery(receiver.post)
    assert delivery.offer("a") is True
    assert delivery.deliver() is True
    assert (receiver.offered, delivery.waiting) == (["a"], ())


def test_a_refused_message_waits_and_is_offered_again(receiver: Receiver) -> None:
    delivery = Delivery(receiver.post)
    receiver.is_full = True
    assert delivery.offer("a") is False
    assert delivery.deliver() is False
    assert delivery.waiting == ("a",)
    receiver.is_full = False
    assert delivery.deliver() is True
    assert (receiver.offered, receiver.accepted, delivery.waiting) == (["a"] * 3, ["a"], ())


def test_a_newer_message_replaces_the_waiting_one(receiver: Receiver) -> None:
    delivery = Delivery(receiver.post)
    receiver.is_full = True
    delivery.offer("a")
    delivery.offer("b")
    receiver.is_full = False
    delivery.deliver()
    assert receiver.accepted == ["b"]


def test_a_newer_message_that_is_accepted_leaves_nothing_waiting(receiver: Receiver) -> None:
    delivery = Delivery(receiver.post)
    receiver.is_full = True
    delivery.offer("a")
    receiver.is_full = False
    assert delivery.offer("b") is True
    assert delivery.deliver() is True
    assert receiver.accepted == ["b"]


def test_put_offers_nothing(receiver: Receiver) -> None:
    delivery = Delivery(receiver.post)
    assert delivery.put("a") is True
    assert (receiver.offered, delivery.waiting) == ([], ("a",))


def test_a_cancelled_message_is_not_offered(receiver: Receiver) -> None:
    delivery = Delivery(receiver.post)
    delivery.put("a")
    delivery.cancel()
    delivery.cancel()
    assert delivery.deliver() is True
    assert receiver.offered == []


def test_without_changes_only_equal_messages_are_all_offered(receiver: Receiver) -> None:
    delivery = Delivery(receiver.post)
    delivery.offer("a")
    delivery.offer("a")
    assert (receiver.accepted, delivery.accepted) == (["a", "a"], None)


def test_waiting_messages_are_accepted_in_order(receiver: Receiver) -> None:
    delivery = Delivery(receiver.post, queue_limit=3)
    receiver.is_full = True
    assert [delivery.offer(name) for name in ("a", "b", "c")] == [False] * 3
    assert receiver.offered == ["a"] * 3
    receiver.is_full = False
    assert delivery.deliver() is True
    assert receiver.accepted == ["a", "b", "c"]


def test_delivery_ends_at_the_first_refusal() -> None:
    offered: list[str] = []

    def accept_one(message: str) -> bool:
        offered.append(message)
        return len(offered) == 1

    delivery = Delivery(accept_one, queue_limit=3)
    for name in ("a", "b", "c"):
        delivery.put(name)
    assert delivery.deliver() is False
    assert (offered, delivery.waiting) == (["a", "b"], ("b", "c"))


def test_a_full_queue_refuses_the_newest_message(receiver: Receiver) -> None:
    delivery = Delivery(receiver.post, queue_limit=2)
    receiver.is_full = True
    assert [delivery.put(name) for name in ("a", "b", "c")] == [True, True, False]
    assert delivery.offer("d") is False
    receiver.is_full = False
    delivery.deliver()
    assert receiver.accepted == ["a", "b"]


def test_cancel_forgets_the_whole_queue(receiver: Receiver) -> None:
    delivery = Delivery(receiver.post, queue_limit=2)
    delivery.put("a")
    delivery.put("b")
    delivery.cancel()
    assert (delivery.waiting, delivery.put("c")) == ((), True)
    delivery.deliver()
    assert receiver.accepted == ["c"]


def test_a_level_is_delivered_when_it_changes(receiver: Receiver) -> None:
    delivery = Delivery(receiver.post, changes_only=True)
    assert delivery.accepted is None
    assert [delivery.offer(level) for level in ("on", "on", "off", "on")] == [True] * 4
    assert (receiver.accepted, delivery.accepted) == (["on", "off", "on"], "on")


def test_a_refused_level_is_not_the_accepted_one(receiver: Receiver) -> None:
    delivery = Delivery(receiver.post, changes_only=True)
    delivery.offer("on")
    receiver.is_full = True
    assert delivery.offer("off") is False
    assert (delivery.accepted, delivery.waiting) == ("on", ("off",))
    receiver.is_full = False
    assert delivery.offer("off") is True
    assert receiver.accepted == ["on", "off"]


def test_a_change_that_passed_while_the_inbox_was_full_is_not_delivered(receiver: Receiver) -> None:
    delivery = Delivery(receiver.post, changes_only=True)
    delivery.offer("on")
    receiver.is_full = True
    delivery.offer("off")
    assert delivery.offer("on") is True
    receiver.is_full = False
    delivery.deliver()
    assert receiver.accepted == ["on"]


def test_the_clock_repeats_a_refused_offer_until_it_is_accepted(receiver: Receiver, clock: VirtualClock) -> None:
    delivery = Delivery(receiver.post, clock=clock, retry_s=0.25)
    receiver.is_full = True
    delivery.offer("a")
    clock.advance(1.0)
    assert receiver.offered == ["a"] * 5
    receiver.is_full = False
    clock.advance(0.25)
    assert receiver.accepted == ["a"]
    assert clock.next_at_s() is None


def test_an_accepted_message_sets_no_alarm(receiver: Receiver, clock: VirtualClock) -> None:
    Delivery(receiver.post, clock=clock, retry_s=0.25).offer("a")
    assert clock.next_at_s() is None


def test_cancel_ends_the_repetition(receiver: Receiver, clock: VirtualClock) -> None:
    delivery = Delivery(receiver.post, clock=clock, retry_s=0.25)
    receiver.is_full = True
    delivery.offer("a")
    delivery.cancel()
    assert clock.next_at_s() is None
    clock.advance(1.0)
    assert receiver.offered == ["a"]


def test_a_newer_message_takes_over_the_repetition(receiver: Receiver, clock: VirtualClock) -> None:
    delivery = Delivery(receiver.post, clock=clock, retry_s=0.25)
    receiver.is_full = True
    delivery.offer("a")
    clock.advance(0.125)
    delivery.offer("b")
    clock.advance(0.25)
    assert receiver.offered == ["a", "b", "b"]
    receiver.is_full = False
    clock.advance(1.0)
    assert (receiver.accepted, clock.next_at_s()) == (["b"], None)


def test_a_message_of_a_queue_that_is_refused_is_repeated_with_its_followers(
    receiver: Receiver, clock: VirtualClock
) -> None:
    delivery = Delivery(receiver.post, queue_limit=2, clock=clock, retry_s=0.25)
    receiver.is_full = True
    delivery.offer("a")
    delivery.offer("b")
    receiver.is_full = False
    clock.advance(0.25)
    assert (receiver.accepted, clock.next_at_s()) == (["a", "b"], None)


def call_back(during: Callable[[Delivery[str]], object], accepts: bool) -> tuple[Delivery[str], list[str]]:
    """Return a delivery whose first offer calls `during` and is then accepted or not, and the list of its offers."""
    offered: list[str] = []

    def post(message: str) -> bool:
        offered.append(message)
        if len(offered) > 1:
            return True
        during(delivery)
        return accepts

    delivery = Delivery(post)
    return delivery, offered


@pytest.mark.parametrize("message", ["b", "a"])
def test_a_message_put_while_another_is_accepted_follows_it(message: str) -> None:
    delivery, offered = call_back(lambda delivery: delivery.offer(message), accepts=True)
    assert delivery.offer("a") is True
    assert (offered, delivery.waiting) == (["a", message], ())


def test_a_message_put_while_another_is_refused_replaces_it() -> None:
    delivery, offered = call_back(lambda delivery: delivery.offer("b"), accepts=False)
    assert delivery.offer("a") is False
    assert delivery.waiting == ("b",)
    assert delivery.deliver() is True
    assert offered == ["a", "b"]


@pytest.mark.parametrize("accepts", [True, False])
def test_a_message_cancelled_while_it_is_offered_does_not_wait(accepts: bool) -> None:
    delivery, offered = call_back(Delivery.cancel, accepts)
    assert delivery.offer("a") is True
    assert (offered, delivery.waiting) == (["a"], ())


def test_a_call_from_within_post_offers_nothing_twice() -> None:
    delivery, offered = call_back(Delivery.deliver, accepts=True)
    delivery.offer("a")
    assert offered == ["a"]


def test_an_error_of_post_goes_on_and_the_message_waits() -> None:
    fails = True

    def post(_message: str) -> bool:
        if fails:
            raise ZeroDivisionError("a bug")
        return True

    delivery = Delivery(post)
    with pytest.raises(ZeroDivisionError):
        delivery.offer("a")
    assert delivery.waiting == ("a",)
    fails = False
    assert delivery.deliver() is True


def test_the_real_clock_repeats_the_offer_on_its_own_thread() -> None:
    threads: queue.Queue[str] = queue.Queue()

    def post(_message: str) -> bool:
        threads.put(threading.current_thread().name)
        return threads.qsize() == 3

    Delivery(post, clock=RealClock(), retry_s=0.001).offer("a")
    names = [threads.get(timeout=PATIENCE_S) for _ in range(3)]
    assert names == [threading.current_thread().name, "alarms", "alarms"]


def test_after_cancel_has_returned_nothing_is_offered() -> None:
    """`cancel` waits for an offer that another thread is making, then nothing is left to be offered."""
    offering, may_end = threading.Event(), threading.Event()
    offered: list[str] = []

    def post(message: str) -> bool:
        offering.set()
        may_end.wait(PATIENCE_S)
        offered.append(message)
        return False

    delivery = Delivery(post)
    offerer = threading.Thread(target=delivery.offer, args=("a",))
    offerer.start()
    assert offering.wait(PATIENCE_S)
    ended: queue.Queue[int] = queue.Queue()

    def cancel() -> None:
        delivery.cancel()
        ended.put(len(offered))

    canceller = threading.Thread(target=cancel)
    canceller.start()
    assert ended.empty()
    may_end.set()
    assert ended.get(timeout=PATIENCE_S) == 1
    offerer.join(PATIENCE_S)
    canceller.join(PATIENCE_S)
    assert delivery.deliver() is True
    assert offered == ["a"]


def test_several_threads_deliver_each_message_once_and_in_order() -> None:
    accepted: list[int] = []

    def post(number: int) -> bool:
        if len(accepted) % 3 == 2 and refusals:
            refusals.pop()
            return False
        accepted.append(number)
        return True

    refusals = list(range(50))
    delivery = Delivery(post, queue_limit=1000)
    for number in range(600):
        delivery.put(number)
    start = threading.Barrier(4)

    def work() -> None:
        start.wait(PATIENCE_S)
        while not delivery.deliver():
            pass

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE_S)
    assert accepted == list(range(600))
