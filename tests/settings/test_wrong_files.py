from pathlib import Path

import pytest

from kiosk.settings.loader import parse

from .booth import HERE, complete

CASES = Path(__file__).with_name("wrong_files.txt").read_text("utf-8").split("\n=== ")[1:]


@pytest.mark.parametrize("case", CASES, ids=[case.partition("\n")[0] for case in CASES])
def test_a_wrong_file_is_told_in_these_words(case: str) -> None:
    name, _, rest = case.partition("\n")
    file, _, expected = rest.partition("\n--- says\n")
    text = file if name.endswith("(alone)") else complete(file)
    mistakes, _ = parse(text.encode(), HERE)
    said = [mistake.shown("k.yaml").replace(str(HERE), "HERE") for mistake in mistakes]
    assert said == expected.splitlines()
    assert "geheim" not in "".join(said), "a secret is never repeated"


def test_a_booth_in_order_has_no_mistakes() -> None:
    assert parse(complete("").encode(), HERE)[0] == ()
