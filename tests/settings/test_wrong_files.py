"""The message about each mistake, by the cases in wrong_files.txt."""

from pathlib import Path

import pytest

from kiosk.settings.loader import parse
from kiosk.settings.yaml.mistakes import Mistake, Severity, shown_errors

from .booth import HERE, complete

CASES = Path(__file__).with_name("wrong_files.txt").read_text("utf-8").split("\n=== ")[1:]


@pytest.mark.parametrize("case", CASES, ids=[case.partition("\n")[0] for case in CASES])
def test_the_mistakes_of_a_wrong_file_are_reported_in_these_words(case: str) -> None:
    name, _, rest = case.partition("\n")
    file, _, expected = rest.partition("\n--- reported\n")
    text = file if name.endswith("(alone)") else complete(file)
    mistakes, _ = parse(text.encode(), HERE)
    reported = [mistake.shown("k.yaml").replace(str(HERE), "HERE") for mistake in mistakes]
    assert reported == expected.splitlines()
    assert "geheim" not in "".join(reported), "a secret is never repeated"


def test_a_complete_file_has_no_mistakes() -> None:
    assert parse(complete("").encode(), HERE)[0] == ()


def test_the_errors_of_a_file_are_shown_without_its_warnings() -> None:
    mistakes = (Mistake(3, 1, "door", "no"), Mistake(5, 1, "site", "perhaps", Severity.WARNING))
    assert shown_errors(mistakes, "k.yaml") == ("k.yaml:3:1: door: no",)
