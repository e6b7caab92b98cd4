"""`kiosk completion` and `kiosk manual`: shell completion and the man page, made from the command line's own parser."""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kiosk import __version__
from kiosk.commands.options import add

if TYPE_CHECKING:
    from kiosk.commands.options import Commands

BASH = """\
# bash completion for kiosk; made by 'kiosk completion bash'
_kiosk() {{
    local path="" word
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case $word in -*) ;; *) path="$path $word" ;; esac
    done
    while :; do
        case "$path" in
{cases}
        esac
        path="${{path% *}}"
    done
}}
complete -o default -F _kiosk kiosk
"""

BASH_CASE = (
    '            "{path}") mapfile -t COMPREPLY < <(compgen -W "{words}" -- "${{COMP_WORDS[COMP_CWORD]}}"); return ;;'
)

ZSH = """\
#compdef kiosk
# zsh completion for kiosk; made by 'kiosk completion zsh'
_kiosk() {{
    local typed="" word
    for word in "${{(@)words[2,CURRENT-1]}}"; do
        case $word in -*) ;; *) typed="$typed $word" ;; esac
    done
    while :; do
        case "$typed" in
{cases}
        esac
        typed="${{typed% *}}"
    done
}}
_kiosk "$@"
"""
"""A variable `path` would be the search path of zsh."""

ZSH_CASE = '            "{path}") compadd -- {words} || _files; return ;;'


def add_commands(commands: "Commands") -> None:
    """Add the subcommands of this group."""
    sub = add(commands, "completion", completion, "print the completion for a shell")
    sub.add_argument("shell", choices=("bash", "zsh"))
    add(commands, "manual", manual, "print the man page, for 'man -l'")


def completion(options: argparse.Namespace) -> int:
    """Print the completion for bash or zsh."""
    script, case = (BASH, BASH_CASE) if options.shell == "bash" else (ZSH, ZSH_CASE)
    cases = (case.format(path=path, words=" ".join(words)) for path, words in _words(options.top, ""))
    print(script.format(cases="\n".join(cases)), end="")
    return 0


def manual(options: argparse.Namespace) -> int:
    """Print the man page in the form of man(7)."""
    print("\n".join(_page(options.top)))
    return 0


def _subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def _words(parser: argparse.ArgumentParser, path: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each path of commands, such as " trust import", with the words that may follow it."""
    inner = _subcommands(parser)
    choices = [str(choice) for action in parser._positionals._group_actions for choice in action.choices or ()]
    options = [name for action in parser._actions for name in action.option_strings if name.startswith("--")]
    yield path, [*dict.fromkeys([*inner, *choices, *options])]
    for name, sub in inner.items():
        yield from _words(sub, f"{path} {name}")


def _page(parser: argparse.ArgumentParser) -> Iterator[str]:
    yield f'.TH KIOSK 1 "" "entrance-kiosk {__version__}" "User Commands"'
    yield from (".SH NAME", "kiosk \\- an open entrance kiosk", ".SH SYNOPSIS", ".B kiosk", "COMMAND [OPTION...]")
    yield from (
        ".SH DESCRIPTION",
        _escaped("Runs, checks, wires and tests an entrance kiosk; see docs/ for the pages."),
    )
    yield ".SH COMMANDS"
    yield from _commands(parser, "kiosk")
    yield from (
        ".SH EXIT STATUS",
        _escaped("0 success; 1 a negative result; 2 wrong usage; 3 an error; 4 no credential."),
    )
    yield from (".SH FILES", ".I /etc/kiosk/kiosk.yaml", _escaped("the settings of this kiosk"))


def _commands(parser: argparse.ArgumentParser, name: str) -> Iterator[str]:
    for word, sub in _subcommands(parser).items():
        yield from (".TP", f".B {_escaped(f'{name} {word}')}", _escaped(sub.description or ""))
        for action in sub._actions:
            if action.help and action.help != argparse.SUPPRESS and not isinstance(action, argparse._HelpAction):
                names = ", ".join(action.option_strings) or str(action.metavar or action.dest)
                text = action.help % {"default": action.default, "prog": "kiosk"}
                yield from (".RS", ".TP", f".I {_escaped(names)}", _escaped(text), ".RE")
        yield from _commands(sub, f"{name} {word}")


def _escaped(text: str) -> str:
    """Return `text` for a line of man(7): a backslash, a minus and a dot at the beginning have a meaning there."""
    plain = " ".join(text.split()).replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{plain}" if plain.startswith((".", "'")) else plain
