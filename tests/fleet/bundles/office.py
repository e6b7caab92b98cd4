"""An office with a repository of bundles, and a web server on loopback that offers it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from kiosk.fleet.bundles.archive import pack
from kiosk.fleet.bundles.fetching import EVERYBODY, fetch_newest, target_of
from kiosk.fleet.bundles.store import BundleStore, NewestBundle
from kiosk.office.bundle_repository import BundleRepository

KIOSK = "bekasi-01"


class Office:
    """An office whose repository was made `age` ago."""

    def __init__(self, folder: Path, age: timedelta = timedelta()) -> None:
        self.folder = folder
        self.now = datetime.now(UTC) - age
        self.repository = BundleRepository.create(folder / "repository", self.now)
        self.root = self.repository.root_file.read_bytes()
        self.public = folder / "repository" / "public"

    def archive(self, version: int, overlay: str = "temperature: {high_c: 37.8}\n") -> bytes:
        content = self.folder / f"content-{version}"
        content.mkdir(exist_ok=True)
        (content / "overlay.yaml").write_text(overlay)
        return pack(content, version)

    def publish(self, version: int, *paths: str, overlay: str = "temperature: {high_c: 37.8}\n") -> None:
        self.repository.publish(self.archive(version, overlay), version, paths or (target_of(KIOSK),), self.now)

    def release(self, version: int) -> None:
        self.repository.publish(self.archive(version), version, [EVERYBODY], self.now)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def offered(folder: Path) -> Iterator[str]:
    """Offer a folder on loopback; yield its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def fetch(office: Office, store: BundleStore, kiosk: str = KIOSK, public: Path | None = None) -> NewestBundle:
    """Fetch as the kiosk does, from the office or from another folder."""
    with offered(public or office.public) as address:
        return fetch_newest(store, address, office.root, kiosk, None, datetime.now(UTC))
