"""A technician's page on a free port, with knowledge of a kiosk in a folder, and a plain HTTP client."""

import http.client
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from kiosk.composition.technician_app import KioskKnowledge, open_page
from kiosk.settings.schema.settings import Settings
from kiosk.settings.schema.technician import LanSettings, TechnicianSettings
from kiosk.support.web.login import hash_of
from kiosk.technician.server import TechnicianServer
from tests.booth import settings

PASSWORD = "correct horse battery"
NAME = "kiosk-1.local"
LOOPBACK = TechnicianSettings.model_construct(port=0, lan=None)


def certified(folder: Path) -> LanSettings:
    """Write a certificate, its key and a password file into `folder`; return the settings that name them."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(NAME), x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=9))
        .add_extension(names, critical=False)
        .sign(key, SHA256())
    )
    (folder / "page.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "page.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "password").write_text(hash_of(PASSWORD))
    return LanSettings(names=(NAME,), certificate="page.pem", key="page.key", password="password")


@contextmanager
def page(
    folder: Path, lan: LanSettings | None = None, wanted: Settings | None = None, refused: Sequence[str] = ()
) -> Iterator[TechnicianServer]:
    """Serve the page of a kiosk in `folder`."""
    knowledge = KioskKnowledge(wanted or settings(), folder, refused)
    knowledge.refresh()
    server = open_page(TechnicianSettings.model_construct(port=0, lan=lan), folder, knowledge)
    server.start()
    try:
        yield server
    finally:
        assert server.stop(10.0)


class Answer(NamedTuple):
    """The status, the headers and the body of an answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def connect(server: TechnicianServer, *, tls: bool = False) -> http.client.HTTPConnection:
    """Return a connection that is not opened yet; the certificate of the test is not verified."""
    if not tls:
        return http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection("127.0.0.1", server.port, timeout=20, context=context)


def ask(
    server: TechnicianServer, path: str, method: str = "GET", body: bytes = b"", *, tls: bool = False, **headers: str
) -> Answer:
    """Send one request and return the whole answer."""
    connection = connect(server, tls=tls)
    try:
        connection.request(method, path, body or None, {"Host": f"127.0.0.1:{server.port}", **headers})
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()
