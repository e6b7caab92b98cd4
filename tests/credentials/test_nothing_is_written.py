"""Visitors with credentials of every kind pass; then all written files and logs are searched for their data."""

import logging
from pathlib import Path

import pytest

from kiosk.simulator import demo_command
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.demo import Demo
from kiosk.simulator.people.personas import Persona, VisitorCodes, one_of_each
from kiosk.simulator.people.visitor import Ending

CONFIG = Path(__file__).parents[2] / "config" / "demo.yaml"
PERSONAL = (b"Contoh", b"CONTOH", b"SITI", b"Siti", b"1980-02-28", b"Jalan Contoh", b"URN:UVCI")


def test_no_payload_no_holder_and_no_private_key_is_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    shown: list[bytes] = []
    endings: list[Ending] = []

    def people(codes: VisitorCodes) -> list[Persona]:
        personas = [persona for persona in one_of_each(codes) if persona.shows]
        shown.extend(code for persona in personas for code in persona.shows)
        return personas

    demo = Demo(
        demo_command.load_settings(CONFIG), tmp_path, lambda codes: iter(people(codes)), VirtualClock(), endings.append
    )
    demo.start()
    while len(endings) < 17 and demo.clock.now_s() < 20_000:
        demo.advance()
    demo.close()
    assert len(endings) >= 17
    written = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert any(name.startswith("journal") for name in written)
    printed = (
        caplog.text.encode() + b"".join(capsys.readouterr()[at].encode() for at in (0, 1)) + repr(endings).encode()
    )
    for name, content in [*written.items(), ("the log", printed)]:
        for secret in (*PERSONAL, *(code[:40] for code in shown if len(code) > 40)):
            assert secret not in content, f"{secret!r} in {name}"
    assert [name for name, content in written.items() if b"PRIVATE KEY" in content] == [
        name for name in written if name.endswith(".key.pem")
    ]
