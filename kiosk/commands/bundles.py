"""`kiosk bundle`: make, sign and release bundles in the office; fetch and show them on a kiosk."""

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.commands.fleet import ask_database, database
from kiosk.commands.options import add, json_option, positive, print_json, settings_file
from kiosk.commands.terminal import Progress
from kiosk.errors import KioskError

if TYPE_CHECKING:
    from kiosk.commands.options import Commands

REPLACEABLE = ("root", "targets", "snapshot", "timestamp")


def add_commands(commands: "Commands") -> None:
    """Add the subcommands of this group."""
    bundle = add(commands, "bundle", None, "sign settings, texts and key lists for many kiosks, and fetch them")
    kinds = bundle.add_subparsers(required=True, metavar="WHAT")
    sub = add(kinds, "init", init, "office: make a repository of bundles, with its keys")
    _add_repository(sub)

    sub = add(kinds, "publish", publish, "office: sign a folder as a bundle for some kiosks first")
    _add_repository(sub)
    sub.add_argument(
        "folder", type=Path, help="folder with overlay.yaml, texts/, clips/, trust/ and revoked.txt, each optional"
    )
    higher = "version of the bundle, higher than the one before"
    sub.add_argument("--version", type=positive, required=True, help=higher)
    first = "names of the kiosks that take it first"
    sub.add_argument("--first", nargs="+", metavar="KIOSK", required=True, help=first)

    sub = add(kinds, "release", release, "office: sign a bundle for all kiosks, after a first kiosk is ready with it")
    _add_repository(sub)
    sub.add_argument("--first", metavar="KIOSK", required=True, help="name of a kiosk that took the bundle first")
    sub.add_argument(
        "--serves",
        type=positive,
        metavar="VERSION",
        help="without a database: the version in the row 'bundle_serves' of that kiosk",
    )
    database(sub)

    _add_repository(add(kinds, "renew", renew, "office: confirm the state as today's; a timer does it daily"))
    sub = add(kinds, "new-root", new_root, "office: sign a new root, to replace keys or before the root ends")
    _add_repository(sub)
    sub.add_argument("--replace", nargs="*", choices=REPLACEABLE, default=(), help="roles whose keys are replaced")
    sub.add_argument("--keys", type=Path, help="folder with root keys that are kept elsewhere")

    settings_file(add(kinds, "fetch", fetch, "kiosk: fetch the newest bundle, as the unit kiosk-bundles does"))
    sub = add(kinds, "show", show, "kiosk: show which bundle serves, and why one was refused")
    json_option(sub)
    settings_file(sub)


def _add_repository(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("repository", type=Path, help="folder of the repository")


def init(options: argparse.Namespace) -> int:
    """Make a repository. Raises `KioskError` if there is one or it cannot be written."""
    from kiosk.office.bundle_repository import ROOT_KEYS, ROOT_THRESHOLD, BundleRepository

    repository = BundleRepository.create(options.repository, datetime.now(UTC))
    keys = options.repository / "root-keys"
    print(
        f"made {options.repository}\n"
        f"move the {ROOT_KEYS} keys in {keys} to {ROOT_KEYS} places away from this machine; a new root needs any "
        f"{ROOT_THRESHOLD} of them\n"
        f"offer {options.repository / 'public'} over HTTPS, and run 'kiosk bundle renew' daily\n"
        f"copy {repository.root_file} to each kiosk as /etc/kiosk/fleet/root.json"
    )
    return 0


def publish(options: argparse.Namespace) -> int:
    """Sign a bundle for the kiosks that take it first.

    Raises `KioskError` if the folder, the version or a name is not allowed, a clip is damaged, a key is missing or a
    file cannot be written.
    """
    from kiosk.fleet.bundles.archive import pack
    from kiosk.fleet.bundles.fetching import target_of
    from kiosk.hardware.speaker.clips import demand_whole
    from kiosk.office.bundle_repository import BundleRepository

    with Progress(f"packing and signing bundle {options.version}"):
        repository = BundleRepository(options.repository)
        if (clips := options.folder / "clips").is_dir():
            demand_whole(clips)
        data = pack(options.folder, options.version)
        repository.publish(data, options.version, [target_of(name) for name in options.first], datetime.now(UTC))
    print(
        f"bundle {options.version} ({len(data)} bytes) is signed for {', '.join(options.first)}\n"
        f"when one of them serves with it: kiosk bundle release {options.repository} --first {options.first[0]}"
    )
    return 0


def release(options: argparse.Namespace) -> int:
    """Sign the bundle of a first kiosk for all kiosks.

    Raises `KioskError` if that kiosk is not ready with the bundle, a key is missing, a file cannot be written, or the
    database does not answer.
    """
    from kiosk.fleet.bundles.fetching import EVERYBODY, target_of
    from kiosk.office.bundle_repository import BundleRepository

    repository = BundleRepository(options.repository)
    path = target_of(options.first)
    data, version = repository.archive_of(path), repository.version_of(path)
    serves = options.serves or _served(options.database, options.first)
    if version != serves:
        raise KioskError(
            f"{options.first} was offered bundle {version} and serves {serves or 'none'}; wait for its row "
            f"'bundle_serves {version}', or see its fault bundle_refused"
        )
    repository.publish(data, version, [EVERYBODY], datetime.now(UTC))
    print(f"bundle {version} is signed for all kiosks; each fetches it within hours")
    return 0


def _served(address: str, kiosk: str) -> int | None:
    """Return the bundle with which `kiosk` became ready last, by its newest row in the office's database; None if none.

    Raises `KioskError` if the database does not answer.
    """
    try:
        rows = ask_database(
            address,
            "SELECT detail FROM journal_row WHERE kiosk = %s AND kind = 'bundle_serves' ORDER BY arrival DESC LIMIT 1",
            (kiosk,),
        )
    except KioskError as error:
        raise KioskError(f"{error}; without a database, look into the kiosk's journal and give --serves") from error
    return int(rows[0][0]) if rows else None


def renew(options: argparse.Namespace) -> int:
    """Confirm the state as today's. Raises `KioskError` if a key is missing or a file cannot be written."""
    from kiosk.office.bundle_repository import BundleRepository

    warning = BundleRepository(options.repository).renew(datetime.now(UTC))
    print(f"confirmed; {warning}" if warning else "confirmed")
    return 0


def new_root(options: argparse.Namespace) -> int:
    """Sign a new root. Raises `KioskError` if too few root keys are there or a file cannot be written."""
    from kiosk.office.bundle_repository import BundleRepository

    repository = BundleRepository(options.repository)
    repository.replace_root(options.replace, options.keys, datetime.now(UTC))
    print(f"signed {repository.root_file.name}; kiosks take it over at their next fetch")
    return 0


def fetch(options: argparse.Namespace) -> int:
    """Fetch the newest bundle for this kiosk.

    Raises `KioskError` if the settings have no bundles, the time of day is not sure, or nothing can be fetched.
    """
    from kiosk.fleet.bundles.fetching import fetch_newest
    from kiosk.fleet.bundles.store import BundleStore
    from kiosk.health.clock import WallClock
    from kiosk.settings.loader import load_part

    settings = load_part(options.config, "bundles", "name", elsewhere=True)
    folder = options.config.parent
    if settings.bundles is None:
        raise KioskError(f"'{options.config}' has no section 'bundles'; docs/city/bundles.md tells how to write one")
    store = BundleStore(folder / settings.bundles.folder)
    clock = WallClock(store.folder / "time-floor")
    now = clock.now()
    if not now.sure:
        raise KioskError(
            "the time of day is not sure, so nothing is fetched; it is tried again after a synchronisation"
        )
    clock.keep()
    try:
        root = (folder / settings.bundles.root).read_bytes()
    except OSError as error:
        raise KioskError(
            f"'{folder / settings.bundles.root}' cannot be read: {error.strerror}; copy the office's root file there"
        ) from None
    ca_file = folder / settings.bundles.ca_file if settings.bundles.ca_file else None
    address = settings.bundles.address
    with Progress(f"fetching the newest bundle from {address}"):
        newest = fetch_newest(store, address, root, settings.name, ca_file, now.utc)
    if newest.refused:
        raise KioskError(f"bundle {newest.version} is refused: {newest.refused}", "bundle_refused")
    print(f"the newest bundle is {newest.version}" if newest.version else "the office offers no bundle for this kiosk")
    return 0


def show(options: argparse.Namespace) -> int:
    """Show the state of the bundles; return 1 if the newest was refused.

    Raises `KioskError` if the settings have no bundles.
    """
    from kiosk.composition.starting.bundles import NOTE
    from kiosk.fleet.bundles.store import BundleStore
    from kiosk.fleet.bundles.trial import Trials
    from kiosk.settings.loader import load_part

    settings = load_part(options.config, "bundles", "journal", elsewhere=True)
    folder = options.config.parent
    if settings.bundles is None:
        raise KioskError(f"'{options.config}' has no section 'bundles'; docs/city/bundles.md tells how to write one")
    store = BundleStore(folder / settings.bundles.folder)
    file = (folder / settings.journal.path).with_name(NOTE)
    if file.parent.exists() and not os.access(file.parent, os.R_OK | os.X_OK):
        raise KioskError(f"'{file.parent}' cannot be read by this user; run it with sudo")
    note = Trials(file, store).note
    newest = store.newest()
    refused = newest.refused or (note.reason if note.refused and note.refused == newest.version else "")
    tries = note.trying if note.trying and not refused else 0
    if options.json:
        found = {"serves": note.served, "newest": newest.version, "confirmed_at": newest.confirmed_at}
        print_json({**found, "refused": refused, "tries": tries, "attempt": note.attempts if tries else 0})
        return 1 if refused else 0
    print(f"serves     {note.served or 'none'}")
    print(f"newest     {newest.version or 'none'}")
    print(f"confirmed  {f'{newest.confirmed_at:%Y-%m-%d %H:%M} UTC' if newest.confirmed_at else 'never'}")
    if refused:
        print(f"refused    {newest.version}: {refused}")
    elif tries:
        print(f"tries      {tries}, attempt {note.attempts}")
    return 1 if refused else 0
