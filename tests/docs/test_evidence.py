"""What code, profiles and tests cite is in the repository, under the heading that they name."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import evidence_tables
import pytest
from doc_pages import ROOT, anchor

from harness.strategy import catalogue, retried_codes, schedule

EVIDENCE = ROOT / "docs" / "evidence"
SHARING = EVIDENCE / "windows-sharing.md"
CITING = ("harness", "scenarios", "tests", "benchmarks", "notebooks", "wine", "docs")
SUFFIXES = {".py", ".toml", ".c", ".ipynb", ".md", ".json"}
POINTER = re.compile(r"\b([\w-]+)\.md#([\w-]*)")
DOCUMENT = re.compile(r"(?<![\w.{}/*-])((?:[\w-]+/)*[\w-]+\.md)\b")
LIST_OF_FILES = "reports.md"
"""The page that is made of the scenarios in a folder: nothing cites it."""
MADE = {"summary.md", "_glossary.md"}
"""Documents that the harness writes, or that only its wheel contains."""
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def texts() -> dict[str, str]:
    """The text files of the repository that may cite something, by name, without this one."""
    found = [ROOT / "noxfile.py", *(path for name in CITING for path in (ROOT / name).rglob("*"))]
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(found)
        if path.suffix in SUFFIXES and path != Path(__file__) and "_build" not in path.parts
    }


TEXTS = texts()
PAGES = {path.name: path for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]}


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings."""
    return {anchor(heading) for heading in HEADING.findall(page.read_text(encoding="utf-8"))}


@pytest.mark.parametrize(
    "page",
    sorted(page for page in EVIDENCE.glob("*.md") if page.name != LIST_OF_FILES),
    ids=lambda page: page.name,
)
def test_a_pointer_to_evidence_names_a_heading(page: Path) -> None:
    there = anchors(page)
    pointers = [
        (name, heading)
        for name, text in TEXTS.items()
        for document, heading in POINTER.findall(text)
        if document == page.stem
    ]
    assert pointers, "nothing points here"
    for name, heading in pointers:
        assert heading in there, f"{name} points to {page.name}#{heading}, which is not there"


def test_every_document_that_is_cited_is_in_the_repository() -> None:
    for name, text in TEXTS.items():
        if not name.endswith((".md", ".json")):
            for document in DOCUMENT.findall(text):
                there = (ROOT / document).is_file() if "/" in document else document in PAGES
                assert there or document in MADE, f"{name} cites {document}"


def test_every_rule_is_on_the_page_once_and_has_known_sources() -> None:
    shown = re.findall(
        r"^```\{sharing-rules\} ([\d ]+)$", SHARING.read_text(encoding="utf-8"), re.MULTILINE
    )
    numbers = Counter(int(number) for line in shown for number in line.split())
    assert numbers == Counter({row["line"] for row in evidence_tables.rules()})
    for row in evidence_tables.rules():
        assert {*row.get("cites", [])} <= {*evidence_tables.SOURCES, "K"}, row["case"]
    assert {*evidence_tables.SOURCES} == {
        name for row in evidence_tables.rules() for name in row.get("cites", []) if name != "K"
    }


def test_a_rule_without_a_source_is_not_called_documented() -> None:
    for row in evidence_tables.rules():
        known = evidence_tables.standing(row)
        cites = row.get("cites", [])
        assert known.startswith("documented") == bool(cites and "K" not in cites)
        assert known.count("https://") == len([name for name in cites if name != "K"])


def test_the_table_of_rules_says_where_wine_differs() -> None:
    (posix,) = (line for line in evidence_tables.sharing_rules([6]) if "NTFS since 1607" in line)
    assert "| 0 | 87: Wine 8 and 10 have no POSIX rename | documented: " in posix
    (child,) = (line for line in evidence_tables.sharing_rules([17]) if "whatever" in line)
    assert "| 5 | same; 0 without `wine/ntfs_rules.c` |" in child


def test_the_table_of_budgets_counts_who_makes_an_attempt_so_late() -> None:
    """By the attempts themselves; without jitter there is one schedule."""
    rows = [line for line in evidence_tables.outlasting() if line.startswith("| 10 s |")]
    late = [
        name
        for name, entry in catalogue.entries().items()
        if not entry.spec.is_random
        and 32 in retried_codes(strategy := entry.spec.strategy(name))
        and schedule(strategy, code=32, attempt_cost_ms=0.3).budget_ms >= 10_000
    ]
    jittered = [name for name, entry in catalogue.entries().items() if entry.spec.is_random]
    count = int(rows[0].split("|")[3])
    assert len(late) <= count <= len(late) + len(jittered)
