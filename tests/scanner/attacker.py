"""The attempts of a scanner under a stranger's control: `python -m tests.scanner.attacker PLAN`, a JSON file.

It prints the names of the attempts that succeeded, and then `TRIED`. The confinement is good if all fail.
"""

import contextlib
import ctypes
import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

PTRACE_ATTACH, PTRACE_DETACH = 16, 17
TRIED = "tried everything"
LIBC = ctypes.CDLL(None, use_errno=True)


class Span(ctypes.Structure):
    """struct iovec of process_vm_readv(2)."""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def trace(plan: dict[str, Any]) -> bool:
    if LIBC.ptrace(PTRACE_ATTACH, plan["pid"], None, None):
        return False
    os.waitpid(plan["pid"], 0x40000000)  # __WALL: it is no child of this process
    LIBC.ptrace(PTRACE_DETACH, plan["pid"], None, None)
    return True


def read_memory(plan: dict[str, Any]) -> bool:
    with Path(f"/proc/{plan['pid']}/mem").open("rb", buffering=0) as memory:
        memory.seek(plan["address"])
        found: bytes = memory.read(len(plan["secret"]))
    return found.decode() == str(plan["secret"])


def write_memory(plan: dict[str, Any]) -> bool:
    with Path(f"/proc/{plan['pid']}/mem").open("r+b", buffering=0) as memory:
        memory.seek(plan["address"])
        return memory.write(plan["secret"].encode()) > 0


def read_by_system_call(plan: dict[str, Any]) -> bool:
    length = len(plan["secret"])
    found = ctypes.create_string_buffer(length)
    here, there = Span(ctypes.addressof(found), length), Span(plan["address"], length)
    read: int = LIBC.process_vm_readv(plan["pid"], ctypes.byref(here), 1, ctypes.byref(there), 1, 0)
    return read == length and found.raw.decode() == plan["secret"]


def send_signal(plan: dict[str, Any]) -> bool:
    os.kill(plan["pid"], signal.SIGCONT)
    return True


def read_environment(plan: dict[str, Any]) -> bool:
    return bool(Path(f"/proc/{plan['pid']}/environ").read_bytes())


def write_trusted_keys(plan: dict[str, Any]) -> bool:
    (Path(plan["trust"]) / "forged.json").write_text("{}")
    return True


def read_token(plan: dict[str, Any]) -> bool:
    return bool(Path(plan["token"]).read_text())


def list_state(plan: dict[str, Any]) -> bool:
    return isinstance(list(Path(plan["state"]).iterdir()), list)


def connect(address: Any, family: socket.AddressFamily) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as one:
        one.settimeout(5.0)
        one.connect(address)
    return True


def become_root(_plan: dict[str, Any]) -> bool:
    os.setuid(0)
    return True


def send_packet(_plan: dict[str, Any]) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.sendto(b"x", ("192.0.2.1", 9))  # for documentation (RFC 5737): routed, and nobody is there
    return True


ATTEMPTS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "trace": trace,
    "read memory": read_memory,
    "write memory": write_memory,
    "read memory by system call": read_by_system_call,
    "send a signal": send_signal,
    "read the environment": read_environment,
    "write trusted keys": write_trusted_keys,
    "read the token": read_token,
    "list the state": list_state,
    "connect to the page": lambda plan: connect(("127.0.0.1", plan["port"]), socket.AF_INET),
    "connect to a socket file": lambda plan: connect(plan["socket"], socket.AF_UNIX),
    "connect to an abstract socket": lambda plan: connect("\0" + plan["abstract"], socket.AF_UNIX),
    "send a packet": send_packet,
    "become root": become_root,
}

MEMORY = {"trace", "read memory", "write memory", "read memory by system call", "read the environment"}
"""The attempts that a hidden memory prevents, also for the controller's own user."""


if __name__ == "__main__":
    wanted = json.loads(Path(sys.argv[1]).read_text())
    for name, attempt in ATTEMPTS.items():
        with contextlib.suppress(OSError):
            if attempt(wanted):
                sys.stdout.write(name + "\n")
    sys.stdout.write(TRIED + "\n")
