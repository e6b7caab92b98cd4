"""`kiosk collector`, `kiosk fleet`: the office's side of the fleet (docs/fleet.md)."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.commands.options import add, positive
from kiosk.errors import KioskError

if TYPE_CHECKING:
    from kiosk.commands.options import Commands

FOLDER = Path("/etc/kiosk-fleet")
"""The folder of the office's certificates, which script/fleet makes."""

DATABASE = "host=/var/run/postgresql dbname=fleet"
MQTT_TLS_PORT = 8883


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

    folder: Path = options.folder
    own = folder / options.name
    broker = Broker(
        options.server, options.port, options.name, folder / "ca.pem", own.with_suffix(".pem"), own.with_suffix(".key")
    )
    with ended_by_signals() as is_ending:
        collect(broker, options.database, options.keep_months, is_ending)
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
    authority = Authority(options.folder)
    latitude, longitude = options.at or (None, None)
    run_sql(
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
    """Revoke a kiosk's certificate and forget the kiosk; its rows stay. Raises `KioskError` if it has none."""
    need_psycopg()
    from kiosk.fleet.enrolment.authority import Authority

    files = options.folder / "kiosks" / options.name
    Authority(options.folder).revoke(files / f"{options.name}.pem")
    run_sql(options.database, "DELETE FROM kiosk WHERE name = %s", (options.name,))
    print(f"revoked; 'sudo systemctl restart mosquitto' makes it count, and '{files}' can be deleted")
    return 0


def run_sql(address: str, statement: str, values: tuple[object, ...]) -> None:
    """Execute one statement with the newest schema. Raises `KioskError` if the database does not answer."""
    import psycopg

    from kiosk.fleet.collector.migrations import migrate
    from kiosk.fleet.collector.service import open_connection

    try:
        with open_connection(address) as connection:
            migrate(connection)
            connection.execute(statement.encode(), values)
    except psycopg.Error as error:
        raise KioskError(f"the database '{address}' does not answer: {str(error).strip()}") from error
