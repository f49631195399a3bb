"""What cells print becomes tables and text, and nothing that acts."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report.markup import (
    Headings,
    code,
    own_markdown,
    printed_html,
    printed_markdown,
    printed_text,
)
from harness.report.pages import headings_in

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=http://evil.example/x onerror=alert(1)>",
    '<a href="http://evil.example">x</a>',
    "<iframe src='http://evil.example'></iframe>",
    "<svg onload=alert(1)><use href='http://evil.example#x'/></svg>",
    "<p style='background: url(http://evil.example)'>x</p>",
    "<div onmouseover=alert(1) id=content>x</div>",
    "<table><td><form action=http://evil.example><button>x</button></form></td></table>",
    "<style>@import 'http://evil.example'</style>",
    "<style>x</style ><script>alert(1)</script>",
    "<sty<style></style>le>@import 'http://evil.example'</style>",
    "<meta http-equiv=refresh content='0;url=http://evil.example'>",
]
SPOKEN = [
    "![x](http://evil.example/x)",
    "[x](javascript:alert(1))",
    "<http://evil.example>",
    "[x]: http://e.example",
]
MARKS = re.compile(r"<([a-z0-9]+)((?: [^>]*)?)>")
HARMLESS = frozenset(
    (
        "p",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "div",
        "b",
        "em",
        "strong",
        "code",
        "pre",
        "ul",
        "ol",
    )
) | {"li", "br", "hr", "h3", "h4", "span"}
PLAIN = re.compile(
    r'(?: (?:class="(?:n|scroll)"|role="region"|aria-label="Table"|tabindex="0"|id="part[0-9-]*"))*'
)


def acts(made: str) -> list[str]:
    """Markup that does more than set text: other elements, other attributes."""
    return [
        match[0]
        for match in MARKS.finditer(made)
        if match[1] not in HARMLESS or not PLAIN.fullmatch(match[2])
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_html_that_would_act_shows_as_text(text: str) -> None:
    for made in (printed_html(text), printed_markdown(text, Headings()), printed_text(text)):
        assert acts(made) == []


@pytest.mark.parametrize("text", SPOKEN)
def test_links_and_images_of_markdown_show_as_they_were_typed(text: str) -> None:
    made = printed_markdown(f"see {text}", Headings())
    assert acts(made) == []
    assert text.replace("<", "&lt;").replace(">", "&gt;") in made


@given(st.text(st.sampled_from("<>ab!/'\"=[]()`#*|\n -")))
def test_no_text_acts(text: str) -> None:
    assert acts(printed_html(text)) == acts(printed_markdown(text, Headings())) == []


def test_a_frame_is_a_table_with_its_numbers_to_the_right() -> None:
    frame = pd.DataFrame(
        {
            "strategy": ["<b>a</b>", "b"],
            "rate": [0.25, float("nan")],
            "words": ["3 of 4: 25 % of them", "1 of 2"],
            "time": ["31 ms (20 to 45 ms)", "not reached"],
        }
    )
    made = printed_html(frame.to_html(index=False))
    assert made.startswith('<div class="scroll" role="region" aria-label="Table" tabindex="0"><table>')
    assert "<td>&lt;b&gt;a&lt;/b&gt;</td>" in made
    assert '<th class="n">rate</th>' in made
    assert '<td class="n">NaN</td>' in made
    assert '<td class="n">31 ms (20 to 45 ms)</td>' in made
    assert "<td>3 of 4: 25 % of them</td>" in made, "a sentence that begins with a number is none"


def test_a_table_with_merged_cells_is_left_alone() -> None:
    frame = pd.DataFrame({("a", "x"): [1.5], ("a", "y"): ["text"]})
    made = printed_html(frame.to_html(index=False))
    assert '<th colspan="2">a</th>' in made
    assert 'class="n"' not in made


def test_own_words_may_link_and_their_headings_are_listed() -> None:
    headings = Headings()
    made = own_markdown(
        "# Title\n\n## One `x`\n\n[a](https://a.example)\n\n## One x\n\n#### Deep", headings
    )
    made += printed_markdown("# Of a cell\n\n### Of <i>a</i> cell", headings)
    assert headings.title == "Title"
    assert "<h1" not in made
    listed = headings_in(made)
    assert [(each.level, each.id, each.text) for each in listed] == [
        (2, "one-x", "One x"),
        (2, "one-x-2", "One x"),
        (3, "part", "Of a cell"),
        (3, "part-2", "Of <i>a</i> cell"),
    ]
    assert '<a href="https://a.example">a</a>' in made


def test_text_of_a_terminal_loses_its_colours_and_code_gets_some() -> None:
    assert (
        printed_text("\x1b[31mred\x1b[0m <b>") == '<pre class="scroll" tabindex="0">red &lt;b&gt;</pre>'
    )
    assert '<span class="kn">import</span>' in code("import x  # <b>")
    assert "<b>" not in code("import x  # <b>")
