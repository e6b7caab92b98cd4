"""The metrics of all kiosks in the text format of Prometheus, from the same answer as the office's page."""

from collections.abc import Iterator
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_LATEST
KIOSK = ["kiosk", "site"]


class FleetMetrics(Collector):
    """Collects the metrics of one moment. answer: that of `Answers.kiosks`."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self._answer = answer

    def collect(self) -> Iterator[Metric]:
        """Yield each metric once."""
        broker_is_silent = self._answer["broker_silent_s"] is not None
        yield GaugeMetricFamily("fleet_broker_silent", "1 while the broker does not answer", float(broker_is_silent))
        online = GaugeMetricFamily("fleet_kiosk_online", "1 while the kiosk is connected", labels=KIOSK)
        silent = GaugeMetricFamily("fleet_kiosk_silent", "1 while the alert of a silent kiosk stands", labels=KIOSK)
        refused = GaugeMetricFamily(
            "fleet_kiosk_refused", "1 while messages of the kiosk are refused, as by a wrong seal", labels=KIOSK
        )
        missing = GaugeMetricFamily("fleet_rows_missing", "rows that were deleted before they were sent", labels=KIOSK)
        phase = GaugeMetricFamily("fleet_kiosk_phase", "1 for the last known phase", labels=[*KIOSK, "phase"])
        fault = GaugeMetricFamily("fleet_kiosk_fault", "1 for each fault that stands", labels=[*KIOSK, "code"])
        visits = GaugeMetricFamily(
            "fleet_visits_today",
            "decided visits since midnight; a referral that the officer overrules counts as both",
            labels=[*KIOSK, "outcome"],
        )
        for kiosk in self._answer["kiosks"]:
            labels = [kiosk["name"], kiosk["site"]]
            online.add_metric(labels, float(kiosk["online"]))
            silent.add_metric(labels, float(kiosk["alert_s"] is not None))
            refused.add_metric(labels, float(kiosk["refused"] is not None))
            missing.add_metric(labels, kiosk["missing"])
            if kiosk["state"]:
                phase.add_metric([*labels, kiosk["state"]["phase"]], 1.0)
            for each in kiosk["faults"]:
                fault.add_metric([*labels, each["name"]], 1.0)
            for outcome in ("admitted", "referred", "other"):
                visits.add_metric([*labels, outcome], kiosk[outcome])
        yield from (online, silent, refused, missing, phase, fault, visits)


def metrics_text(answer: dict[str, Any]) -> bytes:
    """Return the metrics of the kiosks in `answer`."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(FleetMetrics(answer))
    return generate_latest(registry)
