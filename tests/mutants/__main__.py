"""`python -m tests.mutants`, which `script/mutants` calls: plant each bug in a private copy and look for it."""

import argparse
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tests.mutants.finder import Copy, Finding
from tests.mutants.mutant import Mutant, MutantError, read_mutants

ROOT = Path(__file__).parents[2]
LISTS = Path(__file__).parent / "lists"
RAM = Path("/dev/shm")
WIDTH = 44


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 0 when every bug was found, 1 when one was not, 2 for a list that is wrong."""
    options = _parser().parse_args(arguments)
    try:
        mutants = chosen(read_mutants(LISTS), options.names)
        if options.list:
            for mutant in mutants:
                print(f"{mutant.name:{WIDTH}} {mutant.file}\n    {mutant.breaks}\n    {', '.join(mutant.found_by)}")
            return 0
    except MutantError as error:
        print(error, file=sys.stderr)
        return 2
    if wrong := [why for mutant in mutants if (why := refusal(mutant))]:
        print("\n".join(wrong), file=sys.stderr)
        return 2
    if options.check:
        print(f"{len(mutants)} mutants apply")
        return 0
    with tempfile.TemporaryDirectory(prefix="mutants-", dir=RAM if RAM.is_dir() else None) as folder:
        return hunt(mutants, Path(folder), options.jobs)


def refusal(mutant: Mutant) -> str:
    """Return why the mutant does not apply to the present tree, or ""."""
    try:
        mutant.applied_to(ROOT)
    except MutantError as error:
        return str(error)
    return ""


def chosen(mutants: list[Mutant], names: list[str]) -> list[Mutant]:
    """Return the mutants with these names, or all without names. Raises `MutantError` for an unknown name."""
    known = {mutant.name: mutant for mutant in mutants}
    for name in names:
        if name not in known:
            raise MutantError(f"{name}: no such mutant; script/mutants --list prints all")
    return [known[name] for name in names] if names else mutants


def hunt(mutants: list[Mutant], folder: Path, jobs: int) -> int:
    """Run all finders, first without a bug, then with each one; print the table and return the exit code."""
    copies: SimpleQueue[Copy] = SimpleQueue()
    for number in range(jobs):
        home = folder / str(number) / "tree"
        home.mkdir(parents=True)
        copies.put(Copy(ROOT, home))

    def look(mutant: Mutant | None, finder: str) -> Finding:
        copy = copies.get()
        try:
            return copy.look_for(mutant, finder) if mutant else copy.look(finder)
        finally:
            copies.put(copy)

    finders = sorted({finder for mutant in mutants for finder in mutant.found_by})
    pairs = [(mutant, finder) for mutant in mutants for finder in mutant.found_by]
    with ThreadPoolExecutor(jobs) as pool:
        sober = dict(zip(finders, pool.map(lambda finder: look(None, finder), finders), strict=True))
        wrong = [f"{finder} fails without a bug: {one.said}" for finder, one in sober.items() if one.found]
        if wrong:
            print("\n".join(wrong), file=sys.stderr)
            return 2
        survivors = []
        for (mutant, finder), finding in zip(pairs, pool.map(lambda pair: look(*pair), pairs), strict=True):
            print(f"{mutant.name:{WIDTH}} {finder:{WIDTH}} {finding.took_s:6.1f} s  {_verdict(finding)}", flush=True)
            survivors += [] if finding.found else [f"{mutant.name} ({finder})"]
    by_worlds = sum(any(finder.startswith("worlds") for finder in mutant.found_by) for mutant in mutants)
    print(f"{len(mutants)} planted bugs, {by_worlds} of them looked for by worlds alone; {len(survivors)} survived")
    for survivor in survivors:
        print(f"SURVIVED: {survivor}")
    return 1 if survivors else 0


def _verdict(finding: Finding) -> str:
    return finding.said[:110] if finding.found else "SURVIVED"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="script/mutants",
        description="Plant each bug of tests/mutants/lists in a private copy of the tree, and see whether it is found.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these mutants")
    parser.add_argument("--list", action="store_true", help="print the mutants and what must find them")
    parser.add_argument("--check", action="store_true", help="see only whether each mutant still applies")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="copies that are used at once (default: 1)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
