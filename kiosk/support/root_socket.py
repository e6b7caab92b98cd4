"""A Unix socket that answers root only: one question on a line, one answer on a line, as JSON.

The kernel tells which user is at the other end (unix(7), SO_PEERCRED); the socket's mode keeps everybody else out too.

Rule 1: a peer that is not root gets no answer, and its question is not read.
Rule 2: one connection at a time, a short question, and a time limit: nobody can occupy the thread.
"""

import json
import logging
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)

ROOT = 0
ANSWER_S = 2.0
MAX_QUESTION_BYTES = 512
MAX_ANSWER_BYTES = 64 * 1024

Message = dict[str, Any]
"""A question or an answer, ready for JSON."""


class RootSocket:
    """Answers root on the socket `path` until it is closed.

    answer: called on the socket's thread. user: the number of the user who may ask; tests have another one than root.
    """

    def __init__(self, path: Path, answer: Callable[[Message], Message], user: int = ROOT) -> None:
        self._path = path
        self._answer = answer
        self._user = user
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="root socket", daemon=True)

    def start(self) -> None:
        """Begin to answer. A socket that cannot be made is logged; the entrance works without it."""
        try:
            self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._path.unlink(missing_ok=True)
            self._listener.bind(str(self._path))
            self._path.chmod(0o600)
            self._listener.listen(1)
        except OSError as error:
            logger.warning("'%s' cannot be made: %s", self._path, error.strerror)
            self._listener.close()
            return
        self._thread.start()

    def close(self) -> None:
        """Stop answering, and remove the socket."""
        self._stopping.set()
        if self._thread.is_alive():
            with suppress(OSError):  # the listener of a thread that ended is closed
                self._listener.shutdown(socket.SHUT_RDWR)  # ends `accept` (Linux)
            self._thread.join(2 * ANSWER_S)
        self._path.unlink(missing_ok=True)

    def _run(self) -> None:
        with self._listener:
            while not self._stopping.is_set():
                try:
                    peer, _ = self._listener.accept()
                except OSError:
                    return
                with peer:
                    self._serve(peer)

    def _serve(self, peer: socket.socket) -> None:
        try:
            peer.settimeout(ANSWER_S)
            if peer_user(peer) != self._user:
                logger.warning("a user who is not root asked on '%s'", self._path)
                return
            question = json.loads(_line(peer))
            answer = self._answer(question) if isinstance(question, dict) else {"error": "not a question"}
            peer.sendall(json.dumps(answer).encode() + b"\n")
        except (OSError, ValueError, RecursionError) as error:
            logger.warning("a question on '%s' is not answered: %s", self._path, error)


def peer_user(peer: socket.socket) -> int:
    """Return the number of the user at the other end of a Unix socket (unix(7), struct ucred)."""
    _pid, user, _group = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return int(user)


def ask(path: Path, question: Message, within_s: float) -> Message:
    """Return the answer to `question` on the socket `path`.

    Raises `OSError` if nobody answers within `within_s` seconds, and `ValueError` for an answer that is not JSON.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
        peer.settimeout(within_s)
        peer.connect(str(path))
        peer.sendall(json.dumps(question).encode() + b"\n")
        found = json.loads(_line(peer, MAX_ANSWER_BYTES))
    if not isinstance(found, dict):
        raise TypeError("the answer is not an object")
    return found


def _line(peer: socket.socket, most: int = MAX_QUESTION_BYTES) -> bytes:
    data = b""
    while b"\n" not in data:
        part = peer.recv(most)
        if not part:
            break
        data += part
        if len(data) > most:
            raise ValueError("the line is too long")
    if not data:
        raise ConnectionResetError("the other end closed the connection; only root is answered")
    return data.partition(b"\n")[0]
