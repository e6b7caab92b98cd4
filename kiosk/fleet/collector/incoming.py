"""Reads the messages with rows as they come in: seal and content.

Rule 1: a message that is not a batch or whose seal is wrong is refused with the reason. The rows of other kiosks are
not affected.
Rule 2: the name of a kiosk is the one in the topic, which the broker has checked against the certificate.
"""

from dataclasses import dataclass

from kiosk.fleet.collector.row_store import Delivered
from kiosk.fleet.wire.batches import Answer, BatchError, decode_batch, encode_answer
from kiosk.fleet.wire.seals import SEAL_BYTES, KioskKeys
from kiosk.fleet.wire.topics import CONFIRMED, ROWS, parts_of, topic

WRONG_SEAL = "the seal is wrong; copy seal.key from the kiosk's enrolment to the kiosk again"


@dataclass(frozen=True, slots=True)
class Received:
    """A message that was read. delivered: its rows; None if they are refused. answer: goes out after the commit."""

    kiosk: str
    delivered: Delivered | None
    answer: Answer


class RowMessageReader:
    """Reads messages and writes answers, with the keys of all kiosks."""

    def __init__(self, keys: KioskKeys) -> None:
        self._keys = keys

    def read(self, message_topic: str, sealed: bytes) -> Received | None:
        """Return what the message says; None if its topic is not the rows of a kiosk."""
        found = parts_of(message_topic)
        if found is None or found[1] != ROWS:
            return None
        name = found[0]
        message = self._keys.of(name).open(message_topic, sealed)
        if message is None:
            return Received(name, None, Answer(_number_in(sealed), WRONG_SEAL))
        try:
            batch = decode_batch(message)
        except BatchError as error:
            return Received(name, None, Answer(_number_in(sealed), str(error)))
        return Received(name, Delivered(name, batch), Answer(batch.number))

    def answer(self, received: Received) -> tuple[str, bytes]:
        """Return the topic and the sealed message of the answer."""
        answer_topic = topic(received.kiosk, CONFIRMED)
        return answer_topic, self._keys.of(received.kiosk).close(answer_topic, encode_answer(received.answer))


def _number_in(message: bytes) -> str:
    """Return the number of a batch that cannot be read otherwise, so that its kiosk learns of the refusal; or ""."""
    _, _, rest = message[: SEAL_BYTES + 64].partition(b'"batch":"')
    return rest[:16].decode("ascii", "replace")
