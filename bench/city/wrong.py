"""A broker that misbehaves: python -m bench.city.wrong hanging|lying|flooding; prints its port.

hanging: never answers. lying: acknowledges what was never sent. flooding: does so without an end.
"""

import socket
import sys
import threading
import time

CONNACK = b"\x20\x03\x00\x00\x00"
PUBACK = b"\x40\x02\x00\x01"


def serve(connection: socket.socket, how: str) -> None:
    try:
        connection.recv(1000)
        if how == "hanging":
            time.sleep(3600)
        connection.sendall(CONNACK)
        while True:
            connection.sendall(PUBACK * (16384 if how == "flooding" else 1))
            time.sleep(0.0 if how == "flooding" else 0.05)
    except OSError:
        return


def main(how: str) -> None:
    server = socket.create_server(("127.0.0.1", 0))
    print(server.getsockname()[1], flush=True)
    while True:
        connection, _ = server.accept()
        threading.Thread(target=serve, args=(connection, how), daemon=True).start()


if __name__ == "__main__":
    main(sys.argv[1])
