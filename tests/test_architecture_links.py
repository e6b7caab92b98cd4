"""Every link in the documentation leads to a file, and to a heading of it if the link names one."""

import re
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LISTED = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
NAMES = subprocess.run(LISTED, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
PAGES = sorted({name for name in NAMES if (ROOT / name).is_file()})
LINK = re.compile(r"\]\(([^)\s]+)\)")
NAMED_PAGE = re.compile(r"(?<![\w/.*-])docs/[\w/-]+\.md\b")
FOREIGN = {"docs/index.md", "docs/spec.md"}
"""Pages of published specifications that the code cites."""

NAMED_DECISION = re.compile(r"\b[Dd]ecision \[?(\d{1,4})\b")
BENCHMARK = re.compile(r"python (bench/[\w/]+)\.py|python -m (bench\.[\w.]*\w)|`(bench/[\w/]+)\.py`")


def anchors(page: Path) -> set[str]:
    """Return the anchors of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ +(.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def is_dead(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = page.parent / name if name else page
    return not target.exists() or (anchor != "" and target.suffix == ".md" and anchor not in anchors(target))


def test_the_pages_are_found() -> None:
    assert {"README.md", "docs/README.md", "docs/architecture.md"} <= set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_no_link_is_dead(name: str) -> None:
    links = LINK.findall((ROOT / name).read_text(encoding="utf-8"))
    local = [link for link in links if not link.startswith(("http:", "https:", "mailto:"))]
    assert [link for link in local if is_dead(ROOT / name, link)] == []


def test_every_page_and_decision_that_a_file_names_is_there() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    named = defaultdict(set)
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file() and (ROOT / name).suffix not in {".png", ".wav"} and name != "CHANGELOG.md":
            text = (ROOT / name).read_text(encoding="utf-8", errors="replace")
            for page in NAMED_PAGE.findall(text):
                named[page].add(name)
            for number in NAMED_DECISION.findall(text):
                named[f"docs/decisions/{int(number):04}-*.md"].add(name)
    assert len(named) > 20
    dead = {page: files for page, files in named.items() if not list(ROOT.glob(page))}
    assert set(dead) == FOREIGN, dead


def test_every_page_of_the_documentation_is_in_its_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    listed = {f"docs/{link}" for link in LINK.findall(index)}
    wanted = {name for name in PAGES if name.startswith("docs/") and not name.startswith("docs/decisions/0")}
    assert wanted - listed == {"docs/README.md"}


def test_every_benchmark_that_a_page_names_is_there() -> None:
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in PAGES]
    named = {"/".join(parts).strip("/").replace(".", "/") for text in texts for parts in BENCHMARK.findall(text)}
    assert len(named) > 5
    assert [name for name in sorted(named) if not (ROOT / f"{name}.py").is_file()] == []
