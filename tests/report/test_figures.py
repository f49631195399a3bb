"""A figure becomes part of a page: its shapes and its text, without whatever else an SVG can do."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from harness.analysis.plots import style
from harness.report.figures import inline_svg

HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="72pt" {}>'
)


def inline(inner: str, more: str = "", prefix: str = "f1-") -> str:
    return inline_svg(f"{HEAD.format(more)}{inner}</svg>", prefix)


def test_a_drawing_keeps_its_text_and_says_its_title() -> None:
    with style.styled():
        drawing = style.drawing("How it <went>", "emulated, 3 blocks", 1.0)
        axes = drawing.subplots()
        axes.plot([0, 1], clip_on=True)
        axes.set_xlabel("time & more")
    made = inline_svg(drawing.svg(), "f1-")
    root = ET.fromstring(made)  # noqa: S314 - made here
    texts = ["".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"How it <went>", "time & more"} <= set(texts)
    assert root.get("aria-label") == "How it <went>"
    assert root.get("role") == "img"
    assert root.get("viewBox")
    assert root.get("width") is None
    assert style.INK not in made
    assert "currentColor" in made
    assert "metadata" not in made


def test_ids_are_its_own_wherever_they_are_named() -> None:
    made = inline(
        '<defs><clipPath id="c"/><path id="p" d="M0 0"/></defs><use xlink:href="#p"/><use href="#p"/>'
        '<g clip-path="url(#c)" style="clip-path: url(\'#c\'); fill: #0B0C0D"/>'
    )
    for part in ('id="f1-c"', 'xlink:href="#f1-p"', ' href="#f1-p"', 'clip-path="url(#f1-c)"'):
        assert part in made
    assert 'style="clip-path: url(#f1-c); fill: currentColor"' in made


@pytest.mark.parametrize(
    "inner",
    [
        "<script>bad()</script>",
        '<g onload="bad()"/>',
        "<style>* { fill: url(http://bad.example) }</style>",
        '<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">bad</p></foreignObject>',
        '<use xlink:href="http://bad.example#x"/>',
        '<image href="data:image/svg+xml;base64,bad"/>',
        '<a href="http://bad.example"><text>x</text></a>',
        '<g style="fill: url(http://bad.example)"/>',
        '<animate attributeName="href" to="bad"/>',
        "<!-- bad -->",
        "<metadata>bad</metadata>",
    ],
)
def test_what_acts_or_loads_is_left_out(inner: str) -> None:
    assert "bad" not in inline(f"{inner}<path d='M0 0'/>")
    assert "<path" in inline(f"{inner}<path d='M0 0'/>")


def test_pictures_inside_stay() -> None:
    assert "data:image/png;base64,AAAA" in inline('<image href="data:image/png;base64,AAAA"/>')


def test_its_natural_width_is_kept_for_the_page() -> None:
    assert 'style="--natural:96px"' in inline("<g/>")


def test_the_width_at_which_its_smallest_text_can_be_read_is_kept_for_the_page() -> None:
    """11 px for 7 units of a drawing 252 units wide: 252 * 11 / 7 = 396."""
    sizes = "".join(f'<text style="font-size: {size}px; fill: red">x</text>' for size in (9, 7, 8.5))
    assert 'style="--natural:96px;--readable:396px"' in inline(sizes, 'viewBox="0 0 252 100"')
    assert "--readable" not in inline("<text>x</text>", 'viewBox="0 0 252 100"')
    assert "--readable" not in inline('<text style="font-size: 7px">x</text>')


@pytest.mark.parametrize("style", ["font: 9px 'DejaVu Sans', serif; x: 3px", "font: bold 9.0px serif"])
def test_the_size_of_text_may_be_in_its_font(style: str) -> None:
    sized = inline('<text style="font-size: 9px">x</text>', ' viewBox="0 0 72 72"')
    assert "--readable" in sized
    assert (
        sized.split("--readable")[1][:8]
        == (inline(f'<text style="{style}">x</text>', ' viewBox="0 0 72 72"').split("--readable")[1][:8])
    )


@pytest.mark.parametrize(
    "text", ["", "no SVG", "<html/>", "<svg/>", '<svg xmlns="http://www.w3.org/2000/svg">']
)
def test_what_is_no_svg_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an SVG"):
        inline_svg(text, "x")
