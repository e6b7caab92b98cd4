"""The lists of planted bugs are read, and each bug is anchored by the text of its lines."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.mutants.__main__ import LISTS, ROOT, main, refusal
from tests.mutants.finder import Copy, command
from tests.mutants.mutant import Mutant, MutantError, read_mutants

SOURCE = """
class Door:
    def lock(self):
        self.on = False
        return self.on

    def unlock(self):
        self.on = True
        return self.on
"""

BUG = Mutant("never-locks", "The door stays open.", "door.py", "self.on = False\n", "pass\n", ("tests/door",))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "door.py").write_text(SOURCE)
    return tmp_path


def test_a_bug_takes_the_place_of_its_lines_with_their_indentation(tree: Path) -> None:
    assert BUG.applied_to(tree) == SOURCE.replace("self.on = False", "pass")


def test_lines_may_move_and_be_indented_anew(tree: Path) -> None:
    moved = "import os\n\n" + SOURCE.replace("    def", "\n    def")
    (tree / "door.py").write_text(moved)
    assert BUG.applied_to(tree) == moved.replace("self.on = False", "pass")


def test_a_function_narrows_where_the_lines_are_looked_for(tree: Path) -> None:
    twice = replace(BUG, old="return self.on", new="return None")
    with pytest.raises(MutantError, match=r"never-locks: its old lines stand 2 times in door\.py, not once: return"):
        twice.applied_to(tree)
    assert replace(twice, within="Door.unlock").applied_to(tree).endswith("self.on = True\n        return None\n")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"old": "self.on = Maybe"}, "never-locks: its old lines stand 0 times in door.py"),
        ({"within": "Door.slam"}, "never-locks: door.py has 0 times Door.slam"),
        ({"file": "gate.py"}, "never-locks: there is no file gate.py"),
        ({"new": "if"}, "never-locks: door.py is no Python any more"),
    ],
)
def test_a_bug_that_no_longer_applies_is_named(tree: Path, change: dict[str, str], said: str) -> None:
    with pytest.raises(MutantError) as caught:
        replace(BUG, **change).applied_to(tree)  # type: ignore[arg-type]
    assert said in str(caught.value)


def test_a_list_with_a_wrong_entry_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("- {mutant: x, breaks: y, file: z, old: a, new: b}")
    with pytest.raises(MutantError, match=r"x in a.yaml needs the fields breaks, file, found_by"):
        read_mutants(tmp_path)
    (tmp_path / "a.yaml").write_text("- {mutant: x, breaks: y, file: z, old: a, new: b, found_by: luck}")
    with pytest.raises(MutantError, match="x: found_by is 'luck'"):
        read_mutants(tmp_path)


def test_worlds_are_a_finder_with_seeds() -> None:
    assert command("worlds 5-8 people 3")[3:] == [
        "kiosk.simulator.worlds", "--until-broken", "--from", "5", "--seeds", "4", "--people", "3",
    ]  # fmt: skip


def test_a_bug_is_found_in_a_copy_and_taken_out_again(tmp_path: Path) -> None:
    home = tmp_path / "tree"
    home.mkdir()
    copy = Copy(ROOT, home)
    bug = next(one for one in read_mutants(LISTS) if one.name == "code-in-view-is-new-each-time")
    assert not copy.look(bug.found_by[0]).found
    assert copy.look_for(bug, bug.found_by[0]).found
    assert (home / bug.file).read_bytes() == (ROOT / bug.file).read_bytes()


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["no-such-bug"]) == 2
    assert "no-such-bug: no such mutant" in capsys.readouterr().err


def test_the_list_tells_what_each_bug_breaks(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    assert "The door is unlocked before the row of the admission is durable." in capsys.readouterr().out


def test_every_bug_applies_to_the_present_tree() -> None:
    assert [why for bug in read_mutants(LISTS) if (why := refusal(bug))] == [], "renew its lines; see docs/worlds.md"
