"""A simulated Raspberry Pi: a User Mode Linux that boots systemd and the kiosk; tests set its wires and cut its power.

Rule 1: it is a process group below the test process, and dies with it.
Rule 2: times come from the kernel of the machine: its trace has each change of a line, and the marks of the tests.
Rule 3: no test depends on the speed of the host. A limit of time only ends a machine that hangs, and a time that is
asserted differs from the wrong one by many seconds.
"""

import os
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).parents[3]
MEMORY = "256M"
HANG_S = 300.0
"""A machine that takes longer for a boot, a command or a change hangs; a busy host makes it many times slower."""

FIRST_LINE = 512
"""The kernel's number of GPIO 0: the first number that the kernel gives to a chip without a fixed one (gpiolib.c)."""

TRACE = re.compile(r" (\d+\.\d+): (?:(?:gpio_value: (\d+) set|gpio_direction: (\d+) ) ?(\S+)|tracing_mark_write: (.*))")


@dataclass(frozen=True, slots=True)
class Trace:
    """An entry of the trace at `at_s`, in the machine's monotonic seconds: a change of a pin, or a mark of a test."""

    at_s: float
    pin: int | None
    what: str


class Machine:
    """A machine that runs from its construction until `close` or `cut_power`.

    kernel, root: the folders of the kernel and of the root file system. booth: the folder of its kiosk.yaml. disk: the
    file that is its card. Raises `ConnectionError` if it does not boot within `HANG_S`.
    """

    def __init__(self, kernel: Path, root: Path, booth: Path, disk: Path) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="rig-", dir="/dev/shm"))
        self._wire, theirs = socket.socketpair()
        self._heard = b""
        self._asked = 0
        with theirs, (self._folder / "console").open("wb") as console:
            self._process = subprocess.Popen(
                self._command(kernel, root, booth, disk, theirs.fileno()),
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                pass_fds=[theirs.fileno()],
                env={"PATH": os.environ["PATH"], "TMPDIR": str(self._folder)},
                start_new_session=True,
            )
        try:
            self._hear(b"rig-shell\n", HANG_S)
        except BaseException:
            self.close()
            raise

    def _command(self, kernel: Path, root: Path, booth: Path, disk: Path, wire: int) -> list[str]:
        return [
            *("setpriv", "--pdeathsig", "KILL", str(kernel / "linux")),
            f"mem={MEMORY}",
            f"dtb={kernel / 'pi.dtb'}",
            *("root=/dev/root", "rootfstype=hostfs", f"rootflags={root}", "ro", "init=/opt/rig/first-process"),
            *(f"rig.src={SOURCE}", f"rig.booth={booth}", f"ubd0={disk}"),
            *("con=null", "con0=null,fd:1", "ssl=null", f"ssl0=fd:{wire}", f"uml_dir={self._folder}", "umid=rig"),
            *("trace_event=gpio:*", "trace_clock=mono", "quiet", "systemd.show_status=no"),
        ]

    def run(self, command: str, limit_s: float = HANG_S) -> str:
        """Run a shell command in the machine and return its output.

        Raises `AssertionError` if the command fails, `ConnectionError` if the machine does not answer within `limit_s`.
        """
        self._asked += 1
        end = f"\nrig {self._asked} ".encode()
        self._wire.sendall(f"{{ {command}\n}} </dev/null 2>&1; code=$?; echo; echo rig {self._asked} $code\n".encode())
        answer = self._hear(end, limit_s)
        code = self._hear(b"\n", limit_s)
        assert code == b"0", f"'{command}' ended with {code.decode()}: {answer.decode()}"
        return answer.decode().strip()

    def until(self, command: str) -> None:
        """Repeat a command until it succeeds. Raises `AssertionError` after `HANG_S` seconds."""
        self.run(
            f"within() {{ local end=$((SECONDS + {HANG_S:.0f})); until {command}; do"
            " [ $SECONDS -lt $end ] || return; sleep 0.05; done; }; within",
            2.0 * HANG_S,
        )

    def cut_power(self) -> None:
        """End the machine like a power cut: data that is not on the disk is lost. Safe to call twice."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def close(self) -> None:
        """Cut the power and remove the temporary files."""
        self.cut_power()
        self._wire.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _hear(self, end: bytes, limit_s: float) -> bytes:
        until_s = time.monotonic() + limit_s
        while end not in self._heard:
            left_s = until_s - time.monotonic()
            ready, _, _ = select.select([self._wire], [], [], max(left_s, 0.0))
            heard = self._wire.recv(65536) if ready else b""
            if not heard:
                console = (self._folder / "console").read_text(errors="replace")
                raise ConnectionError(f"the machine is silent; heard {self._heard!r}; console: {console[-2000:]}")
            self._heard += heard
        before, self._heard = self._heard.split(end, 1)
        return before


def read_trace(text: str) -> list[Trace]:
    """Return the entries of the kernel's trace in order: 'in', 'out', '0' and '1' of pins, and marks."""
    return [
        Trace(float(at_s), int(moved or turned) - FIRST_LINE if what else None, what or mark)
        for at_s, moved, turned, what, mark in TRACE.findall(text)
    ]
