"""`kiosk collector`, `kiosk fleet`: the office's side of the fleet (docs/fleet.md)."""

import argparse
import getpass
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk.commands.options import add, port, positive
from kiosk.errors import KioskError
from kiosk.support.time_zones import DEFAULT

if TYPE_CHECKING:
    from kiosk.commands.options import Commands

FOLDER = Path("/etc/kiosk-fleet")
"""The folder of the office's certificates, which script/fleet makes."""

DATABASE = "host=/var/run/postgresql dbname=fleet"
MQTT_TLS_PORT = 8883
PAGE_PORT = 8091


def add_commands(commands: "Commands") -> None:
    """Add the subcommands of this group."""
    sub = add(commands, "collector", collector, "store the rows of the fleet's kiosks in the office's database")
    sub.add_argument("--name", default="collector_1", help="name in its certificate; each collector needs its own")
    sub.add_argument("--server", default="localhost", help="host of the broker (default: %(default)s)")
    sub.add_argument("--port", type=positive, default=MQTT_TLS_PORT, help="port of the broker (default: %(default)s)")
    sub.add_argument("--folder", type=Path, default=FOLDER, help="folder of the certificates (default: %(default)s)")
    sub.add_argument("--keep-months", type=positive, default=24, help="months of rows to keep (default: %(default)s)")
    database(sub)
    group = add(commands, "fleet", None, "certificates of the fleet: make the authority, enrol and revoke kiosks")
    actions = group.add_subparsers(required=True, metavar="WHAT")
    sub = add(actions, "authority", authority, "make the fleet's authority, and certificates of broker and collectors")
    sub.add_argument("--server", action="append", required=True, help="name or address of the office's server")
    sub.add_argument("--collectors", type=positive, default=2, help="number of collectors (default: %(default)s)")
    sub.add_argument("--folder", type=Path, default=FOLDER, help="folder to make (default: %(default)s)")
    sub = add(actions, "enrol", enrol, "make a certificate for a kiosk, and the section of its settings")
    sub.add_argument("name", help="the kiosk's name, as in its settings")
    sub.add_argument("--site", default="", help="the site, for the counts")
    sub.add_argument("--at", type=position, help="the kiosk's place on the map, as LATITUDE,LONGITUDE")
    sub.add_argument("--server", required=True, help="name or address of the office's server, as the kiosk reaches it")
    sub.add_argument("--port", type=positive, default=MQTT_TLS_PORT, help="port of the broker (default: %(default)s)")
    sub.add_argument("--folder", type=Path, default=FOLDER, help="folder of the authority (default: %(default)s)")
    sub.add_argument("--out", type=Path, help="folder for the kiosk's files (default: 'kiosks' in the first folder)")
    database(sub)
    sub = add(actions, "page", page, "serve the office's page: silent kiosks, today's counts, one kiosk's week")
    sub.add_argument("--page-port", type=port, default=PAGE_PORT, help="port of the page (default: %(default)s)")
    sub.add_argument("--time-zone", default=DEFAULT, help="time zone of the days (default: %(default)s)")
    sub.add_argument("--name", action="append", default=[], help="opens the page to other computers under this name")
    sub.add_argument("--certificate", type=Path, help="the page's certificate with its chain; needed with --name")
    sub.add_argument("--key", type=Path, help="the private key of that certificate; needed with --name")
    sub.add_argument("--password", type=Path, help="file that 'kiosk fleet password' wrote; needed with --name")
    database(sub)
    sub = add(actions, "password", password, "ask for the password of the office's page and write its file")
    sub.add_argument("file", type=Path, help="file to write")
    sub = add(actions, "revoke", revoke, "let the broker refuse a kiosk's certificate, and forget the kiosk")
    sub.add_argument("name", help="the kiosk's name")
    sub.add_argument("--folder", type=Path, default=FOLDER, help="folder of the authority (default: %(default)s)")
    database(sub)


def need_psycopg() -> None:
    """Raises `KioskError` if the library for the database is not installed, which a kiosk does not need."""
    try:
        import psycopg  # noqa: F401 - only whether it is there
    except ImportError as error:
        raise KioskError(
            f"{error}; the office's machine needs 'entrance-kiosk[fleet]', which script/fleet installs"
        ) from error


def database(sub: argparse.ArgumentParser) -> None:
    """Add the option `--database`."""
    sub.add_argument("--database", default=DATABASE, help="address of the database, as libpq reads it (%(default)s)")


def position(text: str) -> tuple[float, float]:
    """Return `text` as latitude and longitude. Raises `argparse.ArgumentTypeError` if it is no place on earth."""
    try:
        latitude, longitude = (float(part) for part in text.split(","))
    except ValueError:
        latitude = longitude = float("nan")
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise argparse.ArgumentTypeError(f"'{text}' is not a place such as -6.2383,106.9756")
    return latitude, longitude


def collector(options: argparse.Namespace) -> int:
    """Run a collector until a signal. Raises `KioskError` if it cannot start."""
    need_psycopg()
    from kiosk.fleet.collector.broker_client import Broker
    from kiosk.fleet.collector.service import collect, ended_by_signals
    from kiosk.fleet.enrolment.authority import read_kiosk_keys

    folder: Path = options.folder
    own = folder / options.name
    broker = Broker(
        options.server, options.port, options.name, folder / "ca.pem", own.with_suffix(".pem"), own.with_suffix(".key")
    )
    with ended_by_signals() as is_ending:
        collect(broker, read_kiosk_keys(folder), options.database, options.keep_months, is_ending)
    return 0


def authority(options: argparse.Namespace) -> int:
    """Make the authority and the certificates of the office. Raises `KioskError` if there is one already."""
    from kiosk.fleet.enrolment.authority import Authority

    made = Authority.make(options.folder)
    made.make_server([*options.server, "localhost"], options.folder)
    names = [f"collector_{number}" for number in range(1, options.collectors + 1)]
    for name in (*names, "home_assistant"):
        made.make_client(name, options.folder)
    print(f"the authority, the broker's certificate and those of {', '.join(names)} are in '{options.folder}'")
    print(f"keep a copy of '{options.folder}' in a safe: without ca.key no kiosk can be enrolled")
    return 0


def enrol(options: argparse.Namespace) -> int:
    """Make the files of a kiosk, and its entry in the database. Raises `KioskError` if it is enrolled already."""
    need_psycopg()
    from kiosk.fleet.enrolment import enrol as enrolment
    from kiosk.fleet.enrolment.authority import Authority

    out = options.out or options.folder / "kiosks"
    enrolment.check_name(options.name)
    authority = Authority(options.folder)
    if (out / options.name).exists():
        raise KioskError(f"'{options.name}' is enrolled: its files are in '{out / options.name}'; revoke it first")
    latitude, longitude = options.at or (None, None)
    ask_database(
        options.database,
        "INSERT INTO kiosk (name, site, latitude, longitude, enrolled_at) VALUES (%s, %s, %s, %s, now())"
        " ON CONFLICT (name) DO UPDATE SET site = excluded.site, latitude = excluded.latitude,"
        " longitude = excluded.longitude, enrolled_at = now()",
        (options.name, options.site, latitude, longitude),
    )
    made = enrolment.enrol(authority, options.name, options.server, options.port, out)
    print((made / "fleet.yaml").read_text("utf-8"), end="")
    print(f"# These files are in {made}")
    return 0


def revoke(options: argparse.Namespace) -> int:
    """Revoke a kiosk's certificate and forget the kiosk; its rows stay, and it can be enrolled again.

    Raises `KioskError` if it is not enrolled or the database does not answer.
    """
    need_psycopg()
    from kiosk.fleet.enrolment.authority import Authority

    files = options.folder / "kiosks" / options.name
    Authority(options.folder).revoke(files / f"{options.name}.pem")
    ask_database(options.database, "DELETE FROM kiosk WHERE name = %s", (options.name,))
    shutil.rmtree(files)
    print(f"{options.name} is revoked and its files here are deleted; the broker refuses it from its next start on")
    return 0


def page(options: argparse.Namespace) -> int:
    """Serve the office's page until a signal. Raises `KioskError` if it cannot be served."""
    need_psycopg()
    from functools import partial

    from kiosk.fleet.collector.service import ended_by_signals, open_connection
    from kiosk.fleet.page.answers import Answers
    from kiosk.fleet.page.server import Lan, OfficeServer
    from kiosk.support.time_zones import zone_of
    from kiosk.support.web.server import Tls

    lan = None
    if options.name:
        if not (options.certificate and options.key and options.password):
            raise KioskError("beyond this computer the page needs --certificate, --key and --password")
        lan = Lan(tuple(options.name), Tls(options.certificate, options.key), options.password)
    opener = partial(open_connection, options.database)
    server = OfficeServer(
        Answers(opener, zone_of(options.time_zone), lambda: datetime.now(UTC)), options.page_port, lan
    )
    with ended_by_signals() as is_ending:
        server.start()
        print(f"the office's page is on {server.address}", flush=True)
        while server.alive and not is_ending.wait(1.0):
            pass
        if not is_ending.is_set():
            raise KioskError("the page's server ended; see the log for the cause")
        server.stop()
    return 0


def password(options: argparse.Namespace) -> int:
    """Ask for a password twice and write its file. Raises `KioskError` if it is too short or cannot be written."""
    from kiosk.support.files import replace_file
    from kiosk.support.web.login import hash_of

    chosen = getpass.getpass("password of the office's page: ")
    if getpass.getpass("again: ") != chosen:
        raise KioskError("the two passwords differ; nothing is written")
    try:
        replace_file(options.file, f"{hash_of(chosen)}\n".encode(), mode=0o640)
    except OSError as error:
        raise KioskError(f"'{options.file}' cannot be written: {error.strerror}") from error
    print(f"written: {options.file}; the user of the page must be able to read it")
    return 0


def ask_database(address: str, question: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
    """Execute one statement with the newest schema and return its rows. Raises `KioskError` if that fails."""
    need_psycopg()
    import psycopg

    from kiosk.fleet.collector.migrations import migrate
    from kiosk.fleet.collector.service import open_connection

    try:
        with open_connection(address) as connection:
            migrate(connection)
            cursor = connection.execute(question.encode(), values)
            return cursor.fetchall() if cursor.description else []
    except psycopg.Error as error:
        raise KioskError(f"the database '{address}' does not answer: {str(error).strip()}") from error
