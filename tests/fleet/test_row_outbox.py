"""The outbox decides what is sent when. Its clock is a number, and the collector is the test itself."""

import json
from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from kiosk.fleet.outbox.row_outbox import (
    ANSWER_S,
    DRAIN_PAUSE_S,
    JOURNAL_PAUSE_S,
    LONGEST_PAUSE_S,
    LONGEST_UNHEARD_S,
    LOOK_S,
    READ_ROWS,
    UNHEARD_PAUSE_S,
    RowOutbox,
)
from kiosk.fleet.wire.batches import MAX_ROWS, Answer, decode_batch, encode_answer
from kiosk.journal.portions import START
from tests.samples import examples

from .rows import Rows


def outbox_of(rows: Rows) -> RowOutbox:
    return RowOutbox(rows.after, START, Random(1))


def answer_to(message: bytes | None, refused: str = "") -> bytes:
    assert message is not None
    return encode_answer(Answer(decode_batch(message).number, refused))


def test_nothing_is_sent_without_a_connection() -> None:
    rows = Rows(3)
    outbox = outbox_of(rows)
    assert outbox.next_batch(0.0) is None
    assert outbox.due_s() == float("inf")
    assert rows.reads == 0


def test_one_batch_is_under_way_until_it_is_answered() -> None:
    outbox = outbox_of(Rows(3))
    outbox.connected(0.0)
    message = outbox.next_batch(0.0)
    assert message
    assert [row[0] for row in decode_batch(message).rows] == [1, 2, 3]
    assert outbox.next_batch(1.0) is None
    assert outbox.place == START
    assert outbox.answered(answer_to(message), 1.5)
    assert outbox.place.id == 3
    assert outbox.next_batch(1.5) is None
    assert outbox.due_s() == 1.5 + LOOK_S


def test_some_batches_are_read_at_once_and_read_again_after_a_loss() -> None:
    rows = Rows(READ_ROWS + 30)
    outbox = outbox_of(rows)
    outbox.connected(0.0)
    now_s, sent = 0.0, []
    for _ in range(3):
        message = outbox.next_batch(now_s)
        sent += [row[0] for row in decode_batch(message or b"").rows]
        outbox.answered(answer_to(message), now_s)
        now_s += DRAIN_PAUSE_S
    assert rows.reads == 1
    outbox.disconnected()
    outbox.connected(now_s)
    while message := outbox.next_batch(now_s):
        sent += [row[0] for row in decode_batch(message).rows]
        outbox.answered(answer_to(message), now_s)
        now_s += DRAIN_PAUSE_S
    assert sent == [row[0] for row in rows.rows]
    assert rows.reads == 3


def test_a_late_or_invented_answer_confirms_nothing() -> None:
    outbox = outbox_of(Rows(3))
    outbox.connected(0.0)
    first = outbox.next_batch(0.0)
    assert not outbox.answered(encode_answer(Answer("0" * 16)), 1.0)
    assert not outbox.answered(b"nonsense", 1.0)
    second = outbox.next_batch(ANSWER_S)
    assert second
    assert not outbox.answered(answer_to(first), ANSWER_S)
    assert outbox.place == START
    assert outbox.answered(answer_to(second), ANSWER_S)
    assert not outbox.answered(answer_to(second), ANSWER_S)


def test_rows_without_an_answer_are_sent_again_with_growing_pauses() -> None:
    outbox = outbox_of(Rows(3))
    outbox.connected(0.0)
    now_s, pauses = 0.0, []
    for _ in range(8):
        assert outbox.next_batch(now_s)
        pauses.append(outbox.due_s() - now_s)
        now_s = outbox.due_s()
    assert ANSWER_S / 2 <= pauses[0] <= ANSWER_S
    assert LONGEST_PAUSE_S / 2 <= pauses[-1] <= LONGEST_PAUSE_S
    assert len(set(pauses)) == 8, "the pauses are drawn"


def test_a_connection_that_ends_makes_the_batch_unsent() -> None:
    outbox = outbox_of(Rows(3))
    outbox.connected(0.0)
    first = outbox.next_batch(0.0)
    outbox.disconnected()
    assert not outbox.answered(answer_to(first), 1.0)
    outbox.connected(2.0)
    second = outbox.next_batch(2.0)
    assert second
    assert decode_batch(second).rows == decode_batch(first or b"").rows


def test_rows_that_no_collector_hears_are_sent_again_soon_and_then_less_often() -> None:
    outbox = outbox_of(Rows(3))
    outbox.connected(0.0)
    now_s, pauses = 0.0, []
    for _ in range(8):
        assert outbox.next_batch(now_s)
        outbox.unheard(now_s)
        outbox.unheard(now_s)
        pauses.append(outbox.due_s() - now_s)
        now_s = outbox.due_s()
    assert pauses[0] <= UNHEARD_PAUSE_S
    assert LONGEST_UNHEARD_S / 2 <= pauses[-1] <= LONGEST_UNHEARD_S


def test_a_backlog_is_drained_with_pauses() -> None:
    outbox = outbox_of(Rows(3 * MAX_ROWS))
    outbox.connected(0.0)
    message = outbox.next_batch(0.0)
    outbox.answered(answer_to(message), 0.0)
    assert outbox.next_batch(0.0) is None
    assert DRAIN_PAUSE_S / 2 <= outbox.due_s() <= DRAIN_PAUSE_S
    assert outbox.next_batch(DRAIN_PAUSE_S)


def test_a_new_row_is_sent_at_once_and_does_not_cut_a_pause_short() -> None:
    rows = Rows()
    outbox = outbox_of(rows)
    outbox.connected(0.0)
    assert outbox.next_batch(0.0) is None
    rows.add()
    assert outbox.next_batch(1.0) is None
    outbox.wake(1.0)
    message = outbox.next_batch(1.0)
    outbox.answered(answer_to(message, "no room"), 1.0)
    assert outbox.refused == "no room"
    rows.add()
    outbox.wake(2.0)
    assert outbox.next_batch(2.0) is None
    again = outbox.next_batch(LONGEST_PAUSE_S + 1)
    outbox.answered(answer_to(again), 400.0)
    assert outbox.refused == ""
    assert outbox.place.id == 2


def test_a_journal_that_cannot_be_read_is_tried_again_later() -> None:
    rows = Rows(1)
    outbox = outbox_of(rows)
    outbox.connected(0.0)
    rows.fails = True
    assert outbox.next_batch(0.0) is None
    assert outbox.due_s() == JOURNAL_PAUSE_S
    rows.fails = False
    assert outbox.next_batch(JOURNAL_PAUSE_S)


class AnyOrder(RuleBasedStateMachine):
    """The database gets every row once and in its order, for any events in any order; nothing moves before."""

    def __init__(self) -> None:
        super().__init__()
        self.rows = Rows()
        self.outbox = outbox_of(self.rows)
        self.now_s = 0.0
        self.on_the_way: list[bytes] = []
        self.answers: list[bytes] = []
        self.stored: list[int] = []

    @rule(count=st.integers(1, 250))
    def write(self, count: int) -> None:
        self.rows.add(count)
        self.outbox.wake(self.now_s)

    @rule(seconds=st.sampled_from([0.01, 0.5, 20.0, 400.0]))
    def wait(self, seconds: float) -> None:
        self.now_s += seconds

    @rule()
    def connect(self) -> None:
        self.outbox.connected(self.now_s)

    @rule()
    def lose_the_connection(self) -> None:
        self.outbox.disconnected()

    @rule()
    def send(self) -> None:
        if message := self.outbox.next_batch(self.now_s):
            self.on_the_way.append(message)

    @rule(data=st.data(), copies=st.integers(0, 2))
    def deliver(self, data: st.DataObject, copies: int) -> None:
        """A message is lost, stored, or stored twice, in any order."""
        if not self.on_the_way:
            return
        message = self.on_the_way.pop(data.draw(st.integers(0, len(self.on_the_way) - 1)))
        for _ in range(copies):
            known = set(self.stored)
            self.stored += [row[0] for row in decode_batch(message).rows if row[0] not in known]
            self.answers.append(answer_to(message))

    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        if self.answers:
            self.outbox.answered(data.draw(st.sampled_from(self.answers)), self.now_s)

    @rule(loses=st.booleans())
    def restart_after_a_power_cut(self, loses: bool) -> None:
        place = START if loses else self.outbox.place
        self.outbox = RowOutbox(self.rows.after, place, Random(len(self.stored)))

    @invariant()
    def the_place_is_behind_the_database(self) -> None:
        assert self.outbox.place.id <= len(self.stored)

    @invariant()
    def the_database_has_the_rows_in_their_order_without_a_gap(self) -> None:
        assert self.stored == list(range(1, len(self.stored) + 1))

    def teardown(self) -> None:
        """Everything arrives in the end."""
        self.outbox.connected(self.now_s)
        for _ in range(len(self.rows.rows) // MAX_ROWS + 2):
            self.now_s += LONGEST_PAUSE_S + LOOK_S
            if message := self.outbox.next_batch(self.now_s):
                known = set(self.stored)
                self.stored += [row[0] for row in json.loads(message)["rows"] if row[0] not in known]
                self.outbox.answered(answer_to(message), self.now_s)
        assert self.outbox.place.id == len(self.rows.rows) == len(self.stored)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=examples(40), stateful_step_count=30, deadline=None)
