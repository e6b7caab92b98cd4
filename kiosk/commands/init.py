"""`kiosk init`: ask what the booth has, and write its settings file."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.commands.options import add, json_option, print_json
from kiosk.errors import KioskError

if TYPE_CHECKING:
    from kiosk.commands.options import Commands
    from kiosk.settings.wizard.questions import Answer, Answers, Question

OUT = Path("kiosk.yaml")

INTRODUCTION = """\
Enter takes the answer in [brackets]; [later] leaves a mark, FILL_IN, in the file. Separate several answers by spaces;
'none' means none of them. Ctrl+C ends, and nothing is written.
"""


def add_commands(commands: "Commands") -> None:
    """Add the subcommands of this group."""
    sub = add(commands, "init", init, "ask what the booth has, and write its commented settings file")
    sub.add_argument("--out", type=Path, default=OUT, help="the file to write (default: %(default)s)")
    sub.add_argument("--force", action="store_true", help="replace a file that is there")
    sub.add_argument("--answers", type=Path, metavar="FILE", help="answers as 'question: answer' (YAML); asks nothing")
    sub.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="QUESTION=ANSWER",
        help="one answer; asks nothing; can be repeated",
    )
    sub.add_argument("--questions", action="store_true", help="list the questions and their answers, and write nothing")
    json_option(sub, "with --questions: print JSON")


def init(options: argparse.Namespace) -> int:
    """Write a settings file. Raises `KioskError` if an answer is not allowed or the file cannot be written."""
    from kiosk.settings.loader import check_file
    from kiosk.settings.wizard.questions import QUESTIONS, is_asked, question_of, read_answer, usual_answers
    from kiosk.settings.wizard.writer import write
    from kiosk.settings.yaml.reading import UNFILLED
    from kiosk.support.files import replace_file

    if options.questions:
        return list_questions(as_json=options.json)
    if options.out.exists() and not options.force:
        raise KioskError(f"'{options.out}' exists; name another file by --out, or use --force to replace it")
    given = read_given(options)
    answers = usual_answers(str(read_answer(question_of("profile"), given.get("profile", "office"))))
    if not given and sys.stdin.isatty():
        print(INTRODUCTION)
        answers = usual_answers(str(ask(QUESTIONS[0], {"profile": "office"}, input)))
        for question in QUESTIONS[1:]:
            if is_asked(question, answers):
                answers[question.name] = ask(question, answers, input)
    for name, answer in given.items():
        answers[name] = read_answer(question_of(name), answer)
    try:
        replace_file(options.out, write(answers).encode())
    except OSError as error:
        raise KioskError(f"'{options.out}' cannot be written: {error.strerror}") from None
    report = check_file(options.out, elsewhere=True)
    left = [mistake for mistake in report.mistakes if mistake.text.startswith(UNFILLED)]
    print(f"'{options.out}' is written; values that must still be filled in, marked with FILL_IN: {len(left)}")
    for mistake in report.mistakes:
        print(mistake.shown(str(options.out)))
    print(
        f"next: kiosk wiring --config {options.out}\n"
        f"      sudo install -m 644 {options.out} /etc/kiosk/kiosk.yaml, sudoedit it there, and kiosk check"
    )
    return 0


def list_questions(*, as_json: bool) -> int:
    """Print every question with its allowed answers."""
    from kiosk.settings.wizard.questions import QUESTIONS

    if as_json:
        print_json(
            [{"name": one.name, "text": one.text, "options": one.options, "many": one.many} for one in QUESTIONS]
        )
    for question in () if as_json else QUESTIONS:
        print(f"{question.name:15} {question.text} ({', '.join(question.options) or 'text'})")
    return 0


def read_given(options: argparse.Namespace) -> dict[str, object]:
    """Return the answers of the file and of the flags. Raises `KioskError` if they cannot be read."""
    import yaml

    given: dict[str, object] = {}
    if options.answers:
        try:
            found = yaml.safe_load(options.answers.read_text("utf-8"))
        except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
            raise KioskError(f"the answers in '{options.answers}' cannot be read: {error}") from None
        if not isinstance(found, dict):
            raise KioskError(f"'{options.answers}' must have lines such as 'lock: magnet'")
        given |= {str(name): answer for name, answer in found.items()}
    for pair in options.set:
        name, mark, answer = pair.partition("=")
        if not mark:
            raise KioskError(f"'{pair}' must be QUESTION=ANSWER, such as lock=magnet")
        given[name] = answer
    return given


def ask(question: "Question", answers: "Answers", read: Callable[[str], str]) -> "Answer":
    """Ask one question until its answer is allowed; an empty line means the one in `answers`, which has all so far.

    read: shows a text and returns the line that is typed. Raises `KioskError` at the end of the input.
    """
    from kiosk.settings.wizard.questions import read_answer

    usual = answers[question.name]
    shown = ", ".join(usual) if isinstance(usual, tuple) else usual
    options = f" ({', '.join(question.options)})" if question.options else ""
    while True:
        try:
            typed = read(f"{question.text}{options} [{shown or 'later'}]: ").strip()
        except EOFError:
            raise KioskError("the input ended before the last question; nothing is written") from None
        if not typed:
            return usual
        try:
            answer = () if question.many and typed == "none" else read_answer(question, typed)
        except KioskError as error:
            print(error)
            continue
        mistakes = new_mistakes(question, answers, answer)
        if not mistakes:
            return answer
        print("\n".join(mistakes))


def new_mistakes(question: "Question", answers: "Answers", answer: "Answer") -> list[str]:
    """Return the mistakes that the settings file would have by this answer, beside those that it has without."""
    from kiosk.settings.loader import parse
    from kiosk.settings.wizard.writer import write
    from kiosk.settings.yaml.mistakes import Severity
    from kiosk.settings.yaml.reading import UNFILLED

    if question.name == "profile":
        return []
    before, after = (
        [
            f"{mistake.key}: {mistake.text}"
            for mistake in parse(write(some).encode(), Path(), elsewhere=True)[0]
            if mistake.severity is Severity.ERROR and not mistake.text.startswith(UNFILLED)
        ]
        for some in (answers, {**answers, question.name: answer})
    )
    return [mistake for mistake in after if mistake not in before]
