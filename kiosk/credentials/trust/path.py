"""Judges a signer's certificate under a trusted root: a certification path of two certificates (RFC 5280 section 6).

`formats.lenient_der` checks the signature of the root. This module checks the extensions of both certificates.

Rule 1: an extension that is critical and unknown makes a certificate unusable (RFC 5280 section 4.2), and so does an
    extension that cannot be read.
Rule 2: without the extension KeyUsage a key may be used for everything (section 4.2.1.3). With it, the root must be
    allowed to sign certificates, and the signer must be allowed to sign data.
Rule 3: the name constraints of the root hold for the signer (section 4.2.1.10). Directory names are compared. A signer
    that has an alternative name of another type that the root constrains is refused; no signer of seals needs one.
"""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from cryptography import x509

from kiosk.credentials.trust.certificates import DOCUMENT_TYPES, readable_extensions

Value = TypeVar("Value", bound=x509.ExtensionType)

_KNOWN = (
    x509.AuthorityKeyIdentifier,
    x509.BasicConstraints,
    x509.CRLDistributionPoints,
    x509.ExtendedKeyUsage,
    x509.IssuerAlternativeName,
    x509.KeyUsage,
    x509.NameConstraints,
    x509.PrivateKeyUsagePeriod,
    x509.SubjectAlternativeName,
    x509.SubjectKeyIdentifier,
)
"""Extensions that this program understands, or that need no check because they only help to find something."""


def problem_of_path(signer: x509.Certificate, root: x509.Certificate) -> str:
    """Return why `signer` is not valid under `root`, for the technician; "" if it is. Dates are not checked here."""
    of_signer, of_root = readable_extensions(signer), readable_extensions(root)
    if of_signer is None or of_root is None:
        return "an extension cannot be read"
    problems = [
        *(f"unknown critical extension {oid}" for oid in _unknown_critical((*of_signer, *of_root))),
        *([] if _may(of_root, "key_cert_sign") else ["the root may not sign certificates"]),
        *([] if _may(of_signer, "digital_signature") else ["the signer may not sign data"]),
        *_violated_names(signer, of_signer, of_root),
    ]
    return next(iter(problems), "")


def _unknown_critical(extensions: Iterable[x509.Extension[x509.ExtensionType]]) -> Iterator[str]:
    for extension in extensions:
        known = isinstance(extension.value, _KNOWN) or extension.oid == DOCUMENT_TYPES
        if extension.critical and not known:
            yield extension.oid.dotted_string


def _may(extensions: x509.Extensions, usage: str) -> bool:
    """Return True if the extension KeyUsage is absent or allows `usage`."""
    found = _value(extensions, x509.KeyUsage)
    return found is None or bool(getattr(found, usage))


def _violated_names(signer: x509.Certificate, of_signer: x509.Extensions, of_root: x509.Extensions) -> Iterator[str]:
    constraints = _value(of_root, x509.NameConstraints)
    if constraints is None:
        return
    permitted, excluded = constraints.permitted_subtrees or [], constraints.excluded_subtrees or []
    alternatives = _value(of_signer, x509.SubjectAlternativeName) or ()
    names = [signer.subject, *(name.value for name in alternatives if isinstance(name, x509.DirectoryName))]
    within = [subtree.value for subtree in permitted if isinstance(subtree, x509.DirectoryName)]
    outside = [subtree.value for subtree in excluded if isinstance(subtree, x509.DirectoryName)]
    for name in names:
        if within and not any(_is_under(name, subtree) for subtree in within):
            yield "the signer's name is outside the root's permitted names"
        if any(_is_under(name, subtree) for subtree in outside):
            yield "the signer's name is among the root's excluded names"
    others = {type(subtree) for subtree in (*permitted, *excluded)} - {x509.DirectoryName}
    if any(type(name) in others for name in alternatives):
        yield "the root constrains a type of name that the signer has"


def _is_under(name: x509.Name, subtree: x509.Name) -> bool:
    """Return True if `name` begins with the parts of `subtree`.

    Capital letters and repeated blanks make no difference (RFC 5280 section 7.1).
    """
    return _folded(name)[: len(subtree.rdns)] == _folded(subtree)


def _folded(name: x509.Name) -> list[set[tuple[str, str]]]:
    return [
        {(part.oid.dotted_string, " ".join(str(part.value).casefold().split())) for part in rdn} for rdn in name.rdns
    ]


def _value(extensions: x509.Extensions, kind: type[Value]) -> Value | None:
    """Return the value of the extension of this type, or None if it is absent."""
    return next((extension.value for extension in extensions if isinstance(extension.value, kind)), None)
