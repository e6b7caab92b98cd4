import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kiosk.credentials.judging.table import schemes_with_keys
from kiosk.credentials.trust.certificates import root_key
from kiosk.credentials.trust.trust_files import KeyList, read_lists, trust_of, write_list
from kiosk.credentials.trust.trust_list import TrustList
from kiosk.errors import KioskError
from kiosk.simulator.issuers import CardIssuer, DccIssuer
from tests.credentials.trust.published import CSCA, DCC, NOW, SPKI, stored


def test_a_written_list_is_read_back(tmp_path: Path) -> None:
    seal = KeyList("vds_nc", "main", NOW, (root_key(CSCA, "vds_nc"),))
    card = KeyList("smart_health_card", "vci", NOW, (CardIssuer("https://x", revoked=frozenset({"A"})).trusted,))
    dcc = stored(tmp_path / "trust")
    write_list(tmp_path / "trust", seal)
    write_list(tmp_path / "trust", card)
    assert read_lists(tmp_path / "trust", schemes_with_keys()) == [dcc, card, seal]
    assert sorted(path.name for path in (tmp_path / "trust").iterdir()) == [
        "eu_dcc.main.json",
        "smart_health_card.vci.json",
        "vds_nc.main.json",
    ]


def test_a_missing_folder_has_no_lists(tmp_path: Path) -> None:
    assert read_lists(tmp_path / "nowhere", schemes_with_keys()) == []


def test_a_list_is_replaced_as_a_whole(tmp_path: Path) -> None:
    stored(tmp_path)
    write_list(tmp_path, KeyList("eu_dcc", "main", NOW, (DccIssuer("SG").trusted,)))
    assert [key.issuer for keys in read_lists(tmp_path, schemes_with_keys()) for key in keys.keys] == ["SG"]


def test_a_draft_that_a_power_cut_left_is_not_read(tmp_path: Path) -> None:
    made = stored(tmp_path)
    (tmp_path / ".eu_dcc.main.json.new").write_text("{half")
    assert read_lists(tmp_path, schemes_with_keys()) == [made]


def test_a_key_is_fresh_as_long_as_its_list_is_young(tmp_path: Path) -> None:
    stored(tmp_path)
    trust = trust_of(read_lists(tmp_path, schemes_with_keys()), timedelta(days=30))
    [key] = trust.find("eu_dcc", DCC.trusted.key_id)
    assert trust.is_fresh(key, NOW + timedelta(days=30))
    assert not trust.is_fresh(key, NOW + timedelta(days=31))
    assert len(trust) == 1
    assert trust.find("divoc", DCC.trusted.key_id) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"scheme": "other"},
        {"name": "../x"},
        {"imported_utc": "2026-01-05"},
        {"imported_utc": "soon"},
        {"keys": 7},
        {"keys": [{}]},
        {"keys": [{"key_id": "x", "spki": "AAAA"}]},
        {"keys": [{"key_id": ["x"], "spki": SPKI}]},
        {"keys": [{"key_id": "x", "spki": SPKI, "not_after": "2030-01-01"}]},
        {"name": "other"},
    ],
)
def test_a_damaged_list_is_refused_with_its_file(tmp_path: Path, change: dict[str, Any]) -> None:
    stored(tmp_path)
    path = tmp_path / "eu_dcc.main.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(KioskError, match=r"eu_dcc\.main\.json"):
        read_lists(tmp_path, schemes_with_keys())


def test_all_files_that_cannot_be_used_are_reported_together(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[")
    (tmp_path / "b.json").mkdir()
    path = tmp_path / "eu_dcc.main.json"
    stored(tmp_path)
    path.chmod(0o666)
    with pytest.raises(KioskError) as caught:
        read_lists(tmp_path, schemes_with_keys())
    assert [line.split("'")[1].rsplit("/", 1)[1] for line in str(caught.value).splitlines()] == [
        "a.json",
        "b.json",
        "eu_dcc.main.json",
    ]


def test_a_list_that_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    made = stored(tmp_path)
    with pytest.raises(KioskError, match="is not named by"):
        write_list(tmp_path, KeyList("eu_dcc", "../x", NOW, ()))
    (tmp_path / "file").write_text("")
    with pytest.raises(KioskError, match="cannot be written"):
        write_list(tmp_path / "file", made)
    assert read_lists(tmp_path, schemes_with_keys()) == [made]


def test_no_key_is_trusted_until_a_site_imports_one() -> None:
    assert len(TrustList([])) == 0
