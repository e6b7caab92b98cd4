"""The fleet's own certificate authority: a folder with its key and certificate, and the certificates that it makes.

Rule 1: the broker trusts this authority and no other, and the kiosks trust it and no other. No public authority can
make a kiosk or a broker.
Rule 2: the broker decides by the name in a certificate alone: it is the name of the kiosk, which is in its topics.
Rule 3: keys are written for their owner only, and no file that exists is overwritten.
"""

import ipaddress
import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kiosk.errors import KioskError
from kiosk.fleet.wire.seals import KioskKeys, SealKey
from kiosk.support.files import replace_file

YEARS = 20
"""Time for which a certificate is valid: longer than a kiosk serves. A lost one is revoked."""

CA_CERTIFICATE, CA_KEY, CRL, SEAL_KEY = "ca.pem", "ca.key", "revoked.pem", "seal.key"


@dataclass(frozen=True, slots=True)
class Pair:
    """The files of a certificate and of its private key."""

    certificate: Path
    key: Path


class Authority:
    """The authority in `folder`. Raises `KioskError` if its files cannot be used."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.certificate_file = folder / CA_CERTIFICATE
        try:
            self._certificate = x509.load_pem_x509_certificate(self.certificate_file.read_bytes())
            key = serialization.load_pem_private_key((folder / CA_KEY).read_bytes(), None)
        except (OSError, ValueError) as error:
            raise KioskError(
                f"the authority in '{folder}' cannot be used: {error}; make one with 'kiosk fleet authority'"
            ) from error
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        self._key = key

    @classmethod
    def make(cls, folder: Path) -> "Authority":
        """Make an authority in `folder`. Raises `KioskError` if there is one or the folder cannot be written."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Entrance kiosk fleet")])
        certificate = (
            _builder(name, name, key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        _write_pair(Pair(folder / CA_CERTIFICATE, folder / CA_KEY), certificate, key)
        authority = cls(folder)
        authority._write_revoked([])
        write_new(folder / SEAL_KEY, SealKey(secrets.token_bytes(32)).text(), 0o600)
        return authority

    def make_server(self, hosts: list[str], folder: Path) -> Pair:
        """Make the certificate of the broker for `hosts`, names or addresses. Raises `KioskError`."""
        names: list[x509.GeneralName] = [_general_name(host) for host in hosts]
        alternative = x509.SubjectAlternativeName(names)
        return self._make(
            hosts[0], ExtendedKeyUsageOID.SERVER_AUTH, Pair(folder / "server.pem", folder / "server.key"), alternative
        )

    def make_client(self, name: str, folder: Path) -> Pair:
        """Make the certificate of the kiosk or collector `name`. Raises `KioskError` if it has one in `folder`."""
        return self._make(
            name, ExtendedKeyUsageOID.CLIENT_AUTH, Pair(folder / f"{name}.pem", folder / f"{name}.key"), None
        )

    def revoke(self, certificate: Path) -> None:
        """Add `certificate` to the list of revoked ones, which the broker reads at its start. Raises `KioskError`."""
        try:
            found = x509.load_pem_x509_certificate(certificate.read_bytes())
            revoked = list(x509.load_pem_x509_crl((self.folder / CRL).read_bytes()))
        except (OSError, ValueError) as error:
            raise KioskError(f"'{certificate}' cannot be revoked: {error}") from error
        if found.issuer != self._certificate.subject:
            raise KioskError(f"'{certificate}' was not made by this authority")
        if found.serial_number not in {each.serial_number for each in revoked}:
            entry = x509.RevokedCertificateBuilder(found.serial_number, datetime.now(UTC)).build()
            self._write_revoked([*revoked, entry])

    @property
    def kiosk_keys(self) -> KioskKeys:
        """The keys by which kiosks and collectors seal their messages. Raises `KioskError`."""
        return read_kiosk_keys(self.folder)

    def _make(self, name: str, purpose: x509.ObjectIdentifier, pair: Pair, more: x509.ExtensionType | None) -> Pair:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = (
            _builder(subject, self._certificate.subject, key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if more:
            builder = builder.add_extension(more, critical=False)
        _write_pair(pair, builder.sign(self._key, hashes.SHA256()), key)
        return pair

    def _write_revoked(self, entries: list[x509.RevokedCertificate]) -> None:
        now = datetime.now(UTC)
        builder = x509.CertificateRevocationListBuilder(
            self._certificate.subject, now, now + timedelta(days=366 * YEARS)
        )
        for entry in entries:
            builder = builder.add_revoked_certificate(entry)
        crl = builder.sign(self._key, hashes.SHA256())
        replace_file(self.folder / CRL, crl.public_bytes(serialization.Encoding.PEM))


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key,
        serial_number=x509.random_serial_number(),
        not_valid_before=now - timedelta(days=1),  # for a kiosk whose clock is behind
        not_valid_after=now + timedelta(days=365 * YEARS),
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write_pair(pair: Pair, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    key_text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    certificate_text = certificate.public_bytes(serialization.Encoding.PEM)
    write_new(pair.key, key_text, 0o600)
    write_new(pair.certificate, certificate_text, 0o644)


def read_kiosk_keys(folder: Path) -> KioskKeys:
    """Return the keys of the kiosks' seals from the office's key in `folder`. Raises `KioskError`."""
    try:
        return KioskKeys(SealKey.parse((folder / SEAL_KEY).read_bytes()))
    except OSError as error:
        raise KioskError(f"'{folder / SEAL_KEY}' cannot be read: {error.strerror}") from error


def write_new(path: Path, text: bytes, mode: int) -> None:
    """Write a file that must not exist, and the folders above it. Raises `KioskError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(text)
    except FileExistsError as error:
        raise KioskError(f"'{error.filename}' exists; move it away if it is not used any more") from error
    except OSError as error:
        raise KioskError(f"'{error.filename}' cannot be written: {error.strerror}") from error
