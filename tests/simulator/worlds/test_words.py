"""The page docs/worlds.md names every promise and every word of a story, and no others."""

import ast
import re
from importlib import import_module
from pathlib import Path

from kiosk.settings.checks.promises import Promise
from kiosk.simulator.worlds import judges, story

PAGE = (Path(__file__).parents[3] / "docs/worlds.md").read_text(encoding="utf-8")
PROMISES = re.search(r"## The promises\n(.*?)\n\n[^|]", PAGE, re.DOTALL)
STORY = PAGE[PAGE.index("## Writing a story") : PAGE.index("## Planted bugs")]
LINES = STORY[STORY.index("### Lines") :]


def promises_of_the_page() -> set[str]:
    assert PROMISES
    rows = [line.split("|")[1].strip() for line in PROMISES[1].splitlines() if line.startswith("|")]
    return set(rows[2:])


def promises_of_the_judges() -> set[str]:
    """Return the first argument of each accusation, and every constant that is a sentence."""
    found: set[str] = set()
    for file in Path(str(judges.__file__)).parent.glob("*.py"):
        module = import_module(f"{judges.__name__}.{file.stem}")
        values = (value for name, value in vars(module).items() if name.isupper() and isinstance(value, str))
        found |= {value for value in values if " " in value}
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("accuse", "_accuse"):
                promise = node.args[0]
                found |= {str(promise.value)} if isinstance(promise, ast.Constant) else set()
    return found


def words_of(text: str) -> set[str]:
    """Return the words of all code spans in `text`."""
    return {word for span in re.findall(r"`([^`\n]+)`", text) for word in re.findall(r"[a-z_]+", span)}


def test_the_page_names_the_promises_that_the_referee_judges_and_no_others() -> None:
    assert promises_of_the_page() == promises_of_the_judges()


def test_kiosk_check_speaks_of_promises_that_the_page_names() -> None:
    assert {promise.value for promise in Promise} <= promises_of_the_page()


def test_the_page_names_every_verb_and_word_of_a_line() -> None:
    named = words_of(LINES)
    verbs = {**story.VERBS, **{verb: words for verbs in story.SUBJECTS.values() for verb, words in verbs.items()}}
    words = {"body", *story.SUBJECTS, *verbs} | {word for words in verbs.values() for word in words}
    words |= {word for verbs in story.SUBJECTS.values() for words in verbs.values() for word in words}
    assert words - named == set()


def test_the_page_names_every_word_about_people() -> None:
    named = words_of(STORY)
    words = {word for name in (*story.BEHAVIOURS, *story.SHOWS, *story.CODES) for word in name.split()}
    assert words - named == set()
    assert {"skin_c", "carries", "behaves", "arrives", "declines", "shows", "returns", "returns_skin_c"} <= named


def test_the_page_names_no_word_that_no_story_may_have() -> None:
    cells = [line.split("|")[1] for line in LINES.splitlines() if line.startswith("| `")]
    told = {subject for cell in cells for subject in re.findall(r"`([a-z_]+): ", cell)}
    verbs = {verb for words in story.SUBJECTS.values() for verb in words} | story.VERBS.keys()
    assert told - verbs == {"body", *story.SUBJECTS}
