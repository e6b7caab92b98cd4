"""A broker and a database of their own for tests and benches: mosquitto and PostgreSQL from the distribution.

They run on free ports of loopback, in a temporary folder, as an unprivileged user, and end with their owner.
"""

import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

ROOT = Path(__file__).parents[2]
"""The project, in which a module of bench/ is found, wherever the bench was started."""

START_S = 20.0
POLL_S = 0.02
PLACES = ("/usr/sbin", "/usr/local/sbin", *(str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"))))
PATH = os.pathsep.join((os.environ.get("PATH", ""), *PLACES))


def missing() -> str:
    """Return the names of the programs that are not installed."""
    return ", ".join(name for name in ("mosquitto", "initdb", "postgres") if shutil.which(name, path=PATH) is None)


def free_port() -> int:
    """Return a free port below the range of outgoing connections, which could take it before the engine does."""
    while True:
        port = random.randint(15000, 32000)
        with socket.socket() as sock:
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def program(name: str) -> str:
    found = shutil.which(name, path=PATH)
    assert found, f"{name} is not installed"
    return found


@contextmanager
def readable_folder() -> Iterator[Path]:
    """Yield a temporary folder that the engines' user can enter; pytest's own folders are closed to other users."""
    with tempfile.TemporaryDirectory(prefix="fleet-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def unprivileged() -> str | None:
    """Return the user for the engines if this process is root, because PostgreSQL does not run as root."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    return None


def children_of(pid: int) -> list[int]:
    """Return the processes that `pid` started (proc(5))."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


class Engine:
    """A process that listens on a port; `stop` and `start` cut it off and bring it back with what it has stored."""

    name = ""
    end = signal.SIGTERM
    """The signal of the last end, after which nobody needs the data."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder
        self.port = port or free_port()
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self.give(folder)

    def give(self, path: Path) -> None:
        """Give `path` to the unprivileged user."""
        if user := unprivileged():
            shutil.chown(path, user)

    def command(self) -> list[str]:
        raise NotImplementedError

    def start(self) -> Self:
        log = (self.folder / "log").open("ab")
        self._process = subprocess.Popen(
            self.command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL, user=unprivileged(), cwd=self.folder,
            extra_groups=[] if unprivileged() else None,
        )  # fmt: skip
        log.close()
        ends_at_s = time.monotonic() + START_S
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > ends_at_s:
                raise RuntimeError(f"{self.name} does not start: {(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(POLL_S)
        return self

    def answers(self) -> bool:
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        process, self._process = self._process, None
        if process:
            process.send_signal(how)
            try:
                process.wait(START_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def pause(self) -> None:
        """Let the engine hang."""
        if self._process:
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGCONT)

    def cpu_s(self) -> float:
        """Return the processor time of the process in seconds."""
        assert self._process
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.resume()
        self.stop(self.end)


OPEN_BROKER = "allow_anonymous true\nset_tcp_nodelay true\nmax_inflight_messages 2000\nmax_queued_messages 20000"


class Mosquitto(Engine):
    """The broker. lines: its configuration after the listener; without any, everybody may do everything."""

    name = "mosquitto"

    def __init__(self, folder: Path, lines: str = "", port: int = 0) -> None:
        super().__init__(folder, port)
        self._lines = lines or OPEN_BROKER

    def command(self) -> list[str]:
        config = self.folder / "mosquitto.conf"
        config.write_text(f"listener {self.port} 127.0.0.1\n{self._lines}\nlog_type error\nlog_type warning\n")
        return [program("mosquitto"), "-c", str(config)]


class Postgres(Engine):
    """The database. is_durable: commits are forced to the disk, as in operation; tests do without."""

    name = "postgres"
    end = signal.SIGQUIT

    def __init__(self, folder: Path, *, is_durable: bool = False) -> None:
        super().__init__(folder)
        self._is_durable = is_durable
        self._data = folder / "data"
        if not self._data.exists():
            subprocess.run(
                [program("initdb"), "-D", str(self._data), "-U", "fleet", "-A", "trust", "-E", "UTF8", "--no-locale",
                 "--no-sync"],
                check=True, capture_output=True, user=unprivileged(), cwd=folder,
                extra_groups=[] if unprivileged() else None,
            )  # fmt: skip

    def command(self) -> list[str]:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "on" if self._is_durable else "off",
            "shared_buffers": "64MB",
            "max_connections": "40",
            "dynamic_shared_memory_type": "mmap",
        }
        return [program("postgres"), "-D", str(self._data), *(f"--{key}={value}" for key, value in options.items())]

    def fill_disk(self) -> None:
        """Let each write to a file fail, as on a full disk: the limit of a file's size is 0 (setrlimit(2))."""
        self._limit_files("0")

    def free_disk(self) -> None:
        """Let writes succeed again. A database that ended meanwhile is started."""
        self._limit_files("unlimited")
        if self._process and self._process.poll() is None and self.answers():
            return
        self.stop()
        self.start()

    def _limit_files(self, size: str) -> None:
        """Set the soft limit of the process and of those that it started, which root without a capability may not."""
        if self._process is None:
            return
        for pid in (self._process.pid, *children_of(self._process.pid)):
            command = ["prlimit", "--pid", str(pid), f"--fsize={size}:"]
            subprocess.run(command, capture_output=True, check=False, user=unprivileged())  # it may have ended

    def answers(self) -> bool:
        try:
            psycopg.connect(self.address("postgres"), connect_timeout=2).close()
        except psycopg.Error:
            return False
        return True

    def address(self, database: str) -> str:
        return f"host=127.0.0.1 port={self.port} user=fleet dbname={database}"

    def create(self, database: str) -> str:
        """Create an empty database and return its address."""
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}"'.encode())
        return self.address(database)
