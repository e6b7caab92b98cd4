"""The technician's page under load: `python -m bench.technician` measures the entrance beside it, in one run.

Measured is the time from the emergency wire to the door's relay, both noted by the controller: first with the page
idle, then with twenty readers of the live state, one that never reads, a flood of requests, wrong passwords as fast as
the page answers, and connections that begin no handshake; and again idle. Each attacker has an address of its own.
Controller and page are the real processes, as their units start them. The attackers are a process of the lowest
priority: they would run on other computers.
"""

import argparse
import contextlib
import http.client
import itertools
import json
import os
import select
import socket
import ssl
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from bench.door.booth import Booth
from bench.door.site import Site, free_port
from bench.machine import described, facts
from kiosk.technician.server import HOME, LOGIN, METRICS
from tests.technician.pages import NAME, PASSWORD, certified

SAMPLES = 40
READERS = 20
FLOODS = 4
ENDED = contextlib.suppress(OSError, http.client.HTTPException)
NICE = 10
"""As in systemd/kiosk-technician.service."""


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.technician", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--json", action="store_true", help="print JSON, with every sample")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="emergencies in each situation (%(default)s)")
    parser.add_argument(
        "--attack", type=int, metavar="PORT", help="only attack the page on this port until a line comes"
    )
    options = parser.parse_args()
    if options.attack:
        _attack(options.attack)
        return
    with TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        (folder / "site").mkdir()
        site = Site(folder / "site")
        port = _with_page(site)
        os.environ["RUNTIME_DIRECTORY"] = str(folder)
        found: dict[str, list[float]] = {}
        answers: Counter[str] = Counter()
        with Booth(site) as booth, _page(site, folder, port):
            found["idle before"] = _latencies(booth, options.samples)
            with _attackers(port, answers):
                found["attacked"] = _latencies(booth, options.samples)
            found["idle after"] = _latencies(booth, options.samples)
    if options.json:
        print(json.dumps({"machine": facts(Path()), "ms": found, "answers": answers}))
        return
    print(described(facts(Path())))
    print("\nemergency wire to relay, in ms\n\n| | median | p95 | greatest |\n|---|---:|---:|---:|")
    for what, samples in found.items():
        ordered = sorted(samples)
        p95 = ordered[int(0.95 * len(ordered))]
        print(f"| {what} | {statistics.median(samples):.1f} | {p95:.1f} | {ordered[-1]:.1f} |")
    print(f"\nanswers to the attackers: {dict(answers)}")


def _with_page(site: Site) -> int:
    """Open the page of the site to the network, by TLS; return its port."""
    path, port = site.folder / "kiosk.yaml", free_port()
    settings = yaml.safe_load(path.read_text())
    settings["technician"] = {"port": port, "lan": certified(site.folder).model_dump(mode="json")}
    path.write_text(yaml.safe_dump(settings))
    return port


@contextlib.contextmanager
def _page(site: Site, runtime: Path, port: int) -> Iterator[None]:
    command = [
        "nice",
        "-n",
        str(NICE),
        sys.executable,
        "-m",
        "kiosk",
        "technician",
        "serve",
        "--config",
        str(site.folder / "kiosk.yaml"),
    ]
    environment = {**os.environ, "KIOSK_RUNTIME": str(runtime)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as page:
        try:
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
                    break
                time.sleep(0.1)
            yield
        finally:
            page.terminate()
            page.wait(20.0)


def _latencies(booth: Booth, count: int) -> list[float]:
    """Return the milliseconds from the wire to the relay, for `count` emergencies."""
    samples = []
    for _ in range(count):
        booth.set("emergency", 1)
        began_ns = booth.wait_for_note("emergency")
        samples.append((booth.wait_for_note("relay_on") - began_ns) / 1e6)
        booth.set("emergency", 0)
        time.sleep(0.2)  # its debounce
        booth.set("officer", 1)
        booth.wait_for_note("relay_off")
        booth.set("officer", 0)
        time.sleep(0.1)
    return samples


@contextlib.contextmanager
def _attackers(port: int, answers: Counter[str]) -> Iterator[None]:
    command = ["nice", "-n", "19", sys.executable, "-m", "bench.technician", "--attack", str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as attackers:
        assert attackers.stdout
        attackers.stdout.readline()
        yield
        out, _ = attackers.communicate("end\n", 60.0)
        answers.update(json.loads(out))


def _attack(port: int) -> None:
    """Attack until a line comes; then print the numbers of answers by kind."""
    stopping, answers = threading.Event(), Counter[str]()
    addresses = (f"127.0.1.{number}" for number in itertools.count(1))
    cookie = _ask(_connected(port, next(addresses)), port, "POST", LOGIN, f"password={PASSWORD.replace(' ', '+')}")[1]
    reader, flood = partial(_reader, cookie=cookie), _flood
    attackers = [reader] * READERS + [flood] * FLOODS + [_guesser, _silent]
    threads = [
        threading.Thread(target=attack, args=(port, next(addresses), stopping, answers), daemon=True)
        for attack in attackers
    ]
    never_reads = _connected(port, next(addresses))
    never_reads.request("GET", f"{HOME}/live", None, {"Host": f"{NAME}:{port}", "Cookie": cookie})
    for thread in threads:
        thread.start()
    time.sleep(2.0)
    print("attacking", flush=True)
    sys.stdin.readline()
    stopping.set()
    for thread in threads:
        thread.join(10.0)
    print(json.dumps(answers))


def _connected(port: int, address: str) -> http.client.HTTPSConnection:
    """Return a connection from the attacker's own address on this computer."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection("127.0.0.1", port, timeout=10.0, context=context, source_address=(address, 0))


def _ask(
    connection: http.client.HTTPSConnection, port: int, method: str, path: str, body: str = "", cookie: str = ""
) -> tuple[int, str]:
    """Return the status and the cookie of the answer."""
    headers = {"Host": f"{NAME}:{port}", "Origin": f"https://{NAME}:{port}", "Cookie": cookie}
    connection.request(method, path, body or None, headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status, (answer.getheader("set-cookie") or "").partition(";")[0]


def _reader(port: int, address: str, stopping: threading.Event, answers: Counter[str], cookie: str) -> None:
    """Read the live state like a page, and connect again when the stream ends."""
    while not stopping.is_set():
        with (
            contextlib.suppress(OSError, http.client.HTTPException),
            contextlib.closing(_connected(port, address)) as connection,
        ):
            connection.request("GET", f"{HOME}/live", None, {"Host": f"{NAME}:{port}", "Cookie": cookie})
            answer = connection.getresponse()
            answers[f"live {answer.status}"] += 1
            while not stopping.is_set() and answer.read1(65536):
                pass
        stopping.wait(0.2)


def _flood(port: int, address: str, stopping: threading.Event, answers: Counter[str]) -> None:
    while not stopping.is_set():
        with (
            contextlib.suppress(OSError, http.client.HTTPException),
            contextlib.closing(_connected(port, address)) as connection,
        ):
            while not stopping.is_set():
                answers[f"metrics {_ask(connection, port, 'GET', METRICS)[0]}"] += 1


def _guesser(port: int, address: str, stopping: threading.Event, answers: Counter[str]) -> None:
    while not stopping.is_set():
        with (
            contextlib.suppress(OSError, http.client.HTTPException),
            contextlib.closing(_connected(port, address)) as connection,
        ):
            answers[f"login {_ask(connection, port, 'POST', LOGIN, 'password=wrong+password')[0]}"] += 1


def _silent(port: int, address: str, stopping: threading.Event, answers: Counter[str]) -> None:
    """Open connections that begin no handshake, and open another one for each that is closed."""
    clients: list[socket.socket] = []
    while not stopping.wait(0.02):
        with ENDED:
            clients.append(socket.create_connection(("127.0.0.1", port), 1.0, source_address=(address, 0)))
            answers["silent connections"] += 1
        for client in select.select(clients, [], [], 0.0)[0]:
            clients.remove(client)
            client.close()


if __name__ == "__main__":
    main()
