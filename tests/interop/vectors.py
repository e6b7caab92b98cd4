"""The location of the official test vectors; tests without them are skipped with the reason."""

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("KIOSK_VECTORS", Path(__file__).resolve().parents[3] / "shared" / "vectors"))

SOURCES = {
    "dcc": "https://github.com/eu-digital-green-certificates/dgc-testdata (Apache-2.0)",
    "shc": "https://github.com/smart-on-fhir/health-cards-dev-tools, testdata/ (MIT)",
    "divoc": "WorldHealthOrganization/ddcc-validator, test-resources/ (Apache-2.0)",
    "icao": "WorldHealthOrganization/ddcc-validator, test-resources/ (Apache-2.0)",
    "gdhcn": "WorldHealthOrganization/tng-cdn, v2/trustlist/did.json",
}


def files(kind: str, pattern: str) -> list[Path]:
    """Return the vectors of one kind, or one parameter that skips the test and names their source."""
    found = sorted((ROOT / kind).glob(pattern))
    if found:
        return found
    reason = f"no vectors in {ROOT / kind}; they come from {SOURCES[kind]}; set KIOSK_VECTORS to where they are"
    return [pytest.param(None, marks=pytest.mark.skip(reason=reason))]  # type: ignore[list-item]


def name(path: Path | None) -> str:
    """Return the path of a vector below `ROOT`, for the name of its test."""
    return str(path.relative_to(ROOT)).replace("/2DCode/raw", "") if path else "absent"
