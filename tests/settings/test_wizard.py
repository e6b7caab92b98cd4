"""`kiosk init`: from answers to a settings file that `kiosk check` accepts."""

import random
from pathlib import Path

import pytest

from kiosk.errors import KioskError
from kiosk.settings.checks.pins import pins_of
from kiosk.settings.loader import check_file, parse
from kiosk.settings.wizard.draft import Draft
from kiosk.settings.wizard.questions import (
    PARTS,
    PROFILES,
    QUESTIONS,
    STEPS,
    Answer,
    is_asked,
    question_of,
    read_answer,
    usual_answers,
)
from kiosk.settings.wizard.writer import TEMPLATE, write
from kiosk.settings.yaml.reading import FILL_IN

CONFIG = Path(__file__).parents[2] / "config"
OWN: dict[str, Answer] = {
    "name": "pintu-1",
    "site": "Balai Kota: #1 'Utama'",
    "pass_site": "balai-kota",
    "pass_key": "trust/own.pub.pem",
    "status_address": "https://status.kota.go.id/check",
    "status_prefix": "app:",
    "officer": "Petugas",
    "officer_where": "Di depan",
    "clinic": "Puskesmas",
    "clinic_where": "Jalan Merdeka 1",
}


@pytest.mark.parametrize("profile", PROFILES)
def test_each_profile_with_its_questions_answered_is_accepted(profile: str, tmp_path: Path) -> None:
    (tmp_path / "trust").mkdir()
    (tmp_path / "trust/own.pub.pem").write_text("a key")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/status-token").write_text("a token")
    (tmp_path / "kiosk.yaml").write_text(write(usual_answers(profile) | OWN), "utf-8")
    report = check_file(tmp_path / "kiosk.yaml", CONFIG / "texts")
    assert report.mistakes == ()
    assert report.settings
    assert report.settings.site == OWN["site"]


@pytest.mark.parametrize("profile", [profile for profile in PROFILES if profile != "office"])
def test_the_example_of_each_profile_is_what_init_writes(profile: str) -> None:
    example = CONFIG / "examples" / f"{profile}.yaml"
    assert example.read_text("utf-8") == write(usual_answers(profile)), f"kiosk init --set profile={profile}"


def test_the_template_is_the_reference_file() -> None:
    assert TEMPLATE.read_bytes() == (CONFIG / "kiosk.yaml").read_bytes()
    assert str(Draft(TEMPLATE.read_text("utf-8"))) == TEMPLATE.read_text("utf-8")


def test_any_combination_of_parts_gives_settings_without_a_mistake() -> None:
    chance = random.Random(1)
    for _ in range(120):
        answers = usual_answers("office") | OWN
        answers |= {
            "steps": chance.choice([STEPS, ("temperature",), ("disinfect", "credential"), ("questions", "credential")]),
            "parts": tuple(part for part in PARTS if chance.random() < 0.7),
            "credentials": chance.choice([("site_pass",), ("online_status", "eu_dcc"), ("divoc", "site_pass")]),
        }
        for name in ("spray", "relays", "lock", "street_lock", "lamp", "camera"):
            answers[name] = chance.choice(question_of(name).options)
        mistakes, settings = parse(write(answers).encode(), CONFIG, elsewhere=True)
        assert settings, (answers, mistakes)
        assert "GPIO" not in "".join(mistake.text for mistake in mistakes), "no relay moves while the Pi starts"
        pins = [pin for _, pin in pins_of(settings)]
        assert len(pins) == len(set(pins))


@pytest.mark.parametrize(("relays", "yes"), [("low", 9), ("high", 5)])
def test_the_step_of_questions_has_its_switches_on_free_pins(relays: str, yes: int) -> None:
    answers = usual_answers("office") | OWN | {"steps": STEPS, "relays": relays, "questions": ("fever", "contact")}
    _, settings = parse(write(answers).encode(), CONFIG, elsewhere=True)
    assert settings
    assert [one.value for one in settings.questions.ask] == ["fever", "contact"]
    assert settings.questions.refer == settings.questions.ask
    assert settings.inputs.yes
    assert settings.inputs.yes.pin == yes


def test_a_question_without_an_answer_is_marked() -> None:
    text = write(usual_answers("school"))
    assert text.count(FILL_IN) > 5
    assert "Puskesmas" not in text


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("lock", "magnt", "'magnt' is no answer to 'lock'; allowed: 'strike' or 'magnet'; did you mean 'magnet'?"),
        ("steps", "disinfect, spray", "'spray' is no answer to 'steps'"),
        ("site", "a\nb", "must be one line"),
        ("lamp", ["rgb", "single"], "needs one answer"),
    ],
)
def test_an_answer_that_is_not_allowed_is_an_error(name: str, given: object, message: str) -> None:
    with pytest.raises(KioskError, match=message.replace("?", r"\?")):
        read_answer(question_of(name), given)


def test_an_answer_is_one_word_or_several() -> None:
    assert read_answer(question_of("lock"), " magnet ") == "magnet"
    assert read_answer(question_of("steps"), "disinfect, credential disinfect") == ("disinfect", "credential")


def test_an_unknown_question_is_an_error_with_the_nearest_one() -> None:
    with pytest.raises(KioskError, match="there is no question 'stepz'; did you mean 'steps'"):
        question_of("stepz")


def test_a_question_that_does_not_apply_is_not_asked() -> None:
    answers = usual_answers("school") | {"steps": ("temperature",)}
    asked = {question.name for question in QUESTIONS if is_asked(question, answers)}
    assert asked.isdisjoint({"spray", "camera", "credentials", "pass_key", "status_address", "clinic"})
    assert {"lock", "officer"} <= asked
    answers = usual_answers("school")  # passes only
    assert not is_asked(question_of("clinic"), answers)
    assert is_asked(question_of("clinic"), answers | {"credentials": ("site_pass", "divoc")})


@pytest.mark.parametrize("path", [["none"], ["door", "none"], ["inputs", "presence", "relay_pin"]])
def test_a_setting_that_the_template_does_not_have_is_an_error(path: list[str]) -> None:
    with pytest.raises(LookupError):
        Draft(TEMPLATE.read_text("utf-8")).set(path, 1)
