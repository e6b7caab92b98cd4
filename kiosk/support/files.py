"""Replace a file as a whole, so that neither a crash nor a power cut leaves half of it.

The data goes into a new file in the same folder, is synchronised with the storage, and then takes the place of the old
file by rename(2), which is atomic. fsync(2) of a file does not cover the entry in its folder, so the folder is
synchronised too: until then a power cut may bring the old file back, but whole.
"""

import os
import tempfile
from pathlib import Path


def replace_file(path: Path, data: bytes, *, mode: int = 0o644, durable: bool = True) -> None:
    """Write `data` to `path`, in place of the file that may be there.

    Args:
        path: the file; its folder must exist.
        data: the whole new content.
        mode: the permissions of the new file, whatever the umask is.
        durable: False leaves out both synchronisations; then a power cut may leave an empty file. On a tmpfs they cost
            nothing (Linux, mm/shmem.c: noop_fsync), so that a file there needs no exception.

    Raises:
        OSError: the file cannot be written. The old file is still there, unless only the folder could not be
            synchronised. No temporary file is left.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(handle, mode)
            if durable:
                os.fsync(handle)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if durable:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make new, renamed and removed entries of `folder` survive a power cut; raises `OSError`."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
