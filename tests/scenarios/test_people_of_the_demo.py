"""The demo's people, with credentials of every kind, pass once; then their endings, screens and traces are judged.

No visitor is told the same thing three times or nothing for long, and nothing that is written holds their data.
"""

import io
import logging
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kiosk.display.screens import Screen
from kiosk.display.server import DisplayServer
from kiosk.settings.schema.policy import DisplaySettings
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.demo import Demo
from kiosk.simulator.demo_command import OWN_SETTINGS, load_settings, table_row
from kiosk.simulator.people.personas import Persona, VisitorCodes, one_of_each
from kiosk.simulator.people.visitor import Ending
from tests.display.scenes import REFERRALS, texts
from tests.samples import every
from tests.scenarios.told import Told

PERSONAL = (b"Contoh", b"CONTOH", b"SITI", b"Siti", b"1980-02-28", b"Jalan Contoh", b"URN:UVCI")


class WatchedPage(DisplayServer):
    """The page of a demo, which nobody opens, and what its visitors are told. `came_at_s`: when the last one came."""

    def __init__(self) -> None:
        super().__init__(texts(), REFERRALS, DisplaySettings(), "demo", simulated=True)
        self.told = Told()
        self.visitor, self.came_at_s = "", 0.0

    def show(self, screen: Screen, now_s: float) -> None:
        self.told.note(screen, now_s, {self.visitor: self.came_at_s} if self.visitor else {})
        super().show(screen, now_s)


@dataclass
class Run:
    """The visits of the demo's people, and all that was printed, logged and written in `folder` meanwhile."""

    folder: Path
    people: list[Persona] = field(default_factory=list)
    endings: list[Ending] = field(default_factory=list)
    told: Told = field(default_factory=Told)
    printed: str = ""


class KeptLog(logging.Handler):
    """Keeps every message of the log."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    run, page, clock, log = Run(tmp_path_factory.mktemp("demo")), WatchedPage(), VirtualClock(), KeptLog()
    run.told = page.told
    root = logging.getLogger()
    level = root.level
    root.addHandler(log)
    root.setLevel(logging.DEBUG)
    out = io.StringIO()

    def people(codes: VisitorCodes) -> Iterator[Persona]:
        for persona in every(6, one_of_each(codes)):
            run.people.append(persona)
            page.visitor, page.came_at_s = persona.name, clock.now_s()
            yield persona

    demo = Demo(load_settings(OWN_SETTINGS), run.folder, people, clock, run.endings.append, page)
    count = len(every(6, one_of_each(demo.codes)))
    try:
        with redirect_stdout(out), redirect_stderr(out):
            demo.start()
            while len(run.endings) < count:
                demo.advance()
    finally:
        demo.close()
        root.removeHandler(log)
        root.setLevel(level)
    run.printed = "\n".join((*log.lines, out.getvalue()))
    return run


def test_every_visit_ends_as_scripted(run: Run) -> None:
    assert [table_row(ending) for ending in run.endings if not ending.as_scripted] == []
    assert [ending.persona for ending in run.endings] == run.people


def test_no_visitor_hears_an_instruction_three_times_or_waits_without_being_told(run: Run) -> None:
    assert len(run.told.heard) == len(run.endings), "everybody heard something"
    run.told.check()


def test_no_payload_no_holder_and_no_private_key_is_written(run: Run) -> None:
    written = {path.name: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}
    assert any(name.startswith("journal") for name in written)
    assert run.printed, "something was logged"
    shown = [code for persona in run.people for code in persona.shows]
    assert len(shown) > 3
    printed = (run.printed + repr(run.endings)).encode()
    for name, content in [*written.items(), ("the log", printed)]:
        for secret in (*PERSONAL, *(code[:40] for code in shown if len(code) > 40)):
            assert secret not in content, f"{secret!r} in {name}"
    assert [name for name, content in written.items() if b"PRIVATE KEY" in content] == [
        name for name in written if name.endswith(".key.pem")
    ]
