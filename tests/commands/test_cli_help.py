"""Help: it is there at once, because it imports nothing heavy, and a mistyped word is answered with the nearest one."""

import json
import subprocess
import sys

import pytest

from tests.commands.test_cli import kiosk

ASK_FOR_ALL_HELP = """
import sys
before = set(sys.modules)
import argparse, contextlib, io, json
from kiosk import cli

def ask(*words):
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
        cli.main([*words, "--help"])
    shown[" ".join(words)] = len(out.getvalue())

def walk(found, *words):
    ask(*words)
    for action in found._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, sub in action.choices.items():
                walk(sub, *words, name)

shown = {}
walk(cli.parser())
files = {name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items() if name not in before}
print(json.dumps({"shown": shown, "files": files}))
"""

HEAVY = ("asyncio", "concurrent.futures", "email", "http", "multiprocessing", "sqlite3", "ssl", "urllib.request", "xml")
"""Parts of the standard library that cost more than the help itself."""

MOST_MODULES = 100
"""Each costs about half a millisecond on a Raspberry Pi; 200 ms are allowed, of which Python takes the half."""


def test_help_imports_nothing_heavy() -> None:
    asked = subprocess.run([sys.executable, "-c", ASK_FOR_ALL_HELP], capture_output=True, text=True, check=True)
    found = json.loads(asked.stdout)
    assert {"", "journal", "trust list", "fleet enrol", "completion"} <= found["shown"].keys()
    assert min(found["shown"].values()) > 100
    assert sorted(name for name, file in found["files"].items() if "site-packages" in file) == []
    assert sorted(set(HEAVY) & found["files"].keys()) == []
    assert len(found["files"]) <= MOST_MODULES


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        (("jurnal",), "did you mean 'journal'?"),
        (("trust", "lsit"), "did you mean 'list'?"),
        (("pass", "isue"), "did you mean 'issue'?"),
        (("journal", "shwo", "3"), "did you mean 'show'?"),
        (("test", "dor"), "did you mean 'door'?"),
        (("voice", "list", "--jsn"), "did you mean '--json'?"),
        (("doctor", "--bundel", "x"), "did you mean '--bundle'?"),
        (("journal", "--follw"), "did you mean '--follow'?"),
        (("xyzzy",), "'kiosk --help' lists what is known"),
        (("trust", "xyzzy"), "'kiosk trust --help' lists what is known"),
    ],
)
def test_a_mistyped_word_is_answered(typed: tuple[str, ...], nearest: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert kiosk(*typed) == 2
    assert nearest in capsys.readouterr().err
