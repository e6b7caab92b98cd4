"""The kiosk's part in the fleet: the rows and the state for the office, and the faults of the connection to it.

Rule: the door depends on nothing here. Files that cannot be used, a server that does not answer and a bug of the sender
are reported as faults, and service continues.
"""

import logging
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import SystemRandom

from cryptography import x509
from cryptography.x509.oid import NameOID

from kiosk.composition.environment import CameraDuty, Environment, Post
from kiosk.errors import JournalError, KioskError
from kiosk.fleet.outbox.cursor import CursorFile
from kiosk.fleet.outbox.driver import FleetDriver
from kiosk.fleet.outbox.fleet_link import FleetLink
from kiosk.fleet.outbox.mqtt_client import BoundedClient, connect, new_client, tls_context
from kiosk.fleet.outbox.row_outbox import RowOutbox
from kiosk.fleet.outbox.sender import FleetSender
from kiosk.fleet.wire.kiosk_state import KioskState
from kiosk.fleet.wire.seals import SealKey
from kiosk.flow.events import health_event
from kiosk.flow.state import State
from kiosk.health.processor import read_cpu_c
from kiosk.journal.following import JournalFollower
from kiosk.journal.portions import AT_UTC
from kiosk.journal.privacy import utc_text
from kiosk.model import Door
from kiosk.settings.schema.fleet import FleetSettings
from kiosk.settings.schema.settings import Settings
from kiosk.support.delivery import Delivery

logger = logging.getLogger(__name__)

CURSOR = "fleet-cursor"
"""The file with the place up to which the office has the rows; it stands beside the journal."""

UNREACHABLE_S = 900.0
"""Time without a confirmation after which rows that wait are reported; a restart of the office's server is shorter."""

BEHIND = 0.8
"""Part of the journal's age or size at which rows that wait are reported, before retention deletes them."""

COUNT_S = 10.0
"""Time between two counts of the visitors and readings of the processor's temperature."""

JOURNAL_S = 1.0
"""Pause after the journal could not be read, as at the start before its writer has made it."""

RETRY_S = 0.5
STOP_S = 3.0


class FleetMember:
    """A kiosk that reports to the office. camera: the scanner's duty, of which the restarts are counted, if any."""

    def __init__(
        self, settings: Settings, folder: Path, environment: Environment, post: Post, camera: CameraDuty | None
    ) -> None:
        assert settings.fleet
        journal = folder / settings.journal.path
        self._journal = settings.journal
        self._has_contact = settings.inputs.door_contact is not None
        self._wall, self._clock = environment.wall, environment.clock
        self._camera = camera
        self._follower = JournalFollower(journal)
        self._report = Delivery[str](
            lambda fault: post(health_event(self._clock.now_s(), "fleet", fault)),
            changes_only=True, clock=self._clock, retry_s=RETRY_S,
        )  # fmt: skip
        self._seen: tuple[str, str, tuple[str, ...]] = ("starting", "unknown", ())
        self._visitors = 0
        self._cpu_c: float | None = None
        self._count_at_s = 0.0
        self._started_at_s: float | None = None
        cursor, random = CursorFile(journal.with_name(CURSOR)), SystemRandom()
        self._outbox = RowOutbox(self._follower.after, cursor.load(), random)
        fleet = settings.fleet
        self._link = FleetLink(
            settings.name,
            self._outbox,
            partial(read_seal_key, folder / fleet.seal),
            partial(open_client, settings.name, fleet, folder),
            lambda client: connect(client, fleet.server, fleet.port),
            self._utc_s,
        )
        self._sender = FleetSender(FleetDriver(self._link, cursor, self._look, random))

    def start(self) -> None:
        """Start the sender's thread."""
        self._sender.start()

    def close(self) -> None:
        """End the sender's thread, or leave it if it waits for the network."""
        if not self._sender.stop(STOP_S):
            logger.warning("the sender of the fleet still waits for the network; it is abandoned")

    def wake(self) -> None:
        """Send the newest rows soon. Never waits; safe from any thread."""
        self._sender.wake()

    def show(self, state: State) -> None:
        """Publish what the office may know of `state`. Never waits; called on the loop's thread."""
        door = "open" if Door.BUILDING in state.doors.opened else "closed"
        faults = tuple(sorted({fault for _, fault in state.faults}))
        seen = (state.phase.value, door if self._has_contact else "unknown", faults)
        if seen != self._seen:
            self._seen = seen
            self._publish()

    def _utc_s(self) -> float:
        return self._wall().utc.timestamp()

    def _publish(self) -> None:
        phase, door, faults = self._seen
        restarts = self._camera.restarts if self._camera else 0
        self._sender.show(KioskState(phase, door, faults, self._visitors, self._cpu_c, restarts))

    def _look(self, now_s: float) -> None:
        """Renew the figures of the state, and report the fault of the connection; called on the sender's thread."""
        if now_s < self._count_at_s:
            return
        self._count_at_s = now_s + COUNT_S
        if self._started_at_s is None:
            self._started_at_s = now_s
        try:
            wall, cpu_c = self._wall(), read_cpu_c()
            midnight = wall.utc.astimezone(wall.zone).replace(hour=0, minute=0, second=0, microsecond=0)
            self._visitors = self._follower.visits_since(utc_text(midnight))
            self._cpu_c = None if cpu_c is None else float(round(cpu_c))
            fault = self._fault(now_s, self._started_at_s)
        except JournalError as error:
            logger.info("the fleet's counts are not renewed: %s", error)
            self._count_at_s = now_s + JOURNAL_S
            return
        self._publish()
        if fault or self._report.accepted or self._report.waiting:
            self._report.offer(fault)

    def _fault(self, now_s: float, started_at_s: float) -> str:
        if self._link.refused or self._outbox.refused:
            return "fleet_refused"
        portion = self._follower.after(self._outbox.place, 1)
        if portion.missing or (portion.rows and self._is_nearly_deleted(portion.rows[0][AT_UTC])):
            return "fleet_behind"
        silent_s = now_s - max(self._outbox.confirmed_at_s or 0.0, started_at_s)
        return "fleet_unreachable" if silent_s >= UNREACHABLE_S else ""

    def _is_nearly_deleted(self, at_utc: str) -> bool:
        wall, keep = self._wall(), timedelta(days=self._journal.keep_days)
        old = wall.sure and wall.utc - datetime.fromisoformat(at_utc).astimezone(UTC) > keep * BEHIND
        return old or self._follower.size_mb() > self._journal.max_mb * BEHIND


def open_client(name: str, fleet: FleetSettings, folder: Path) -> BoundedClient:
    """Return a client with the certificate of the kiosk `name`; the files are read anew for each connection.

    Raises `KioskError` if a file cannot be used or the certificate names another kiosk.
    """
    certificate = folder / fleet.certificate
    context = tls_context(folder / fleet.ca, certificate, folder / fleet.key)
    subject = x509.load_pem_x509_certificate(certificate.read_bytes()).subject
    named = [str(each.value) for each in subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if named != [name]:
        raise KioskError(
            f"fleet: '{certificate}' is the certificate of {' and '.join(named) or 'nobody'}, and this kiosk is "
            f"'{name}'; enrol this name in the office, or correct 'name'",
            "fleet_refused",
        )
    return new_client(name, context)


def read_seal_key(path: Path) -> SealKey:
    """Return the key of this kiosk's seals. Raises `KioskError` if the file cannot be used."""
    try:
        return SealKey.parse(path.read_bytes())
    except OSError as error:
        raise KioskError(
            f"fleet: '{path}' cannot be read ({error.strerror}); copy the files of this kiosk from the office again",
            "fleet_refused",
        ) from error
