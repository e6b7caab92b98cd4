"""Fetches the newest bundle for this kiosk, by The Update Framework (TUF specification 1.0, python-tuf's `ngclient`).

Theory: four roles sign. *root* names the keys of all roles, and only it can replace them. *targets* signs which bundles
there are. *snapshot* and *timestamp* sign which metadata is the newest; their signatures end soon and are renewed
daily. So a copy of old metadata is refused (roll-back), a server that offers nothing new is noticed (freeze), parts of
different days are refused (mix and match), and a stolen key is replaced by the next root (key loss).

A kiosk asks for two targets: `kiosks/NAME.zip`, by which the office gives a bundle to one kiosk first, and `all.zip`.
The one with the higher version counts. Its version stands in the signed metadata and again in the archive.

Rule 1: nothing is fetched while the time of day is not sure: a clock that was set back accepts metadata that has ended.
Rule 2: an installed bundle has no last day. If nothing can be fetched, it stays, and the kiosk reports its age.
Rule 3: an archive that cannot be unpacked is noted as refused, by its version, and the bundle before it stays.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import requests
from tuf.api.exceptions import DownloadError, DownloadHTTPError, RepositoryError
from tuf.api.metadata import TargetFile
from tuf.ngclient import Updater, UpdaterConfig
from tuf.ngclient.fetcher import FetcherInterface

from kiosk.errors import KioskError
from kiosk.fleet.bundles.archive import MAX_ARCHIVE_BYTES, unpack
from kiosk.fleet.bundles.store import BundleStore, NewestBundle

EVERYBODY = "all.zip"
VERSION = "version"
"""The member of a target's custom data (TUF specification, section 4.5) with the version of its bundle."""

CONNECT_S, READ_S = 10.0, 30.0
_CHUNK_BYTES = 1 << 16


def target_of(kiosk: str) -> str:
    """Return the path of the target that only the kiosk with this name takes."""
    return f"kiosks/{kiosk}.zip"


class HttpsFetcher(FetcherInterface):
    """Fetches over HTTPS with one certificate authority, and ignores the environment's proxies.

    ca_file: the authority's certificate; None for those of the system.
    """

    def __init__(self, ca_file: Path | None) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        if ca_file:
            self._session.verify = str(ca_file)
        self._answers = ExitStack()

    def close(self) -> None:
        """Close the connections, also those of answers that were not read to their end."""
        self._answers.close()
        self._session.close()

    def _fetch(self, url: str) -> Iterator[bytes]:
        answer = self._session.get(url, stream=True, timeout=(CONNECT_S, READ_S), allow_redirects=False)
        self._answers.enter_context(answer)
        if answer.status_code != requests.codes.ok:
            raise DownloadHTTPError(f"{url}: the server answers {answer.status_code}", answer.status_code)
        chunks: Iterator[bytes] = answer.iter_content(_CHUNK_BYTES)
        return chunks


def fetch_newest(
    store: BundleStore, address: str, root: bytes, kiosk: str, ca_file: Path | None, now: datetime
) -> NewestBundle:
    """Fetch the newest bundle for `kiosk` into `store`, and return and note what is the newest now.

    address: of the repository, with its folders `metadata` and `targets`. root: the content of a root file that the
    technician trusts. now: the time of day, which must be sure.

    Raises:
        KioskError: the signatures are not right, the server does not answer, or the store cannot be written. The store
            then keeps what it had.
    """
    metadata = store.folder / "tuf"
    try:
        metadata.mkdir(mode=0o755, parents=True, exist_ok=True)
        with closing(HttpsFetcher(ca_file)) as fetcher:
            updater = Updater(
                str(metadata),
                f"{address.rstrip('/')}/metadata/",
                target_base_url=f"{address.rstrip('/')}/targets/",
                fetcher=fetcher,
                config=UpdaterConfig(max_root_rotations=64, max_delegations=1),
                bootstrap=root,
            )
            updater.refresh()
            newest = _newest(store, updater, kiosk, now)
        store.confirm(newest)
        store.tidy()
    except RepositoryError as error:
        raise KioskError(
            f"the signatures of {address} are not right: {error}; ask the office, and change nothing here",
            "bundle_refused",
        ) from error
    except (DownloadError, OSError) as error:
        cause = error.__cause__ or error
        raise KioskError(
            f"{address} cannot be fetched into '{store.folder}': {cause}; check the network, the address and the disk"
        ) from error
    return newest


def _newest(store: BundleStore, updater: Updater, kiosk: str, now: datetime) -> NewestBundle:
    """Return the new state of the store; fetch and unpack the bundle if the store does not have it."""
    found = [target for path in (target_of(kiosk), EVERYBODY) if (target := updater.get_targetinfo(path))]
    target = max(found, key=_version_of, default=None)
    before = store.newest()
    if target is None:
        return replace(before, confirmed_at=now)
    version = _version_of(target)
    if version < before.version:
        raise KioskError(
            f"the publisher offers bundle {version}, but this kiosk already has {before.version}; sign the old content "
            "again with a higher version",
            "bundle_refused",
        )
    if version == before.version and (before.refused or store.find(version)):
        return replace(before, confirmed_at=now)
    return _take(store, updater, target, now)


def _take(store: BundleStore, updater: Updater, target: TargetFile, now: datetime) -> NewestBundle:
    version = _version_of(target)
    if target.length > MAX_ARCHIVE_BYTES:
        return NewestBundle(version, now, f"is larger than {MAX_ARCHIVE_BYTES >> 20} MiB")
    with tempfile.TemporaryDirectory() as folder:
        data = Path(updater.download_target(target, str(Path(folder) / "bundle.zip"))).read_bytes()
    try:
        archive = unpack(data)
    except KioskError as error:
        return NewestBundle(version, now, str(error))
    if archive.version != version:
        return NewestBundle(version, now, f"its archive is bundle {archive.version}, but it is signed as {version}")
    store.put(archive)
    return NewestBundle(version, now)


def _version_of(target: TargetFile) -> int:
    """Return the version in the target's custom data; 0 if there is none."""
    custom = target.custom if isinstance(target.custom, dict) else {}
    version = custom.get(VERSION)
    return version if type(version) is int and version > 0 else 0
