"""The office's repository of bundles: signed metadata of The Update Framework (TUF specification 1.0) and archives.

    public/metadata/     N.root.json, N.targets.json, N.snapshot.json, timestamp.json
    public/targets/      the archives, by hash
    keys/                private keys that sign every day or every bundle; only their owner can read them
    root-keys/           private keys of the root: take them off this machine, each to another place

A web server offers `public/` over HTTPS. docs/city/bundles.md tells the work of the office.

Rule 1: a file of metadata is never changed; a new version is written beside it. `timestamp.json` alone is replaced,
last, so that a kiosk that fetches meanwhile sees either the old state or the new one.
Rule 2: a version of a bundle is given once. The same version with another content is refused.
"""

import hashlib
import os
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.api.serialization import DeserializationError

from kiosk.errors import KioskError
from kiosk.support.files import replace_file

VALIDITY = {
    Root.type: timedelta(days=3 * 365),
    Targets.type: timedelta(days=365),
    Snapshot.type: timedelta(days=8),
    Timestamp.type: timedelta(days=4),
}
"""The time for which a signature counts. The two short ones are renewed daily by `kiosk bundle renew`; they outlast a
weekend without the office's machine. A root that ends stops every update, so that `renew` warns half a year before."""

Role = TypeVar("Role", Root, Targets, Snapshot, Timestamp)

ROOT_WARNING = timedelta(days=180)
ROOT_KEYS, ROOT_THRESHOLD = 3, 2
ONLINE = (Targets.type, Snapshot.type, Timestamp.type)


class BundleRepository:
    """The repository in `folder`. Raises `KioskError` if it is not one."""

    def __init__(self, folder: Path) -> None:
        self._metadata = folder / "public" / "metadata"
        self._targets = folder / "public" / "targets"
        self._keys = (folder / "keys", folder / "root-keys")
        self.root: Metadata[Root] = self._newest(Root.type)

    @classmethod
    def create(cls, folder: Path, now: datetime) -> "BundleRepository":
        """Make a repository without a bundle, with new keys. Raises `KioskError` if there is one, or no room."""
        metadata = folder / "public" / "metadata"
        if metadata.exists():
            raise KioskError(f"'{folder}' already holds a repository; name another folder")
        try:
            for path in (metadata, folder / "public" / "targets" / "kiosks"):
                path.mkdir(parents=True)
            for path in (folder / "keys", folder / "root-keys"):
                path.mkdir(mode=0o700)
            root = Root(expires=_until(Root.type, now), consistent_snapshot=True)
            root.roles[Root.type].threshold = ROOT_THRESHOLD
            signers = {role: [_new_key(folder / "keys")] for role in ONLINE}
            signers[Root.type] = [_new_key(folder / "root-keys") for _ in range(ROOT_KEYS)]
            for role, keys in signers.items():
                for key in keys:
                    root.add_key(key.public_key, role)
            _write(metadata, Root.type, Metadata(root), signers[Root.type])
            targets = Metadata(Targets(expires=_until(Targets.type, now)))
            snapshot = Metadata(Snapshot(expires=_until(Snapshot.type, now)))
            timestamp = Metadata(Timestamp(expires=_until(Timestamp.type, now)))
            _write(metadata, Targets.type, targets, signers[Targets.type])
            _write(metadata, Snapshot.type, snapshot, signers[Snapshot.type])
            _write(metadata, Timestamp.type, timestamp, signers[Timestamp.type])
        except OSError as error:
            raise KioskError(f"'{folder}' cannot be written: {error.strerror}; name another folder") from None
        return cls(folder)

    @property
    def root_file(self) -> Path:
        """The newest root file; each kiosk gets a copy when it is enrolled."""
        return self._metadata / f"{self.root.signed.version}.root.json"

    def publish(self, data: bytes, version: int, paths: Sequence[str], now: datetime) -> None:
        """Sign the archive `data`, a bundle with this version, under each of `paths`.

        Raises:
            KioskError: one of the paths has a newer bundle, or the same version with another content; a key is missing;
                a file cannot be written.
        """
        targets: Metadata[Targets] = self._newest(Targets.type)
        for path in paths:
            if before := targets.signed.targets.get(path):
                given = (before.custom or {}).get("version", 0)
                same = before.hashes.get("sha256") == hashlib.sha256(data).hexdigest()
                if given > version or (given == version and not same):
                    raise KioskError(f"'{path}' has bundle {given} already; give the new one a higher version")
            target = TargetFile.from_data(path, data, ["sha256"])
            target.unrecognized_fields["custom"] = {"version": version}
            targets.signed.targets[path] = target
            folder, _, name = path.rpartition("/")
            try:
                replace_file(self._targets / folder / f"{target.hashes['sha256']}.{name}", data)
            except OSError as error:
                raise KioskError(f"'{self._targets}' cannot be written: {error.strerror}") from None
        self._replace(targets, Targets.type, now)
        self.renew(now)

    def version_of(self, path: str) -> int:
        """Return the version of the bundle under this path; 0 if there is none."""
        targets: Metadata[Targets] = self._newest(Targets.type)
        target = targets.signed.targets.get(path)
        return int((target.custom or {}).get("version", 0)) if target else 0

    def archive_of(self, path: str) -> bytes:
        """Return the archive that is signed under this path. Raises `KioskError` if there is none."""
        targets: Metadata[Targets] = self._newest(Targets.type)
        target = targets.signed.targets.get(path)
        folder, _, name = path.rpartition("/")
        if target is None:
            raise KioskError(f"there is no bundle under '{path}'; publish it first")
        try:
            return (self._targets / folder / f"{target.hashes['sha256']}.{name}").read_bytes()
        except OSError as error:
            raise KioskError(f"the archive of '{path}' cannot be read: {error.strerror}; publish it again") from None

    def renew(self, now: datetime) -> str:
        """Sign the state as today's, and return a warning for the office, or "".

        Raises `KioskError` if a key is missing or a file cannot be written.
        """
        targets: Metadata[Targets] = self._newest(Targets.type)
        if targets.signed.expires - now < VALIDITY[Targets.type] / 2:
            self._replace(targets, Targets.type, now)
        snapshot: Metadata[Snapshot] = self._newest(Snapshot.type)
        snapshot.signed.meta = {"targets.json": MetaFile(targets.signed.version)}
        self._replace(snapshot, Snapshot.type, now)
        timestamp: Metadata[Timestamp] = self._newest(Timestamp.type)
        timestamp.signed.snapshot_meta = MetaFile(snapshot.signed.version)
        self._replace(timestamp, Timestamp.type, now)
        left = self.root.signed.expires - now
        if left > ROOT_WARNING:
            return ""
        return f"the root ends in {left.days} days, and then no kiosk fetches anything; run 'kiosk bundle new-root'"

    def replace_root(self, roles: Iterable[str], extra_keys: Path | None, now: datetime) -> None:
        """Sign a new root, with new keys for `roles`, and everything that those keys sign.

        extra_keys: a folder with root keys that were brought for this, beside those in `root-keys`.

        Raises:
            KioskError: fewer root keys than the threshold are there, or a file cannot be written.
        """
        old = Metadata.from_bytes(self.root.to_bytes()).signed
        folders = (*self._keys, *([extra_keys] if extra_keys else []))
        signers = self._signers(Root.type, old, folders)
        for role in roles:
            for key_id in list(self.root.signed.roles[role].keyids):
                self.root.signed.revoke_key(key_id, role)
            count = ROOT_KEYS if role == Root.type else 1
            folder = self._keys[1] if role == Root.type else self._keys[0]
            for _ in range(count):
                key = _new_key(folder)
                self.root.signed.add_key(key.public_key, role)
                signers += [key] if role == Root.type else []
        self.root.signed.version += 1
        self.root.signed.expires = _until(Root.type, now)
        try:
            _write(self._metadata, Root.type, self.root, signers)
        except OSError as error:
            raise KioskError(f"'{self._metadata}' cannot be written: {error.strerror}") from None
        targets: Metadata[Targets] = self._newest(Targets.type)
        self._replace(targets, Targets.type, now)
        self.renew(now)

    def _replace(self, metadata: Metadata[Role], role: str, now: datetime) -> None:
        metadata.signed.version += 1
        metadata.signed.expires = _until(role, now)
        signers = self._signers(role, self.root.signed, self._keys)
        try:
            _write(self._metadata, role, metadata, signers)
        except OSError as error:
            raise KioskError(f"'{self._metadata}' cannot be written: {error.strerror}") from None

    def _signers(self, role: str, root: Root, folders: Sequence[Path]) -> list[CryptoSigner]:
        wanted = root.roles[role]
        found = []
        for key_id in wanted.keyids:
            for folder in folders:
                path = folder / f"{key_id}.pem"
                if path.exists():
                    found.append(_load_key(path))
                    break
        if len(found) < wanted.threshold:
            names = " or ".join(f"'{folder}'" for folder in folders)
            raise KioskError(
                f"{len(found)} of {wanted.threshold} needed keys of the role '{role}' are in {names}; bring the files "
                f"{', '.join(f'{key_id[:8]}….pem' for key_id in wanted.keyids)}"
            )
        return found

    def _newest(self, role: str) -> "Metadata":  # type: ignore[type-arg]  # each caller names the type that it reads
        try:
            if role == Timestamp.type:
                return Metadata.from_file(str(self._metadata / "timestamp.json"))
            versions = [int(path.name.partition(".")[0]) for path in self._metadata.glob(f"[0-9]*.{role}.json")]
            return Metadata.from_file(str(self._metadata / f"{max(versions)}.{role}.json"))
        except (OSError, ValueError, DeserializationError) as error:
            raise KioskError(
                f"'{self._metadata}' holds no repository of bundles ({error}); make one with 'kiosk bundle init'"
            ) from None


def _until(role: str, now: datetime) -> datetime:
    return (now + VALIDITY[role]).replace(microsecond=0)


def _new_key(folder: Path) -> CryptoSigner:
    key = CryptoSigner.generate_ed25519()
    handle = os.open(folder / f"{key.public_key.keyid}.pem", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(key.private_bytes)
    return key


def _load_key(path: Path) -> CryptoSigner:
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise KioskError(f"the key '{path}' cannot be read: {error}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KioskError(f"the key '{path}' is no Ed25519 key; bring the file that 'kiosk bundle init' made")
    return CryptoSigner(key)


def _write(folder: Path, role: str, metadata: Metadata[Role], signers: Sequence[CryptoSigner]) -> None:
    metadata.signatures.clear()
    for signer in signers:
        metadata.sign(signer, append=True)
    name = "timestamp.json" if role == Timestamp.type else f"{metadata.signed.version}.{role}.json"
    replace_file(folder / name, metadata.to_bytes())
