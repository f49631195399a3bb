"""The catalogue as a page."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

from harness.report import catalogue_page
from harness.strategy import catalogue

if TYPE_CHECKING:
    import pytest


class Page(HTMLParser):
    """Collects what a page links to, loads and defines."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if "id" in given:
            self.ids.append(str(given["id"]))
        if tag == "a":
            self.links.append(str(given["href"]))
        self.loaded += [str(given[key]) for key in ("src", "srcset") if key in given]
        if tag in {"article", "section", "svg", "table", "main"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and tag in {"article", "section", "svg", "table", "main"}:
            assert self.open.pop() == tag


def test_the_page_has_every_strategy_and_needs_no_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strange = next(iter(catalogue.entries().values()))
    monkeypatch.setitem(strange.__dict__, "note", "<script>alert(1)</script> & more")
    monkeypatch.setitem(strange.__dict__, "links", ("javascript:alert(1)", "http://example.org/"))
    catalogue_page.main(["--to", str(tmp_path)])
    text = (tmp_path / "strategies.html").read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert page.open == []
    assert page.loaded == []
    assert set(catalogue.entries()) <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert all(
        link.startswith("https://") or (link[0] == "#" and link[1:] in page.ids) for link in page.links
    )
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in text
    assert not re.search(r"url\(|@import", text)


def test_a_strategy_with_jitter_has_a_range_and_one_that_never_retries_no_budget() -> None:
    text = " ".join(catalogue_page.render().split())
    article = text.split('<article id="rustup-rename">')[1].split("</article>")[0]
    assert re.search(r"27 attempts, budget ~16\d s \([\d.]+ s to \d+ s\), retries 5<", article)
    article = text.split('<article id="uv-plain">')[1].split("</article>")[0]
    assert "1 attempt, budget none, retries nothing" in article
