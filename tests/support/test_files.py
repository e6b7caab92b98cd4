"""A crash at any moment leaves the old file or the new one."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kiosk.support.files import replace_file, sync_folder

OLD, NEW = b"old content\n", b"new content\n" * 1000


def entries(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


@pytest.fixture
def target(tmp_path: Path) -> Path:
    target = tmp_path / "list.json"
    target.write_bytes(OLD)
    return target


def test_the_new_content_takes_the_place_of_the_old(target: Path) -> None:
    replace_file(target, NEW)
    assert (target.read_bytes(), entries(target.parent)) == (NEW, ["list.json"])


def test_a_file_that_is_not_there_yet_is_made(tmp_path: Path) -> None:
    replace_file(tmp_path / "new", NEW)
    assert (tmp_path / "new").read_bytes() == NEW


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_the_mode_is_the_one_asked_for_whatever_the_umask_is(target: Path, mode: int) -> None:
    umask = os.umask(0o077 if mode == 0o644 else 0)
    try:
        replace_file(target, NEW, mode=mode)
    finally:
        os.umask(umask)
    assert stat.S_IMODE(target.stat().st_mode) == mode


def test_an_open_reader_keeps_the_whole_old_file(target: Path) -> None:
    with target.open("rb") as reader:
        replace_file(target, NEW)
        assert reader.read() == OLD


def record(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record each synchronisation and the replacement, in order."""
    done: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def record_fsync(handle: int) -> None:
        done.append("sync folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else f"sync {os.fstat(handle).st_size}")
        fsync(handle)

    def record_replace(path: Path, target: Path) -> Path:
        done.append("replace")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", record_fsync)
    monkeypatch.setattr(Path, "replace", record_replace)
    return done


def test_the_file_is_synchronised_before_the_replacement_and_the_folder_after_it(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = record(monkeypatch)
    replace_file(target, NEW)
    assert done == [f"sync {len(NEW)}", "replace", "sync folder"]


def test_without_durable_nothing_is_synchronised(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = record(monkeypatch)
    replace_file(target, NEW, durable=False)
    assert (done, target.read_bytes()) == (["replace"], NEW)


def test_a_folder_is_synchronised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = record(monkeypatch)
    sync_folder(tmp_path)
    assert done == ["sync folder"]


def test_a_file_is_no_folder_to_synchronise(target: Path) -> None:
    with pytest.raises(NotADirectoryError):
        sync_folder(target)


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        replace_file(tmp_path / "missing" / "list.json", NEW)


def fail(*_args: Any, **_kwargs: Any) -> Any:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    "break_it",
    [
        lambda patch: patch.setattr("tempfile.mkstemp", fail),
        lambda patch: patch.setattr(os, "fchmod", fail),
        lambda patch: patch.setattr(os, "fsync", fail),
        lambda patch: patch.setattr(Path, "replace", fail),
    ],
    ids=["mkstemp", "fchmod", "fsync", "replace"],
)
def test_an_error_before_the_replacement_leaves_the_old_file_alone_in_the_folder(
    target: Path, monkeypatch: pytest.MonkeyPatch, break_it: Callable[[pytest.MonkeyPatch], None]
) -> None:
    with monkeypatch.context() as patch:
        break_it(patch)
        with pytest.raises(OSError, match="No space left"):
            replace_file(target, NEW)
    assert (target.read_bytes(), entries(target.parent)) == (OLD, ["list.json"])


def test_a_folder_that_cannot_be_synchronised_is_an_error_and_the_new_file_is_whole(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: fail() if stat.S_ISDIR(os.fstat(handle).st_mode) else fsync(handle))
    with pytest.raises(OSError, match="No space left"):
        replace_file(target, NEW)
    assert (target.read_bytes(), entries(target.parent)) == (NEW, ["list.json"])


def test_an_interruption_leaves_no_temporary_file(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        replace_file(target, NEW)
    assert (target.read_bytes(), entries(target.parent)) == (OLD, ["list.json"])


CRASH = """
import os, sys
from pathlib import Path
from kiosk.support.files import replace_file

count = int(sys.argv[2])

def end_before(call):
    def wrapped(*args, **kwargs):
        global count
        if count == 0:
            os._exit(7)
        count -= 1
        return call(*args, **kwargs)
    return wrapped

for name in ("open", "fdopen", "fchmod", "fsync", "replace", "rename", "close"):
    setattr(os, name, end_before(getattr(os, name)))
replace_file(Path(sys.argv[1]), b"new content\\n" * 1000)
os._exit(0)
"""


def test_a_process_that_ends_before_any_of_its_calls_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    found = []
    for number in range(20):
        target = tmp_path / str(number) / "list.json"
        target.parent.mkdir()
        target.write_bytes(OLD)
        ended = subprocess.run([sys.executable, "-c", CRASH, str(target), str(number)], check=False).returncode
        assert ended in (0, 7)
        found.append(target.read_bytes())
        if ended == 0:
            break
    assert len(found) >= 7
    assert found == sorted(found, reverse=True)
    assert set(found) == {OLD, NEW}
