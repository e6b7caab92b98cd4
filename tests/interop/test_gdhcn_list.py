"""The WHO's list of keys (GDHCN trust list, August 2026): every one of its 501 entries is accounted for."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kiosk.credentials.judging.table import schemes_with_keys
from kiosk.credentials.trust.trust_files import read_lists
from kiosk.office.trust_import import import_list
from tests.interop import vectors

WHEN = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("path", vectors.files("gdhcn", "did.json"), ids=vectors.name)
def test_every_entry_is_usable_expired_or_named_with_its_reason(path: Path, tmp_path: Path) -> None:
    listed: list[dict[str, Any]] = json.loads(path.read_bytes())["verificationMethod"]
    report = import_list(path, tmp_path, WHEN)
    [stored] = report.lists
    assert (len(stored.usable), len(stored.expired), len(stored.not_yet_valid), len(report.unusable)) == (
        146,
        292,
        0,
        63,
    )
    kept = {key.key_id for key in (*stored.usable, *stored.expired)} | {entry.name for entry in report.unusable}
    assert kept == {method["publicKeyJwk"]["kid"] for method in listed}
    assert report.entries == len(listed) == 501
    text = report.text()
    assert text.splitlines()[1] == "eu_dcc 'main': 146 keys of 16 issuers can be used now; a new list"
    assert "expired, 292: " in text
    assert "not usable, 61: key of the kind CSCA, which signs no credentials" in text
    assert "not usable, 2: key of the kind DECA, which signs no credentials" in text
    [again] = read_lists(tmp_path, schemes_with_keys())
    assert len(again.keys) == 438
