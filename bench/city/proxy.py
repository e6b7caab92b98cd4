"""A network that can fail: a proxy on loopback between kiosks and broker, on a thread of its own."""

import contextlib
import selectors
import socket
import threading
from types import TracebackType
from typing import Self

WAIT_S = 0.1
CHUNK_BYTES = 65536


class Proxy:
    """Forwards connections to `target`. `cut` ends all and refuses new ones; `hang` forwards nothing; `heal` ends."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._server = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port: int = self._server.getsockname()[1]
        self._peers: dict[socket.socket, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._server, selectors.EVENT_READ)
        self._is_cut = self._hangs = self._ends = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def cut(self) -> None:
        with self._lock:
            self._is_cut = True
            for sock in list(self._peers):
                self._close(sock)

    def hang(self) -> None:
        self._hangs = True

    def heal(self) -> None:
        self._is_cut = self._hangs = False

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends = True
        self._thread.join()
        self.cut()
        self._server.close()

    def _run(self) -> None:
        while not self._ends:
            for key, _ in self._selector.select(WAIT_S):
                with self._lock:
                    if key.fileobj is self._server:
                        self._accept()
                    elif isinstance(key.fileobj, socket.socket) and not self._hangs:
                        self._forward(key.fileobj)
            if self._hangs:
                threading.Event().wait(WAIT_S / 10)

    def _accept(self) -> None:
        near, _ = self._server.accept()
        if self._is_cut:
            near.close()
            return
        try:
            far = socket.create_connection(("127.0.0.1", self._target), 1.0)
        except OSError:
            near.close()
            return
        for one, other in ((near, far), (far, near)):
            one.settimeout(1.0)
            self._peers[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _forward(self, sock: socket.socket) -> None:
        peer = self._peers.get(sock)
        if peer is None:
            return
        try:
            data = sock.recv(CHUNK_BYTES)
            if data:
                peer.sendall(data)
        except OSError:
            data = b""
        if not data:
            self._close(sock)

    def _close(self, sock: socket.socket) -> None:
        peer = self._peers.pop(sock, None)
        for each in (sock, peer):
            if each:
                self._peers.pop(each, None)
                with contextlib.suppress(KeyError, ValueError):
                    self._selector.unregister(each)
                each.close()
