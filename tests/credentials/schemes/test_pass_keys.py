import hashlib
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kiosk.credentials.schemes.site_pass.pass_keys import key_id_of, load_key, load_keys
from kiosk.errors import SettingsError
from kiosk.office.pass_office import make_key_pair
from tests.credentials.passes import KEY


def test_a_key_id_is_the_beginning_of_the_digest_of_the_public_key() -> None:
    # RFC 8410 section 4: SubjectPublicKeyInfo of Ed25519 is these twelve bytes and the key.
    spki = bytes.fromhex("302a300506032b6570032100") + KEY.public_key().public_bytes_raw()
    assert key_id_of(KEY.public_key()) == hashlib.sha256(spki).digest()[:8]
    assert key_id_of(KEY.public_key()).hex() == "a050837d85070582"


def test_every_key_that_the_settings_name_is_trusted(tmp_path: Path) -> None:
    old, new = make_key_pair(tmp_path), make_key_pair(tmp_path)
    keys = load_keys([old.public.name, str(new.public)], tmp_path)
    assert [key_id.hex() for key_id in keys] == [old.key_id, new.key_id]


def test_a_key_that_is_named_twice_is_loaded_once(tmp_path: Path) -> None:
    name = make_key_pair(tmp_path).public.name
    assert len(load_keys([name, name], tmp_path)) == 1


def test_all_unusable_key_files_are_reported_together(tmp_path: Path) -> None:
    good = make_key_pair(tmp_path).public.name
    (tmp_path / "empty.pem").touch()
    with pytest.raises(SettingsError) as mistakes:
        load_keys(["missing.pem", good, "empty.pem"], tmp_path)
    assert str(mistakes.value).splitlines() == [
        f"'{tmp_path}/missing.pem' cannot be read: No such file or directory; see its name and who may read it",
        f"'{tmp_path}/empty.pem' is not a public key in PEM; copy it again from 'kiosk pass key'",
    ]


def test_a_key_file_that_every_user_can_change_is_refused(tmp_path: Path) -> None:
    path = make_key_pair(tmp_path).public
    path.chmod(0o646)
    with pytest.raises(SettingsError, match=f"can be changed by every user; run 'chmod o-w {path}'"):
        load_key(path)


def test_a_private_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is a private key; take it off this machine"):
        load_key(make_key_pair(tmp_path).private)


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p256.pem"
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    path.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(SettingsError, match=r"not Ed25519; make one with 'kiosk pass key'"):
        load_key(path)


@pytest.mark.parametrize(
    "content", [b"garbage", os.urandom(500), b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"]
)
def test_a_file_without_a_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match="is not a public key in PEM"):
        load_key(path)


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(bytes(4097))
    with pytest.raises(SettingsError, match="is not a file of at most 4096 bytes"):
        load_key(path)


def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "key.pem")
    with pytest.raises(SettingsError, match="is not a file of at most 4096 bytes"):
        load_key(tmp_path / "key.pem")
