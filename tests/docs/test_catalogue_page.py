"""The catalogue's page: every strategy with its facts, and nothing that Markdown would make of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from catalogue_page import catalogue

from harness.strategy.catalogue import entries, systems

if TYPE_CHECKING:
    import pytest


def entry(name: str) -> str:
    """The part of the page about one strategy."""
    text = "\n".join(catalogue())
    return re.split(r"^(?:## |\()", text.split(f"\n({name})=\n")[1], maxsplit=1, flags=re.MULTILINE)[0]


def test_the_page_has_every_system_and_strategy_once() -> None:
    lines = list(catalogue())
    anchors = [line[1:-2] for line in lines if re.fullmatch(r"\([\w.-]+\)=", line)]
    assert sorted(anchors) == sorted(entries())
    headings = [line.removeprefix("## ") for line in lines if line.startswith("## ")]
    assert headings == ["How long they retry", *(system.title for system in systems().values())]


def test_an_entry_has_all_that_is_known_of_it() -> None:
    text, known = entry("uv-backon-10"), entries()["uv-backon-10"]
    assert "```text\n10ms x2 10 retries on 5 renames only\n```" in text
    assert re.search(r"^\| attempts \| 11, budget 10\.2 s; at 0, 10, 30,", text, re.MULTILINE)
    assert "| versions | since 0.9.29 |" in text
    assert "| applies to | renaming files and directories, sync and async |" in text
    assert f"| source | {known.source.split(' @')[0]}" in text.replace("\\", "")
    assert "| verified | read in its source, at the commit named |" in text
    assert all(f"](<{link}>)" in text for link in known.links)


def test_text_of_an_entry_is_shown_as_it_is_and_only_web_links_are_links(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    strange = next(iter(entries().values()))
    monkeypatch.setitem(strange.__dict__, "note", "<script>alert(1)</script> & [x](y) | more")
    monkeypatch.setitem(strange.__dict__, "links", ("javascript:alert(1)", "http://example.org/"))
    text = entry(strange.id)
    assert "| note | \\<script\\>alert(1)\\</script\\> \\& \\[x\\](y) \\| more |" in text
    assert "javascript" not in text
    assert "example.org" not in text


def test_the_comparison_begins_with_the_largest_budget() -> None:
    lines = list(catalogue())
    first = lines.index("|---|---|---|---|---|") + 1
    assert lines[first] == "| [signal-rename](#signal-rename) | any | 5 | 61 | 300 s |"
    rows = lines[first : first + len(entries())]
    assert rows[-1].endswith("| nothing | 1 | none |")


def test_a_strategy_with_jitter_has_a_range_and_one_that_never_retries_no_budget() -> None:
    assert re.search(
        r"27, budget ~159 s \(5th to 95th percentile: 85.7 s to 232 s; at most 318 s\)",
        entry("rustup-rename"),
    )
    assert "| attempts | 1 |" in entry("uv-plain")
    assert "| retries | nothing |" in entry("uv-plain")
    assert re.search(r"^\| \[rustup-rename\].* \| ~159 s \|$", "\n".join(catalogue()), re.MULTILINE)
