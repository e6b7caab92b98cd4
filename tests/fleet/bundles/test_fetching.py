"""A kiosk fetches bundles from a real web server, and refuses what an attacker can do to it or with a lost key."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tuf.api.metadata import Metadata, MetaFile, Snapshot, TargetFile, Targets, Timestamp

from kiosk.errors import KioskError
from kiosk.fleet.bundles.fetching import EVERYBODY, fetch_newest, target_of
from kiosk.fleet.bundles.store import BundleStore
from kiosk.office.bundle_repository import BundleRepository

from .office import KIOSK, Office, fetch, offered


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.fixture
def store(tmp_path: Path) -> BundleStore:
    return BundleStore(tmp_path / "store")


def test_a_bundle_for_one_kiosk_first_reaches_only_that_kiosk(
    office: Office, store: BundleStore, tmp_path: Path
) -> None:
    office.publish(1)
    other = BundleStore(tmp_path / "other")
    assert fetch(office, store).version == 1
    assert fetch(office, other, "bekasi-02").version == 0
    office.release(1)
    assert fetch(office, other, "bekasi-02").version == 1
    bundle = other.find(1)
    assert bundle
    assert bundle.overlay == b"temperature: {high_c: 37.8}\n"


def test_the_higher_version_counts_whether_it_is_for_one_kiosk_or_for_all(office: Office, store: BundleStore) -> None:
    office.publish(1)
    office.release(2)
    assert fetch(office, store).version == 2
    office.publish(3)
    assert fetch(office, store).version == 3


def test_a_repository_without_a_bundle_is_confirmed_and_offers_none(office: Office, store: BundleStore) -> None:
    newest = fetch(office, store)
    assert (newest.version, newest.refused) == (0, "")
    assert newest.confirmed_at
    assert store.newest() == newest


def test_a_second_fetch_confirms_and_downloads_nothing(office: Office, store: BundleStore) -> None:
    office.publish(1)
    first = fetch(office, store)
    shutil.rmtree(office.public / "targets")
    second = fetch(office, store)
    assert second.version == 1
    assert first.confirmed_at
    assert second.confirmed_at
    assert second.confirmed_at > first.confirmed_at


def test_roll_back_an_old_copy_of_the_repository_is_refused(office: Office, store: BundleStore, tmp_path: Path) -> None:
    office.publish(1)
    shutil.copytree(office.public, tmp_path / "old")
    office.publish(2)
    assert fetch(office, store).version == 2
    with pytest.raises(KioskError, match="signatures"):
        fetch(office, store, public=tmp_path / "old")
    assert store.newest().version == 2


def test_freeze_a_repository_that_nobody_renews_is_noticed_and_the_bundle_stays(tmp_path: Path) -> None:
    office, store = Office(tmp_path), BundleStore(tmp_path / "store")
    office.publish(1)
    fetch(office, store)
    confirmed = store.newest().confirmed_at
    stale = Office(tmp_path / "stale-office", age=timedelta(days=30))
    with pytest.raises(KioskError, match="expired"):
        fetch(stale, BundleStore(tmp_path / "other"))
    assert store.newest().confirmed_at == confirmed
    assert store.find(1)


def test_mix_and_match_an_old_list_of_bundles_under_a_new_snapshot_is_refused(
    office: Office, store: BundleStore, tmp_path: Path
) -> None:
    office.publish(1)
    office.publish(2)
    mixed = tmp_path / "mixed"
    shutil.copytree(office.public, mixed)
    newest = max((mixed / "metadata").glob("*.targets.json"), key=lambda path: int(path.name.split(".")[0]))
    number = int(newest.name.split(".")[0])
    shutil.copy(mixed / "metadata" / f"{number - 1}.targets.json", newest)
    with pytest.raises(KioskError, match="signatures"):
        fetch(office, store, public=mixed)


def test_a_lost_key_signs_nothing_after_a_new_root(office: Office, store: BundleStore, tmp_path: Path) -> None:
    office.publish(1)
    fetch(office, store)
    stolen = tmp_path / "stolen"
    shutil.copytree(tmp_path / "repository" / "keys", stolen)
    office.repository.replace_root(["targets", "snapshot", "timestamp"], None, office.now)
    assert fetch(office, store).version == 1
    # The thief signs with the stolen keys and publishes on a server of his own.
    shutil.copytree(tmp_path / "repository", tmp_path / "thief")
    shutil.copytree(stolen, tmp_path / "thief" / "keys", dirs_exist_ok=True)
    (tmp_path / "thief" / "public" / "metadata" / "2.root.json").unlink()
    thief = BundleRepository(tmp_path / "thief")
    thief.publish(office.archive(9), 9, [EVERYBODY], office.now)
    with pytest.raises(KioskError, match="signatures"):
        fetch(office, store, public=tmp_path / "thief" / "public")
    assert store.newest().version == 1


def test_a_new_root_needs_two_of_the_three_root_keys(office: Office, tmp_path: Path) -> None:
    keys = sorted((tmp_path / "repository" / "root-keys").iterdir())
    away = tmp_path / "away"
    away.mkdir()
    for key in keys[:2]:
        key.rename(away / key.name)
    with pytest.raises(KioskError, match="1 of 2 needed keys"):
        office.repository.replace_root([], None, office.now)
    BundleRepository(tmp_path / "repository").replace_root([], away, office.now)


def test_all_root_keys_can_be_replaced_and_the_kiosk_follows(office: Office, store: BundleStore) -> None:
    office.publish(1)
    fetch(office, store)
    office.repository.replace_root(["root"], None, office.now)
    office.publish(2)
    assert fetch(office, store).version == 2


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_a_thief_with_one_online_key_cannot_bring_another_archive(
    role: str, office: Office, store: BundleStore, tmp_path: Path
) -> None:
    """Only all three keys together could: the bundles' list, the snapshot that names it, the timestamp of that."""
    office.publish(1)
    forged = tmp_path / "forged"
    shutil.copytree(office.public, forged)
    other = Office(tmp_path / "thief")
    stolen = {
        name: office.repository._signers(name, office.repository.root.signed, office.repository._keys)
        for name in [role]
    }
    own = {
        name: other.repository._signers(name, other.repository.root.signed, other.repository._keys)
        for name in ("targets", "snapshot", "timestamp")
    }
    signers = own | stolen
    data = office.archive(9)
    targets: Metadata[Targets] = Metadata(Targets(version=50, expires=datetime.now(UTC) + timedelta(days=9)))
    target = TargetFile.from_data(EVERYBODY, data)
    target.unrecognized_fields["custom"] = {"version": 9}
    targets.signed.targets[EVERYBODY] = target
    snapshot: Metadata[Snapshot] = Metadata(Snapshot(version=50, expires=datetime.now(UTC) + timedelta(days=9)))
    snapshot.signed.meta = {"targets.json": MetaFile(50)}
    timestamp: Metadata[Timestamp] = Metadata(Timestamp(version=50, expires=datetime.now(UTC) + timedelta(days=9)))
    timestamp.signed.snapshot_meta = MetaFile(50)
    for name, made in (("targets", targets), ("snapshot", snapshot), ("timestamp", timestamp)):
        for signer in signers[name]:
            made.sign(signer)
        file = "timestamp.json" if name == "timestamp" else f"50.{name}.json"
        (forged / "metadata" / file).write_bytes(made.to_bytes())
    (forged / "targets" / f"{target.hashes['sha256']}.all.zip").write_bytes(data)
    with pytest.raises(KioskError, match="signatures"):
        fetch(office, store, public=forged)
    assert store.newest().version == 0


def test_the_root_of_another_office_is_refused(office: Office, store: BundleStore, tmp_path: Path) -> None:
    with pytest.raises(KioskError, match="signatures"):
        fetch(office, store, public=Office(tmp_path / "other").public)


@pytest.mark.parametrize("root", [b"", b"{}", b"[1]", b"\xff\xfe", b'{"signed": {"_type": "root"}, "signatures": []}'])
def test_a_root_file_that_is_none_is_named(root: bytes, office: Office, store: BundleStore) -> None:
    with offered(office.public) as address, pytest.raises(KioskError):
        fetch_newest(store, address, root, KIOSK, None, datetime.now(UTC))


def test_an_archive_that_was_cut_or_changed_is_not_taken(office: Office, store: BundleStore) -> None:
    office.publish(1)
    (archive,) = (office.public / "targets" / "kiosks").iterdir()
    data = archive.read_bytes()
    for changed in (data[:-1], data + b"x", bytes([data[0] ^ 1]) + data[1:], b""):
        archive.write_bytes(changed)
        with pytest.raises(KioskError):
            fetch(office, store)
        assert store.newest().version == 0
    archive.write_bytes(data)
    assert fetch(office, store).version == 1


def test_a_signed_archive_that_is_no_bundle_is_noted_as_refused_once(office: Office, store: BundleStore) -> None:
    office.publish(1)
    fetch(office, store)
    office.repository.publish(b"no archive", 2, [target_of(KIOSK)], office.now)
    newest = fetch(office, store)
    assert newest.version == 2
    assert "cannot be unpacked" in newest.refused
    assert store.find(1)
    assert fetch(office, store).refused == newest.refused
    office.publish(3)
    assert fetch(office, store).refused == ""


def test_a_version_that_the_archive_does_not_confirm_is_refused(office: Office, store: BundleStore) -> None:
    office.repository.publish(office.archive(1), 7, [target_of(KIOSK)], office.now)
    assert "its archive is bundle 1, but it is signed as 7" in fetch(office, store).refused


def test_the_office_cannot_go_back_to_a_lower_version(office: Office, store: BundleStore) -> None:
    office.publish(2)
    fetch(office, store)
    with pytest.raises(KioskError, match="higher version"):
        office.publish(1)
    with pytest.raises(KioskError, match="higher version"):
        office.publish(2, overlay="site: other\n")


def test_a_server_that_does_not_answer_changes_nothing(office: Office, store: BundleStore) -> None:
    office.publish(1)
    fetch(office, store)
    before = store.newest()
    with pytest.raises(KioskError, match="cannot be fetched"):
        fetch_newest(store, "http://127.0.0.1:9", office.root, KIOSK, None, datetime.now(UTC))
    assert store.newest() == before


def test_endless_metadata_is_cut_off(office: Office, store: BundleStore) -> None:
    (office.public / "metadata" / "timestamp.json").write_bytes(b" " * (1 << 20))
    with pytest.raises(KioskError, match="cannot be fetched"):
        fetch(office, store)


def test_old_bundles_are_deleted_and_the_last_four_stay(office: Office, store: BundleStore) -> None:
    for version in range(1, 7):
        office.publish(version)
        fetch(office, store)
    assert [version for version in range(1, 7) if store.find(version)] == [3, 4, 5, 6]


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"version": "x"}', json.dumps({"version": 1, "confirmed_utc": "2026-01-01"})]
)
def test_a_damaged_note_of_the_store_means_no_bundle(text: str, store: BundleStore) -> None:
    store.folder.mkdir()
    (store.folder / "newest.json").write_text(text)
    assert store.newest().version == 0
