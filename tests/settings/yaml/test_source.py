from pathlib import Path
from typing import Any

import pytest

from kiosk.settings.loader import check_file


def said(path: Path) -> str:
    report = check_file(path)
    assert report.exit_code == 1
    assert report.settings is None
    return str(report).replace(str(path), "FILE")


def test_a_missing_file_says_where_to_start(tmp_path: Path) -> None:
    assert said(tmp_path / "kiosk.yaml") == (
        "FILE: does not exist; see that the name is right, or start from a copy of config/kiosk.yaml\n"
        "FILE: 1 error, 0 warnings"
    )


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    assert said(tmp_path).startswith("FILE: is a folder; name the file in it, such as kiosk.yaml\n")


def test_a_device_is_not_read() -> None:
    assert said(Path("/dev/zero")).startswith("FILE: is not an ordinary file; write the settings into one\n")


def test_an_unreadable_file_says_who_may_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "kiosk.yaml"
    path.touch()

    def refuse(self: Path, *_: Any, **__: Any) -> None:  # root may read everything, so a chmod proves nothing
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert said(path).startswith(
        "FILE: may not be read by you; use the kiosk's own user (sudo -u kiosk ...) or change its owner\n"
    )


def test_a_name_that_is_too_long_is_told(tmp_path: Path) -> None:
    assert said(tmp_path / ("a" * 300)).startswith(
        "FILE: cannot be read: File name too long; see that the name is right\n"
    )


def test_a_name_with_a_zero_byte_is_told() -> None:
    told = said(Path("a\0b"))  # Python's own words differ from version to version
    assert told.startswith("FILE: cannot be read: ")
    assert "embedded null" in told
    assert "; see that the name is right\n" in told


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "FILE: is empty; start from a copy of config/kiosk.yaml"),
        (b"name: a\nsite: \xff\n", "FILE:2:7: byte 0xff is not UTF-8 text; save the file with the encoding UTF-8"),
        ("site: Café é\n".encode("latin-1"), "FILE:1:10: byte 0xe9 is not UTF-8 text; save the file"),
        ("name: a\n".encode("utf-16"), "FILE:1:1: byte 0xff is not UTF-8 text; save the file with the encoding UTF-8"),
        (b"name: \0\n", "FILE:1:7: character U+0000 cannot stand in a settings file; delete it"),
        ("site: é\x07\n".encode(), "FILE:1:8: character U+0007 cannot stand in a settings file; delete it"),
        (b"#" * (256 * 1024 + 1), "FILE: is larger than 256 KiB, so it is not a settings file"),
        (b"a:\n" * 50_000, "FILE:2000:3: more than 4000 values up to here; this is not a settings file"),
        (b"[" * 200_000, "FILE:1:17: sections lie more than 16 deep here; this is not a settings file"),
    ],
)
def test_what_is_no_settings_file_is_told_at_once(tmp_path: Path, data: bytes, expected: str) -> None:
    path = tmp_path / "kiosk.yaml"
    path.write_bytes(data)
    assert said(path).startswith(expected)


def test_a_byte_order_mark_of_an_editor_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "kiosk.yaml"
    path.write_bytes(b"\xef\xbb\xbfdoor: 1\r\n")
    assert "FILE:1:1: door: must be a section" in said(path)


def test_a_file_of_just_the_greatest_size_is_read(tmp_path: Path) -> None:
    path = tmp_path / "kiosk.yaml"
    path.write_bytes(b"door: 1\n" + b"#" * (256 * 1024 - 8))
    assert "FILE:1:1: door: must be a section" in said(path)
