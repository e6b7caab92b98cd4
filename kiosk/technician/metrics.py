"""The metrics of one kiosk in the text format of Prometheus (version 0.0.4), by its own client library.

Rule 1: nothing personal. Labels are reasons, devices and fault codes, which are words of the program.
Rule 2: the values come from the same snapshot and history as the page; a scrape starts no work.
Rule 3: without a snapshot only `kiosk_up` is there, with 0, so that an alert can tell a dead kiosk from a dead network.
"""

from collections.abc import Iterator
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_LATEST


class KioskMetrics(Collector):
    """Collects the metrics of one moment.

    snapshot: of the controller, None if it does not answer. outcomes: the outcomes of visits since the page's process
    started, by outcome and reason. machine: disk, temperature and key lists, as the page shows them.
    """

    def __init__(
        self, snapshot: dict[str, Any] | None, outcomes: dict[tuple[str, str], int], machine: dict[str, Any]
    ) -> None:
        self._snapshot = snapshot
        self._outcomes = outcomes
        self._machine = machine

    def collect(self) -> Iterator[Metric]:
        """Yield each metric once."""
        up = GaugeMetricFamily("kiosk_up", "1 if the controller answers, otherwise 0")
        up.add_metric([], 0.0 if self._snapshot is None else 1.0)
        yield up
        yield from self._of_history()
        if self._snapshot is not None:
            yield from _of_snapshot(self._snapshot)

    def _of_history(self) -> Iterator[Metric]:
        visits = CounterMetricFamily(
            "kiosk_visits",
            "decided visits since the page's process started; a referral that the officer overrules counts as both",
            labels=["outcome", "reason"],
        )
        for (outcome, reason), count in sorted(self._outcomes.items()):
            visits.add_metric([outcome, reason], count)
        yield visits
        free_mb = self._machine.get("disk", {}).get("free_mb")
        if free_mb is not None:
            yield GaugeMetricFamily("kiosk_disk_free_bytes", "free space on the journal's disk", free_mb << 20)
        if self._machine.get("cpu_c") is not None:
            yield GaugeMetricFamily("kiosk_cpu_celsius", "temperature of the processor", self._machine["cpu_c"])
        ages = GaugeMetricFamily(
            "kiosk_key_list_age_seconds", "age of each list of trusted keys, in whole days", labels=["scheme", "list"]
        )
        for keys in self._machine.get("key_lists", ()):
            if "days" in keys:
                ages.add_metric([keys["scheme"], keys["name"]], keys["days"] * 86400.0)
        yield ages


def _of_snapshot(snapshot: dict[str, Any]) -> Iterator[Metric]:
    about = GaugeMetricFamily("kiosk_info", "always 1; name and version", labels=["kiosk", "site", "version"])
    about.add_metric([snapshot["kiosk"]["name"], snapshot["kiosk"]["site"], snapshot["kiosk"]["version"]], 1.0)
    yield about
    phase = GaugeMetricFamily("kiosk_phase", "1 for the present phase", labels=["phase"])
    phase.add_metric([snapshot["phase"]], 1.0)
    yield phase
    faults = GaugeMetricFamily("kiosk_fault", "1 for each fault that stands", labels=["device", "code"])
    for fault in snapshot["faults"]:
        faults.add_metric([fault["device"], fault["code"]], 1.0)
    yield faults
    locked = GaugeMetricFamily("kiosk_door_locked", "1 while the building door is locked")
    locked.add_metric([], float(snapshot["outputs"]["door"] == "locked"))
    yield locked
    ages = GaugeMetricFamily("kiosk_heartbeat_age_seconds", "age of the last heartbeat of each part", labels=["part"])
    for part, age_s in snapshot["workers"].items():
        ages.add_metric([part], age_s)
    yield ages
    yield GaugeMetricFamily("kiosk_clock_sure", "1 while the time of day is trusted", float(snapshot["clock"]["sure"]))
    yield GaugeMetricFamily("kiosk_uptime_seconds", "time since the controller started", snapshot["kiosk"]["up_s"])
    if snapshot["kiosk"]["bundle"] is not None:
        yield GaugeMetricFamily("kiosk_bundle_version", "the signed bundle that serves", snapshot["kiosk"]["bundle"])


def metrics_text(
    snapshot: dict[str, Any] | None, outcomes: dict[tuple[str, str], int], machine: dict[str, Any]
) -> bytes:
    """Return the metrics of this moment as text. See `KioskMetrics` for the parameters."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(KioskMetrics(snapshot, outcomes, machine))
    return generate_latest(registry)
