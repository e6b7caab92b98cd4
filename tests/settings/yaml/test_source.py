"""Files that cannot be read as the text of settings, and their messages."""

from pathlib import Path
from typing import Any

import pytest

from kiosk.settings.loader import check_file


def reported(path: Path) -> str:
    report = check_file(path)
    assert report.exit_code == 1
    assert report.settings is None
    return str(report).replace(str(path), "FILE")


def test_a_missing_file_is_reported_with_a_remedy(tmp_path: Path) -> None:
    assert reported(tmp_path / "kiosk.yaml") == (
        "FILE: does not exist; check the name, or start from a copy of config/kiosk.yaml\nFILE: 1 error, 0 warnings"
    )


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert reported(tmp_path).startswith("FILE: is a folder; name the file in it, such as kiosk.yaml\n")


def test_a_device_is_refused_unread() -> None:
    assert reported(Path("/dev/zero")).startswith("FILE: is not an ordinary file; write the settings into one\n")


def test_an_unreadable_file_is_reported_with_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "kiosk.yaml"
    path.touch()

    def refuse(self: Path, *_: Any, **__: Any) -> None:  # a chmod would not stop root
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert reported(path).startswith(
        "FILE: cannot be read by this user; use the kiosk's user (sudo -u kiosk ...), or change the owner\n"
    )


def test_a_file_name_that_is_too_long_is_reported(tmp_path: Path) -> None:
    assert reported(tmp_path / ("a" * 300)).startswith("FILE: cannot be read: File name too long; check the name\n")


def test_a_file_name_with_a_zero_byte_is_reported() -> None:
    message = reported(Path("a\0b"))  # Python's text differs between versions
    assert message.startswith("FILE: cannot be read: ")
    assert "embedded null" in message
    assert "; check the name\n" in message


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "FILE: is empty; start from a copy of config/kiosk.yaml"),
        (b"name: a\nsite: \xff\n", "FILE:2:7: byte 0xff is not UTF-8 text; save the file with the encoding UTF-8"),
        ("site: Café é\n".encode("latin-1"), "FILE:1:10: byte 0xe9 is not UTF-8 text; save the file"),
        ("name: a\n".encode("utf-16"), "FILE:1:1: byte 0xff is not UTF-8 text; save the file with the encoding UTF-8"),
        (b"name: \0\n", "FILE:1:7: character U+0000 is not allowed in a settings file; delete it"),
        ("site: é\x07\n".encode(), "FILE:1:8: character U+0007 is not allowed in a settings file; delete it"),
        (b"#" * (256 * 1024 + 1), "FILE: is larger than 256 KiB, so it is not a settings file"),
        (b"a:\n" * 50_000, "FILE:2000:3: more than 4000 values up to this position; this is not a settings file"),
        (b"[" * 200_000, "FILE:1:17: more than 16 levels of nesting; this is not a settings file"),
    ],
)
def test_a_file_that_is_not_settings_text_is_refused(tmp_path: Path, data: bytes, expected: str) -> None:
    path = tmp_path / "kiosk.yaml"
    path.write_bytes(data)
    assert reported(path).startswith(expected)


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "kiosk.yaml"
    path.write_bytes(b"\xef\xbb\xbfdoor: 1\r\n")
    assert "FILE:1:1: door: must be a section" in reported(path)


def test_a_file_of_exactly_the_largest_size_is_read(tmp_path: Path) -> None:
    path = tmp_path / "kiosk.yaml"
    path.write_bytes(b"door: 1\n" + b"#" * (256 * 1024 - 8))
    assert "FILE:1:1: door: must be a section" in reported(path)
