"""Every link in the documentation leads to a file, and to a heading of it if the link names one."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LISTED = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
NAMES = subprocess.run(LISTED, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
PAGES = sorted({name for name in NAMES if (ROOT / name).is_file()})
LINK = re.compile(r"\]\(([^)\s]+)\)")
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
    assert {"README.md", "docs/architecture.md"} <= set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_no_link_is_dead(name: str) -> None:
    links = LINK.findall((ROOT / name).read_text(encoding="utf-8"))
    local = [link for link in links if not link.startswith(("http:", "https:", "mailto:"))]
    assert [link for link in local if is_dead(ROOT / name, link)] == []


def test_every_benchmark_that_a_page_names_is_there() -> None:
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in PAGES]
    named = {"/".join(parts).strip("/").replace(".", "/") for text in texts for parts in BENCHMARK.findall(text)}
    assert len(named) > 5
    assert [name for name in sorted(named) if not (ROOT / f"{name}.py").is_file()] == []
