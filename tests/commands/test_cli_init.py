"""`kiosk init` on the command line."""

from pathlib import Path

import pytest

from kiosk.commands.init import ask
from kiosk.errors import KioskError
from kiosk.settings.wizard.questions import question_of, read_answer, usual_answers
from tests.commands.test_cli import kiosk


def test_answers_from_a_file_and_from_flags_give_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = tmp_path / "answers.yaml"
    answers.write_text("profile: school\nname: pintu-1\nsteps: [credential]\nparts: [emergency]\n")
    out = tmp_path / "kiosk.yaml"
    assert kiosk("init", "--answers", answers, "--set", "site=SD 1 Bekasi", "--set", "lock=magnet", "--out", out) == 0
    text = out.read_text("utf-8")
    assert "sequence: [credential]" in text
    assert "site: SD 1 Bekasi" in text
    assert "lock: fail_safe" in text
    assert "thermometer:" not in text
    assert "values that must still be filled in, marked with FILL_IN: " in capsys.readouterr().out
    assert kiosk("init", "--answers", answers, "--out", out) == 3
    assert "exists; name another file by --out" in capsys.readouterr().err
    assert kiosk("init", "--answers", answers, "--out", out, "--force") == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "lock"], "must be QUESTION=ANSWER"),
        (["--set", "lokc=magnet"], "did you mean 'lock'?"),
        (["--set", "profile=hospitl"], "did you mean 'hospital'?"),
        (["--answers", "none.yaml"], "cannot be read"),
    ],
)
def test_wrong_answers_are_errors_and_write_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    out = tmp_path / "kiosk.yaml"
    assert kiosk("init", *arguments, "--out", out) == 3
    assert message in capsys.readouterr().err
    assert not out.exists()


def test_the_questions_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert kiosk("init", "--questions") == 0
    assert "lock            Lock of the building door" in capsys.readouterr().out


def test_a_question_is_asked_until_its_answer_is_allowed(capsys: pytest.CaptureFixture[str]) -> None:
    answers = usual_answers("office") | {"parts": ("buzzer",)}
    typed = iter(["magnt", "magnet"])
    assert ask(question_of("lock"), answers, lambda _: next(typed)) == "magnet"
    assert "did you mean 'magnet'?" in capsys.readouterr().out
    assert ask(question_of("lock"), answers, lambda _: "") == "strike"
    assert ask(question_of("parts"), answers, lambda _: "none") == ()
    asked: list[str] = []

    def read(text: str) -> str:
        asked.append(text)
        return ""

    assert ask(question_of("parts"), answers, read) == ("buzzer",)
    assert ask(question_of("site"), answers, read) == ""
    assert "[buzzer]" in asked[0]
    assert "[later]" in asked[1]


@pytest.mark.parametrize(
    ("name", "wrong", "right", "message"),
    [
        ("name", "main door", "main-door", "name: must be 1 to 32 lowercase letters, digits and '-', not 'main door'"),
        ("time_zone", "Jakarta", "Asia/Jakarta", "'Jakarta' is no time zone"),
        ("status_address", "status", "https://status.example.org/", "credentials.online_status.address: "),
        ("steps", "none", "temperature", "sequence: "),
    ],
)
def test_an_answer_that_the_settings_file_would_not_take_is_asked_again(
    capsys: pytest.CaptureFixture[str], name: str, wrong: str, right: str, message: str
) -> None:
    typed = iter([wrong, right])
    question = question_of(name)
    assert ask(question, usual_answers("office"), lambda _: next(typed)) == read_answer(question, right)
    assert message in capsys.readouterr().out


def test_the_end_of_the_input_is_an_error() -> None:
    def end(_text: str) -> str:
        raise EOFError

    with pytest.raises(KioskError, match="nothing is written"):
        ask(question_of("site"), usual_answers("office"), end)
