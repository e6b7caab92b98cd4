"""Kiosks that write rows, while network, broker, collector and database fail, and kiosks lose power."""

import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import paho.mqtt.client as paho
import psycopg
from paho.mqtt.enums import CallbackAPIVersion

from bench.city.kiosks import Loop, SimulatedKiosk
from bench.city.office import Office, compare
from bench.city.proxy import Proxy

SPEED = 20.0
"""The speed of the kiosks' clocks, in multiples of real time."""

PATIENCE_S = 240.0

End = Callable[[], object]
"""Ends an outage."""


class Trouble:
    """The outages: each is begun by a method that returns how it ends."""

    def __init__(self, office: Office, proxy: Proxy, kiosks: list[SimulatedKiosk], random: Random) -> None:
        self.office, self.proxy, self.kiosks, self.random = office, proxy, kiosks, random
        self.seen: list[tuple[str, bytes]] = []
        self.kinds: tuple[Callable[[], End], ...] = (
            self.cut_network, self.hang_network, self.stop_broker, self.kill_broker, self.hang_broker,
            self.kill_collector, self.hang_collector, self.two_collectors, self.stop_database, self.kill_database,
            self.hang_database, self.read_only_database, self.full_disk, self.power_cuts,
            self.power_cuts_and_lost_cursors, self.full_cards, self.twice_and_late,
        )  # fmt: skip
        self._spy: paho.Client | None = None

    def some_kiosks(self) -> list[SimulatedKiosk]:
        """Return a third of the kiosks, at least one."""
        return self.random.sample(self.kiosks, max(1, len(self.kiosks) // 3))

    def order(self, count: int) -> list[Callable[[], End]]:
        """Return `count` outages in any order, each kind as often as the others."""
        order = [kind for _ in range(count // len(self.kinds) + 1) for kind in self.kinds][:count]
        self.random.shuffle(order)
        return order

    def cut_network(self) -> End:
        self.proxy.cut()
        return self.proxy.heal

    def hang_network(self) -> End:
        self.proxy.hang()
        return self.proxy.heal

    def stop_broker(self) -> End:
        self.office.broker.stop(signal.SIGTERM)
        return self.office.broker.start

    def kill_broker(self) -> End:
        self.office.broker.stop(signal.SIGKILL)
        return self.office.broker.start

    def hang_broker(self) -> End:
        self.office.broker.pause()
        return self.office.broker.resume

    def kill_collector(self) -> End:
        self.office.stop_collector()
        return self.office.start_collector

    def hang_collector(self) -> End:
        collectors = list(self.office.collectors)
        for collector in collectors:
            collector.send_signal(signal.SIGSTOP)

        def end() -> None:
            for collector in collectors:
                collector.send_signal(signal.SIGCONT)

        return end

    def two_collectors(self) -> End:
        self.office.start_collector("collector_2")

        def end() -> None:
            second = self.office.collectors.pop()
            second.kill()
            second.wait()

        return end

    def stop_database(self) -> End:
        self.office.database.stop(signal.SIGINT)
        return self.office.database.start

    def kill_database(self) -> End:
        """An immediate shutdown: the next start recovers from the log, as after a power cut."""
        self.office.database.stop(signal.SIGQUIT)
        return self.office.database.start

    def hang_database(self) -> End:
        self.office.database.pause()
        return self.office.database.resume

    def full_disk(self) -> End:
        """Every write of the database fails, also those of its log."""
        self.office.database.fill_disk()
        return self.office.database.free_disk

    def read_only_database(self) -> End:
        """The database takes no rows and says so."""

        def refuse(word: str) -> None:
            with psycopg.connect(self.office.database.address("postgres"), autocommit=True) as connection:
                connection.execute(f"ALTER DATABASE fleet SET default_transaction_read_only = {word}".encode())
                connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'fleet'")

        refuse("on")
        return lambda: refuse("off")

    def power_cuts(self, *, loses_cursor: bool = False) -> End:
        chosen = self.some_kiosks()
        for kiosk in chosen:
            kiosk.cut_power(loses_cursor=loses_cursor)

        def end() -> None:
            for kiosk in chosen:
                kiosk.switch_on()

        return end

    def power_cuts_and_lost_cursors(self) -> End:
        return self.power_cuts(loses_cursor=True)

    def full_cards(self) -> End:
        """No cursor can be written: a folder has its name."""
        chosen = self.some_kiosks()
        for kiosk in chosen:
            (kiosk.folder / "cursor").unlink(missing_ok=True)
            (kiosk.folder / "cursor").mkdir()

        def end() -> None:
            for kiosk in chosen:
                (kiosk.folder / "cursor").rmdir()

        return end

    def twice_and_late(self) -> End:
        """Messages that were seen before come again, in any order."""
        spy = paho.Client(CallbackAPIVersion.VERSION2, "spy", protocol=paho.MQTTv5)
        spy.on_message = lambda _c, _d, message: self.seen.append((message.topic, bytes(message.payload)))
        spy.connect("127.0.0.1", self.office.broker.port)
        spy.subscribe("kiosk/+/rows")
        spy.loop_start()

        def end() -> None:
            again = self.random.sample(self.seen, min(len(self.seen), 200))
            for topic, message in again:
                spy.publish(topic, message, qos=0)
            spy.disconnect()
            spy.loop_stop()
            del self.seen[:-2000]

        return end


def through_outages(folder: Path, count: int, kiosks: int, random: Random) -> dict[str, Any]:
    with Office(folder / "office", has_tls=False) as office, Proxy(office.broker.port) as proxy:
        loop, all_kiosks = Loop(SPEED), []
        for number in range(kiosks):
            (folder / f"kiosk-{number}").mkdir()
            all_kiosks.append(
                SimulatedKiosk(f"kiosk-{number}", folder / f"kiosk-{number}", loop, lambda: proxy.port, random, None)
            )
            all_kiosks[-1].write(1)
        trouble = Trouble(office, proxy, all_kiosks, random)
        order = trouble.order(count)
        began_s = time.monotonic()
        for begin in order:
            live(loop, all_kiosks, random, random.uniform(0.0, 0.3))
            end = begin()
            live(loop, all_kiosks, random, random.uniform(0.1, 0.9))
            end()
        outages_s = time.monotonic() - began_s
        caught_up = catch_up(loop, all_kiosks)
        found = compare(office, all_kiosks)
        for kiosk in all_kiosks:
            kiosk.cut_power(loses_cursor=False)
    return found | {"outages": len(order), "outages_s": round(outages_s, 1), "caught_up": caught_up}


def live(loop: Loop, kiosks: list[SimulatedKiosk], random: Random, seconds: float) -> None:
    """Let visitors come for some real seconds; kiosks without power write nothing."""
    ends_at_s = time.monotonic() + seconds
    while time.monotonic() < ends_at_s:
        kiosk = random.choice(kiosks)
        if kiosk.is_on:
            kiosk.write(random.choice((1, 1, 2, 30)))
        loop.turn()


def catch_up(loop: Loop, kiosks: list[SimulatedKiosk]) -> bool:
    """Wait until all rows are confirmed; return False if that takes too long."""
    for kiosk in kiosks:
        kiosk.close_book()
    last = {kiosk.name: newest(kiosk.path) for kiosk in kiosks}
    return loop.run(lambda: all(kiosk.outbox.place.id == last[kiosk.name] for kiosk in kiosks), PATIENCE_S)


def newest(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute("SELECT coalesce(max(id), 0) FROM journal").fetchone()[0])
    finally:
        connection.close()
