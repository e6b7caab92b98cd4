"""The table of schemes: one row for each kind of credential that the kiosk knows.

To add a scheme: write its package `schemes/<name>/` (see `kiosk.credentials.schemes.entry`), add its row here and its
section to `CredentialsSettings`. Everything else reads the table: the registry, `kiosk scan`, `kiosk verify`,
`kiosk trust` and the doctor. Order matters: the first scheme that claims a code judges it.

This module is small because every command loads it. The packages of the schemes are loaded when they are needed.
"""

from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kiosk.credentials.schemes.entry import SchemeEntry
    from kiosk.credentials.trust.published_forms import PublishedKeys
    from kiosk.settings.schema.policy import CredentialsSettings

PACKAGES = "kiosk.credentials.schemes"


@dataclass(frozen=True, slots=True)
class SchemeRow:
    """One scheme.

    name: the name of its package, of its section under `credentials` in the settings, and of the scheme in the journal.
    key_forms: the forms of published keys that `kiosk trust import` reads for this scheme, each with the place from
    which the issuer's name is taken; empty for a scheme without imported keys.
    package: the package of a scheme outside `schemes/`; otherwise empty. keys_of: the scheme whose imported keys verify
    this one too; otherwise empty.
    """

    name: str
    key_forms: tuple[tuple[str, str], ...] = ()
    package: str = ""
    keys_of: str = ""

    def entry(self) -> "SchemeEntry":
        """Load the scheme's package."""
        found: SchemeEntry = self._load("entry").ENTRY
        return found

    def published_keys(self) -> "PublishedKeys":
        """Load the readers of this scheme's published keys."""
        found: PublishedKeys = self._load("published_keys").KEYS
        return found

    def _load(self, module: str) -> ModuleType:
        return import_module(f"{self.package or f'{PACKAGES}.{self.name}'}.{module}")


_REGISTRY = ("PathCheck's registry in CSV (registry_normalized.csv)", "the row")
"""A file with keys of several schemes; each scheme gets a list of its own."""

TABLE: tuple[SchemeRow, ...] = (
    SchemeRow("site_pass"),
    # These two look into the wrapping that the EU DCC shares with them, so they stand before it.
    SchemeRow("yellow_card", keys_of="eu_dcc"),
    SchemeRow("health_link", keys_of="eu_dcc"),
    SchemeRow(
        "eu_dcc",
        (
            ("certificates in PEM; one certificate in DER", "the certificate"),
            ("WHO's list (GDHCN): DID document with publicKeyJwk and x5c", "certificate, or participant"),
            (
                'DSC list of the DCC gateway: {"certificates": [{"rawData"}]} or [{"rawData"}]',
                "certificate, or country",
            ),
            ('keys of the United Kingdom: [{"kid", "publicKey"}]', "`--issuer`; without it GB"),
            _REGISTRY,
            ('key list by kid: {"eu_keys": {kid: [{"subjectPk"}]}}', "`ian`"),
            ('revoked certificates: {"country", "kid", "hashType", "entries"} or a list of them', "the batch"),
        ),
    ),
    SchemeRow(
        "smart_health_card",
        (
            ('JSON Web Key Set: {"keys": [...]}', "`--issuer`"),
            ('snapshot of the VCI directory: {"issuerInfo": [...]}', "the snapshot"),
            _REGISTRY,
        ),
    ),
    SchemeRow(
        "divoc",
        (
            ("public key or certificate in PEM or DER", "`--issuer`"),
            ('DID document: {"verificationMethod": [...]}', "its ids"),
            _REGISTRY,
        ),
    ),
    SchemeRow(
        "vds_nc",
        (
            ("certificates of an authority (CSCA) in PEM or DER, with `--scheme`", "the certificate"),
            ("CRL of an imported authority, in PEM or DER", "the CRL"),
        ),
    ),
    SchemeRow("online_status"),
)


def schemes_with_keys() -> tuple[str, ...]:
    """Return the names of the schemes whose issuers' keys are imported."""
    return tuple(row.name for row in TABLE if row.key_forms)


def key_readers() -> dict[str, "PublishedKeys"]:
    """Load the readers of published keys of all schemes, by the name of the scheme."""
    return {row.name: row.published_keys() for row in TABLE if row.key_forms}


def needs_keys(settings: "CredentialsSettings") -> bool:
    """Return True if the site accepts a scheme whose issuers' keys are imported."""
    return any(getattr(settings, row.name) is not None for row in TABLE if row.key_forms or row.keys_of)


def key_forms_help() -> str:
    """Return the forms of published keys as a table, for `kiosk trust import --help`."""
    schemes: dict[tuple[str, str], list[str]] = {}
    for row in TABLE:
        for form in row.key_forms:
            schemes.setdefault(form, []).append(row.name)
    lines = [("form", "scheme", "issuer from")]
    lines += [(form, ", ".join(names), issuer) for (form, issuer), names in schemes.items()]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    written = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    written.insert(1, ["-" * width for width in widths])
    return "".join(f"| {' | '.join(cells)} |\n" for cells in written)
