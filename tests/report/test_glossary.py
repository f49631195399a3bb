"""The project's words explain themselves on pages; what comes from a run is left as it is."""

from __future__ import annotations

import html
import re

from harness.report.glossary import PACKAGE, explained, glossary


def test_it_has_every_word_of_the_documentation() -> None:
    page = (PACKAGE.parent / "docs" / "glossary.md").read_text("utf-8")
    block = page.split("```{glossary}\n")[1].split("```")[0]
    names = [line for line in block.splitlines() if line and not line.startswith(" ")]
    assert [word.name for word in glossary().values()] == names
    assert len(names) > 40
    for word in glossary().values():
        assert word.about
        assert not re.search(r"[`*{]", word.about), word.name
    ids = [word.id for word in glossary().values()]
    assert len(set(ids)) == len(ids)


def test_the_first_use_in_a_section_is_a_link_with_its_text() -> None:
    page = "<h2>A</h2><p>Two holds, one hold.</p><h2>B</h2><p>A Hold\nprofile has holds.</p>"
    made, words = explained(page)
    assert [word.name for word in words] == ["hold", "hold profile"]
    assert re.findall(r">([^<]*)</a>", made) == ["holds", "Hold\nprofile", "holds"]
    about = html.escape(glossary()["hold"].about, quote=True)
    assert f'<a class="term" href="#word-hold" data-about="{about}">holds</a>' in made
    assert re.sub(r"</?a\b[^>]*>", "", made) == page


def test_names_of_a_run_code_and_links_are_left_alone() -> None:
    page = (
        '<p><b class="value">hold</b> <span class="value plain">trial</span> <code>attempt</code>'
        '<a href="#x">block</a></p><div class="cell"><div><p>jitter</p></div>payload</div>'
        "<svg><text>variant</text></svg><details><summary>budget</summary></details>"
    )
    assert explained(page) == (page, [])
    assert explained("<p>withholding, hold-up, holder</p>")[1] == []
