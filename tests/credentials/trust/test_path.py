"""A signer's certificate under a root: extensions of both (RFC 5280 section 6)."""

from dataclasses import replace
from datetime import timedelta
from inspect import signature

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from kiosk.credentials.schemes.vds_nc.vds_nc import VdsNc
from kiosk.credentials.trust.certificates import SEAL_USAGE, root_key
from kiosk.credentials.trust.path import problem_of_path
from kiosk.credentials.trust.trust_list import TrustList
from kiosk.simulator.issuers import SealIssuer, as_json, new_ec_key
from tests.credentials.samples import NOW, outcome
from tests.credentials.schemes.test_vds_nc import MESSAGE

Extensions = tuple[tuple[x509.ExtensionType, bool], ...]
ROOT_KEY, SIGNER_KEY = new_ec_key(), new_ec_key()
CA = (x509.BasicConstraints(ca=True, path_length=0), True)
SEALS = (x509.ExtendedKeyUsage([SEAL_USAGE]), True)
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
ODD_NAME = x509.UnrecognizedExtension(x509.OID_SUBJECT_ALTERNATIVE_NAME, b"\x30\x04\xa5\x02\x30\x00")
"""An EDI party name, a type of name that the library does not support."""


def usage(*allowed: str) -> x509.KeyUsage:
    names = [parameter for parameter in signature(x509.KeyUsage.__init__).parameters if parameter != "self"]
    return x509.KeyUsage(**{name: name in allowed for name in names})


def name(*parts: tuple[str, str]) -> x509.Name:
    oids = {"C": x509.NameOID.COUNTRY_NAME, "O": x509.NameOID.ORGANIZATION_NAME, "CN": x509.NameOID.COMMON_NAME}
    return x509.Name([x509.NameAttribute(oids[kind], value) for kind, value in parts])


ROOT_NAME, SIGNER_NAME = name(("C", "AU"), ("CN", "CSCA")), name(("C", "AU"), ("O", "Health"), ("CN", "Signer"))


def certificate(subject: x509.Name, key: ec.EllipticCurvePrivateKey, extensions: Extensions) -> x509.Certificate:
    builder = x509.CertificateBuilder(
        ROOT_NAME, subject, key.public_key(), 7, NOW - timedelta(days=300), NOW + timedelta(days=300)
    )
    for value, critical in extensions:
        builder = builder.add_extension(value, critical)
    return builder.sign(ROOT_KEY, SHA256())


def booth_says(of_root: Extensions, of_signer: Extensions) -> str:
    """Return the outcome of a seal whose root and signer have these extensions and those that they need."""
    root = certificate(ROOT_NAME, ROOT_KEY, (CA, *of_root))
    signer = certificate(SIGNER_NAME, SIGNER_KEY, (SEALS, *of_signer))
    issuer = SealIssuer("AU", ROOT_KEY, SIGNER_KEY)
    object.__setattr__(issuer, "signer", signer)
    return outcome(VdsNc(TrustList([root_key(root, "vds_nc")])), as_json(issuer.sign("icao.vacc", MESSAGE)))


def directory(*parts: tuple[str, str]) -> x509.DirectoryName:
    return x509.DirectoryName(name(*parts))


def constraints(
    permitted: list[x509.GeneralName] | None, excluded: list[x509.GeneralName] | None = None
) -> tuple[x509.ExtensionType, bool]:
    return x509.NameConstraints(permitted, excluded), True


@pytest.mark.parametrize(
    ("of_root", "of_signer"),
    [
        ((), ()),
        (((usage("key_cert_sign", "crl_sign"), True),), ((usage("digital_signature"), True),)),
        ((), ((UNKNOWN, False),)),
        (((UNKNOWN, False),), ()),
        ((constraints([directory(("C", "AU"))]),), ()),
        ((constraints([directory(("C", "NZ")), directory(("C", "AU"), ("O", "Health"))]),), ()),
        ((constraints([directory(("C", "AU"), ("O", " HEALTH "))]),), ()),
        ((constraints(None, [directory(("C", "NZ"))]),), ()),
        ((constraints([x509.DNSName("example")]),), ()),
        (
            (constraints([directory(("C", "AU"))]),),
            ((x509.SubjectAlternativeName([directory(("C", "AU"), ("CN", "x")), x509.DNSName("x")]), False),),
        ),
    ],
)
def test_a_path_in_order_is_accepted(of_root: Extensions, of_signer: Extensions) -> None:
    assert booth_says(of_root, of_signer) == "good"


@pytest.mark.parametrize(
    ("of_root", "of_signer", "problem"),
    [
        ((), ((UNKNOWN, True),), "unknown critical extension 1.2.3.4"),
        (((UNKNOWN, True),), (), "unknown critical extension 1.2.3.4"),
        (((usage("crl_sign"), True),), (), "the root may not sign certificates"),
        ((), ((usage("key_encipherment"), True),), "the signer may not sign data"),
        ((constraints([directory(("C", "NZ"))]),), (), "the signer's name is outside the root's permitted names"),
        (
            (constraints([directory(("C", "AU"), ("O", "Health"), ("CN", "Signer"), ("CN", "More"))]),),
            (),
            "the signer's name is outside the root's permitted names",
        ),
        (
            (constraints(None, [directory(("C", "AU"), ("O", "Health"))]),),
            (),
            "the signer's name is among the root's excluded names",
        ),
        (
            (constraints(None, [directory(("C", "AU"), ("O", "HEALTH"))]),),
            (),
            "the signer's name is among the root's excluded names",
        ),
        (
            (constraints([directory(("C", "AU"))]),),
            ((x509.SubjectAlternativeName([directory(("C", "NZ"))]), False),),
            "the signer's name is outside the root's permitted names",
        ),
        (
            (constraints([x509.DNSName("example")]),),
            ((x509.SubjectAlternativeName([x509.DNSName("other")]), False),),
            "the root constrains a type of name that the signer has",
        ),
    ],
)
def test_a_path_that_breaks_a_rule_is_refused(of_root: Extensions, of_signer: Extensions, problem: str) -> None:
    assert booth_says(of_root, of_signer) == "vds_nc.path"
    root = certificate(ROOT_NAME, ROOT_KEY, (CA, *of_root))
    assert problem_of_path(certificate(SIGNER_NAME, SIGNER_KEY, (SEALS, *of_signer)), root) == problem


def test_a_name_of_an_unsupported_type_is_a_refusal_and_no_exception() -> None:
    assert "not for a signer" in booth_says((), ((ODD_NAME, False),))
    assert booth_says(((ODD_NAME, False),), ()) == "vds_nc.path"


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_roots_with_one_key_the_one_that_is_valid_now_counts(order: int) -> None:
    issuer = SealIssuer("AU", ROOT_KEY, SIGNER_KEY)
    object.__setattr__(issuer, "signer", certificate(SIGNER_NAME, SIGNER_KEY, (SEALS,)))
    root = root_key(certificate(ROOT_NAME, ROOT_KEY, (CA,)), "vds_nc")
    ended = replace(root, not_after=NOW - timedelta(days=1))
    code = as_json(issuer.sign("icao.vacc", MESSAGE))
    assert outcome(VdsNc(TrustList([ended, root][::order])), code) == "good"
    assert outcome(VdsNc(TrustList([ended])), code) == "vds_nc.key_dates"
