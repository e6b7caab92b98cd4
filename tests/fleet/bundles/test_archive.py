"""The archive of a bundle: what is packed is unpacked; anything else is refused by the same exception."""

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.errors import KioskError
from kiosk.fleet.bundles import archive as archives
from kiosk.fleet.bundles.archive import pack, unpack


@pytest.fixture
def content(tmp_path: Path) -> Path:
    folder = tmp_path / "content"
    clips = ("clips/manifest.json", "clips/id/admitting.headline.wav")
    for name in ("overlay.yaml", "texts/id.yaml", "trust/eu_dcc.city.json", "revoked.txt", *clips):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"the content of {name}")
    return folder


def zipped(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


MANIFEST = ("bundle.json", b'{"version": 3}')


def test_a_packed_folder_is_unpacked_and_packed_alike_again(content: Path) -> None:
    data = pack(content, 3)
    bundle = unpack(data)
    assert bundle.version == 3
    assert bundle.members["texts/id.yaml"] == b"the content of texts/id.yaml"
    assert len(bundle.members) == 6
    assert pack(content, 3) == data


@pytest.mark.parametrize(
    "name", ["kiosk.yaml", "texts/../overlay.yaml", "trust/.json/x", "secrets/token", "bundle.json"]
)
def test_a_folder_with_another_file_is_not_packed(name: str, content: Path) -> None:
    (content / name).parent.mkdir(parents=True, exist_ok=True)
    (content / name).write_text("x")
    if (content / name).resolve() == content / "overlay.yaml":
        return
    with pytest.raises(KioskError, match="has no place in a bundle"):
        pack(content, 3)


def test_an_empty_folder_is_not_packed(tmp_path: Path) -> None:
    with pytest.raises(KioskError, match="holds nothing for a bundle"):
        pack(tmp_path, 1)


@pytest.mark.parametrize(
    "name",
    [
        "../etc/passwd",
        "/etc/passwd",
        "texts/../../x.yaml",
        "texts/id.yaml/",
        "TEXTS/id.yaml",
        "x",
        "trust/a b.json",
        "clips/id/../../x.wav",
        "clips/id.wav",
        "clips/id/a/b.wav",
        "clips/other.json",
    ],
)
def test_an_unknown_member_is_refused(name: str) -> None:
    with pytest.raises(KioskError, match="unknown or there twice"):
        unpack(zipped(MANIFEST, (name, b"x")))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_is_there_twice_is_refused() -> None:
    with pytest.raises(KioskError, match="there twice"):
        unpack(zipped(MANIFEST, ("overlay.yaml", b"a"), ("overlay.yaml", b"b")))


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"{}",
        b"[]",
        b"7",
        b'{"version": 0}',
        b'{"version": true}',
        b'{"version": 1.5}',
        b'{"version": 2147483648}',
        b"\xff",
    ],
)
def test_a_manifest_without_a_version_is_refused(manifest: bytes) -> None:
    with pytest.raises(KioskError, match="with a version from 1"):
        unpack(zipped(("bundle.json", manifest)))


def test_a_member_that_grows_is_stopped_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_BYTES", 1 << 20)
    assert len(unpack(zipped(MANIFEST, ("overlay.yaml", bytes(1 << 19)))).members) == 1
    bomb = zipped(MANIFEST, ("overlay.yaml", bytes(1 << 19)), ("revoked.txt", bytes(1 << 22)))
    assert len(bomb) < 1 << 13
    with pytest.raises(KioskError, match="holds more than"):
        unpack(bomb)


def test_too_many_members_are_refused() -> None:
    with pytest.raises(KioskError, match="at most 1000"):
        unpack(zipped(MANIFEST, *((f"trust/list{number}.json", b"{}") for number in range(1000))))


def test_every_cut_and_every_flipped_bit_is_a_bundle_or_refused(content: Path) -> None:
    data = pack(content, 3)
    changed = [data[:length] for length in range(len(data))]
    changed += [
        data[:place] + bytes([data[place] ^ (1 << bit)]) + data[place + 1 :]
        for place in range(len(data))
        for bit in range(8)
    ]
    refused = 0
    for one in changed:
        try:
            unpack(one)
        except KioskError:
            refused += 1
    assert refused > len(changed) / 2


@given(st.binary(max_size=400))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(KioskError):
        unpack(data)
