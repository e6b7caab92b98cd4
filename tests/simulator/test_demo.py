import hashlib
import io
import os
import platform
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml

from kiosk.composition.starting.pinless_page import SIGNALS
from kiosk.errors import KioskError
from kiosk.flow.state import Outcome
from kiosk.model import Reason
from kiosk.simulator import demo_command
from kiosk.simulator.overrides import with_overrides
from kiosk.simulator.people.personas import Persona, VisitorCodes, endless_personas, one_of_each, people_with_answers
from tests.samples import WHOLE

HOUSE = Path(__file__).parents[2]
CONFIG = HOUSE / "config" / "demo.yaml"
KINDS = 37


def test_the_table_tells_how_each_visit_ended() -> None:
    out = io.StringIO()
    assert demo_command.run_fast(CONFIG, 2, seed=1, out=out) == 0
    lines = out.getvalue().splitlines()
    assert lines[-1] == "2 visits, 0 not as scripted"
    told = {line[7:33].strip(): line[35:].split() for line in lines[1:-1]}
    assert told["first dose"] == ["admitted", "-", "entered"]
    assert told["no dose"] == ["referred", "below_minimum_doses", "stayed", "out"]


def test_the_visits_of_a_booth_with_an_airlock_end_as_scripted_too(tmp_path: Path) -> None:
    site = yaml.safe_load(CONFIG.read_text("utf-8"))
    site["street_door"] = {"relay_pin": 18, "lock": "fail_safe"}
    site["inputs"] |= {"street_exit": {"pin": 14}}
    (tmp_path / "texts").symlink_to(CONFIG.parent / "texts")
    config = tmp_path / "airlock.yaml"
    config.write_text(yaml.safe_dump(site), encoding="utf-8")
    out = io.StringIO()
    assert demo_command.run_fast(config, 6 if WHOLE else 2, seed=1, out=out) == 0, out.getvalue()


def test_the_visits_of_a_booth_with_an_imager_end_as_scripted_too(tmp_path: Path) -> None:
    site = yaml.safe_load(CONFIG.read_text("utf-8"))
    site["thermometer"] |= {"kind": "mlx90640", "offset_c": 0.5, "looks": 1}
    site["temperature"] |= {"relative": {"distance_c": 0.37}}
    (tmp_path / "texts").symlink_to(CONFIG.parent / "texts")
    config = tmp_path / "imager.yaml"
    config.write_text(yaml.safe_dump(site), encoding="utf-8")
    out = io.StringIO()
    assert demo_command.run_fast(config, 8 if WHOLE else 2, seed=1, out=out) == 0, out.getvalue()


def test_the_visits_of_a_booth_that_asks_questions_end_as_scripted_too(tmp_path: Path) -> None:
    site = yaml.safe_load(CONFIG.read_text("utf-8"))
    site["sequence"] = ["disinfect", "temperature", "questions", "credential"]
    site["inputs"] |= {"yes": {"pin": 14}, "no": {"pin": 15}}
    site["questions"] = {"answer_s": 5.0}
    (tmp_path / "texts").symlink_to(CONFIG.parent / "texts")
    config = tmp_path / "asks.yaml"
    config.write_text(yaml.safe_dump(site), encoding="utf-8")
    out = io.StringIO()
    assert demo_command.run_fast(config, 3, seed=1, out=out) == 0, out.getvalue()
    assert out.getvalue().count("answered_yes") == 2
    assert out.getvalue().count("not_answered") == 1


def test_a_visit_that_does_not_end_as_scripted_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong_script(codes: VisitorCodes, _seed: int, *, asked: bool) -> list[Persona]:
        assert not asked
        return [replace(one_of_each(codes)[1], outcome=Outcome.ADMITTED, reason=None)]

    monkeypatch.setattr(demo_command, "endless_personas", wrong_script)
    out = io.StringIO()
    assert demo_command.run_fast(CONFIG, 1, seed=1, out=out) == 1
    assert "NOT AS SCRIPTED: admitted" in out.getvalue()
    assert "1 visits, 1 not as scripted" in out.getvalue()


def test_a_visit_that_did_not_take_place_is_an_error() -> None:
    out = io.StringIO()
    assert demo_command.print_table([], 1, out) == 1


def test_the_same_seed_gives_the_same_personas() -> None:
    codes = VisitorCodes(
        {"SIM1:GREEN-0001": "green", "SIM1:RED-0001": "red", "SIM1:YELLOW-0001": "yellow"} | BLACK, *PASSES, HEALTH
    )
    first, again = endless_personas(codes, 7), endless_personas(codes, 7)
    assert [next(first) for _ in range(60)] == [next(again) for _ in range(60)]


def test_the_personas_cover_every_reason_that_a_visitor_alone_can_cause() -> None:
    codes = VisitorCodes({**GREEN, **BLACK}, *PASSES, HEALTH)
    people = one_of_each(codes)
    other_causes = {Reason.ALREADY_USED, Reason.FEVER_BEFORE, Reason.CLOCK_UNSURE, Reason.FULL}
    assert {person.reason for person in (*people, *people_with_answers(codes))} >= set(Reason) - other_causes
    assert len(people) == KINDS


def test_the_mistakes_of_the_settings_are_reported(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("door: {relay_pin: 99}\n")
    with pytest.raises(KioskError, match=r"door\.relay_pin"):
        demo_command.load_settings(tmp_path / "bad.yaml")


def test_the_demo_contains_its_own_settings_and_texts() -> None:
    assert demo_command.OWN_SETTINGS.read_bytes() == CONFIG.read_bytes()
    assert {file.name for file in (demo_command.OWN_SETTINGS.parent / "texts").iterdir()} >= {"id.yaml", "en.yaml"}


def test_the_overrides_replace_keys_journal_and_service_of_a_site(tmp_path: Path) -> None:
    settings = demo_command.load_settings(HOUSE / "config" / "kiosk.yaml")
    shown = with_overrides(settings, "http://127.0.0.1:1/status", "http://127.0.0.1:2/check-in")
    assert shown.journal.path == "journal.db"
    wanted, online = shown.credentials, shown.credentials.online_status
    assert wanted.site_pass
    assert wanted.site_pass.public_keys == ("site_pass.pub.pem",)
    assert wanted.trust.folder == "trust"
    assert online
    assert (online.address, online.secret_headers, online.ca_file) == ("http://127.0.0.1:1/status", {}, None)
    assert online.status == (settings.credentials.online_status and settings.credentials.online_status.status)
    assert (shown.door, shown.sequence, shown.chamber) == (settings.door, settings.sequence, settings.chamber)


def test_the_demo_of_the_reference_settings_prints_the_overrides() -> None:
    out = io.StringIO()
    assert demo_command.run_fast(HOUSE / "config" / "kiosk.yaml", 1, seed=1, out=out) == 0
    assert out.getvalue().startswith("'entrance-1' in simulation: ")
    assert "keys, journal and network services are the demo's" in out.getvalue()


def test_a_taken_port_is_reported_with_the_option_that_changes_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(KioskError, match=rf"no page on port {port} \(Address already in use\); .* by --port"):
            demo_command.run_with_page(CONFIG, 1, 1, port, io.StringIO())


@pytest.mark.parametrize("number", SIGNALS)
def test_each_signal_removes_the_folder_of_the_demo(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    own = demo_command.temporary_folder()
    folder = own.__enter__()
    (folder / "key").touch()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)
    own.__exit__(None, None, None)
    assert not folder.exists()
    assert signal.getsignal(number) is before


def test_a_second_signal_does_not_interrupt_the_removal_of_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    clean_up = TemporaryDirectory.cleanup

    def interrupted(folder: Any) -> None:
        signal.raise_signal(signal.SIGINT)
        clean_up(folder)

    monkeypatch.setattr(TemporaryDirectory, "__exit__", lambda folder, *_: interrupted(folder))
    with demo_command.temporary_folder() as folder:
        pass
    assert not folder.exists()


def test_a_relative_path_given_to_the_script_is_relative_to_the_callers_folder(tmp_path: Path) -> None:
    command = tmp_path / "bin" / "kiosk"
    command.parent.mkdir()
    command.write_text('#!/bin/sh\necho "$PWD" "$@"\n')
    command.chmod(0o755)
    contents = [HOUSE / "setup.py", HOUSE / "pyproject.toml", HOUSE / "kiosk" / "__init__.py"]
    contents += sorted((HOUSE / "lock").glob("*.txt"))
    stamp = hashlib.sha256(f"Python {platform.python_version()}\n{HOUSE}\n".encode())
    for file in contents:
        stamp.update(file.read_bytes())
    (tmp_path / ".made-from").write_text(f"{stamp.hexdigest()} lock/scanner.txt\n")  # no environment is made
    done = subprocess.run(
        [HOUSE / "script" / "demo", "--config", "mine.yaml"],
        env={**os.environ, "KIOSK_VENV": str(tmp_path), "PYTHON": sys.executable},
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == f"{tmp_path} demo --config mine.yaml\n"


BLACK = {"SIM1:BLACK-0001": "black"}
GREEN = {"SIM1:GREEN-0001": "green", "SIM1:RED-0001": "red", "SIM1:YELLOW-0001": "yellow"}
PASSES = (b"staff", b"forged", b"foreign", b"expired")
HEALTH = {
    kind: kind.encode()
    for kind in (
        *("eu_dcc", "smart_health_card", "divoc", "vds_nc", "yellow_card", "new_yellow_card", "health_link"),
        *("forged", "foreign", "incomplete"),
    )
}
