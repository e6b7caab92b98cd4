"""Reads the messages with rows as they come in: seal, content, and the number of rows of each kiosk.

Rule 1: a message that is not a batch, whose seal is wrong or whose kiosk has sent too much is refused with the reason.
The rows of other kiosks are not affected.
Rule 2: the name of a kiosk is the one in the topic, which the broker has checked against the certificate.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.fleet.collector.row_store import Delivered
from kiosk.fleet.wire.batches import Answer, Batch, BatchError, decode_batch, encode_answer
from kiosk.fleet.wire.seals import SEAL_BYTES, KioskKeys
from kiosk.fleet.wire.topics import CONFIRMED, ROWS, parts_of, topic

logger = logging.getLogger(__name__)

ROWS_AT_ONCE = 500_000
"""Rows that a collector takes of one kiosk at once: a kiosk that lost its cursor sends its whole journal again."""

ROWS_PER_S = 1.0
"""Rows a second that it takes beyond them: 86,400 a day, of which a busy door sends about 2,000."""


@dataclass(slots=True)
class RowAllowance:
    """The number of rows that a kiosk may still send, at the time `at_s`."""

    rows: float
    at_s: float


class RowLimit:
    """Limits the rows of each kiosk, so that one stolen certificate cannot fill the database.

    The limit holds for one collector until its restart.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._allowances: dict[str, RowAllowance] = {}

    def takes(self, name: str, rows: int) -> bool:
        """Return True if the kiosk `name` may send `rows` rows now, and count them."""
        now_s = self._clock()
        left = self._allowances.setdefault(name, RowAllowance(ROWS_AT_ONCE, now_s))
        left.rows = min(left.rows + (now_s - left.at_s) * ROWS_PER_S, ROWS_AT_ONCE)
        left.at_s = now_s
        if left.rows < rows:
            return False
        left.rows -= rows
        return True


@dataclass(frozen=True, slots=True)
class Received:
    """A message that was read. delivered: its rows; None if they are refused. answer: goes out after the commit."""

    kiosk: str
    delivered: Delivered | None
    answer: Answer


class RowMessageReader:
    """Reads messages and writes answers, with the keys of all kiosks."""

    def __init__(self, keys: KioskKeys, limit: RowLimit) -> None:
        self._keys = keys
        self._limit = limit

    def read(self, message_topic: str, sealed: bytes) -> Received | None:
        """Return what the message says; None if its topic is not the rows of a kiosk."""
        found = parts_of(message_topic)
        if found is None or found[1] != ROWS:
            return None
        name = found[0]
        try:
            batch = self._batch(name, self._keys.of(name).open(message_topic, sealed))
        except BatchError as error:
            logger.warning("a message of kiosk %s is refused: %s", name, error)
            return Received(name, None, Answer(_number_in(sealed), str(error)))
        return Received(name, Delivered(name, batch), Answer(batch.number))

    def answer(self, received: Received) -> tuple[str, bytes]:
        """Return the topic and the sealed message of the answer."""
        answer_topic = topic(received.kiosk, CONFIRMED)
        return answer_topic, self._keys.of(received.kiosk).close(answer_topic, encode_answer(received.answer))

    def _batch(self, name: str, message: bytes | None) -> Batch:
        if message is None:
            raise BatchError("the seal is wrong; copy seal.key from the kiosk's enrolment to the kiosk again")
        batch = decode_batch(message)
        if not self._limit.takes(name, len(batch.rows)):
            raise BatchError(
                f"more than {ROWS_AT_ONCE} rows of this kiosk; the others are taken at {ROWS_PER_S:.0f} a second"
            )
        return batch


def _number_in(message: bytes) -> str:
    """Return the number of a batch that cannot be read otherwise, so that its kiosk learns of the refusal; or ""."""
    _, _, rest = message[: SEAL_BYTES + 64].partition(b'"batch":"')
    return rest[:16].decode("ascii", "replace")
