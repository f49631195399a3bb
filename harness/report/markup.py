"""Text and HTML that cells of a notebook bring along, made fit for a page.

The words of a notebook are the project's own. What a cell prints holds names out of runs, and a run may
come from a stranger: of it a page takes tables and text, and shows everything else as the text it is.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any, Final

import bleach
import mistune
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

_TAGS: Final = frozenset(
    [
        "table",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "th",
        "td",
        "caption",
        "p",
        "b",
        "i",
        "em",
        "strong",
        "code",
        "pre",
        "span",
        "div",
        "br",
        "hr",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "h2",
        "h3",
        "h4",
        "small",
        "sub",
        "sup",
        "details",
        "summary",
    ]
)
_ATTRIBUTES: Final = {"th": ["colspan", "rowspan", "scope"], "td": ["colspan", "rowspan"]}
_STYLES: Final = re.compile(r"<style\b.*?</style\s*>", re.DOTALL | re.IGNORECASE)
_ANSI: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_UNIT: Final = r"(?:%|[num\u00b5]?s|min|k?B|[MG]B)"
_FIGURE: Final = rf"(?:[-+\u2212]?\d[\d.,]*(?:e[-+]?\d+)?|NaN|inf|never|not reached)\s*{_UNIT}?"
_NUMBER: Final = re.compile(
    rf"\s*(?:[-\u2013]|(?:[~<>\u2264\u2265\u2248]|&[lg]t;)?\s*{_FIGURE}"
    rf"(?:\s*[\[(]?{_FIGURE}\s*(?:-|\u2013|to|,)\s*{_FIGURE}\s*[\])]?)?)?\s*"
)
"""A cell of a table that is a number, with its unit and its interval, or what stands for one."""
_TABLE: Final = re.compile(r"<table\b[^>]*>(.*?)</table>", re.DOTALL)
_ROW: Final = re.compile(r"<tr\b[^>]*>(.*?)</tr>", re.DOTALL)
_CELL: Final = re.compile(r"<(t[hd])((?: [^>]*)?)>(.*?)</t[hd]>", re.DOTALL)
_LINKS: Final = ("link", "auto_link", "auto_email", "inline_html")
_PLUGINS: Final = ("table", "strikethrough")


@dataclass(frozen=True)
class Heading:
    """A heading of a page, for its table of contents. `level` is 2 or 3."""

    level: int
    id: str
    text: str


@dataclass
class Headings:
    """The headings of one page as they come, each with an id of its own; `title` is the first of all."""

    title: str = ""
    listed: list[Heading] = field(default_factory=list)

    def add(self, text: str, level: int, *, own: bool = True) -> str:
        """Take a heading (`text` is HTML) and give back its HTML.

        The id is made of the project's `own` words; of others, which may hold names, it is a number.
        """
        plain = html.unescape(re.sub(r"<[^>]*>", "", text)).strip()
        if level == 1 and not self.title:
            self.title = plain
            return ""
        level = max(level, 2)
        slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") if own else ""
        slug = slug or "part"
        taken = {heading.id for heading in self.listed}
        name = next(
            name for name in (slug, *(f"{slug}-{n}" for n in range(2, 10_000))) if name not in taken
        )
        if level <= 3:  # noqa: PLR2004 - deeper ones only clutter a table of contents
            self.listed.append(Heading(level, name, plain))
        return f'<h{level} id="{name}">{text}</h{level}>\n'


class _Renderer(mistune.HTMLRenderer):
    """Escapes HTML, collects headings; those that are not the project's `own` have level 3 at most."""

    def __init__(self, headings: Headings, *, own: bool) -> None:
        super().__init__(escape=True)
        self.headings = headings
        self.own = own

    def heading(self, text: str, level: int, **_: Any) -> str:
        return self.headings.add(text, level if self.own else max(level, 3), own=self.own)


def own_markdown(text: str, headings: Headings) -> str:
    """HTML of a Markdown cell: the project's own words, links among them; HTML in it shows as text."""
    made = mistune.create_markdown(renderer=_Renderer(headings, own=True), plugins=_PLUGINS)(text)
    assert isinstance(made, str)  # noqa: S101 - what that renderer makes
    return _boxed_tables(made)


def printed_markdown(text: str, headings: Headings) -> str:
    """HTML of Markdown that a cell printed: emphasis, lists, code, tables; links and images as text."""
    reader = mistune.create_markdown(renderer=_Renderer(headings, own=False), plugins=_PLUGINS)
    for name in _LINKS:
        reader.inline.rules.remove(name)
    reader.block.rules.remove("ref_link")
    made = reader(text)
    assert isinstance(made, str)  # noqa: S101 - what that renderer makes
    return _cleaned(made, {**_ATTRIBUTES, "h3": ["id"], "h4": ["id"]})


def printed_html(text: str) -> str:
    """What of HTML that a cell printed is text and tables; all other markup shows as text."""
    # what pandas puts before a table; what remains of any other trick is cleaned next
    return _cleaned(_STYLES.sub("", text), _ATTRIBUTES)


def _cleaned(text: str, attributes: dict[str, list[str]]) -> str:
    clean = bleach.clean(text, tags=_TAGS, attributes=attributes, protocols=())
    return _boxed_tables(clean)


def printed_text(text: str) -> str:
    """Plain text in a box of its own, without the colours of a terminal."""
    return f'<pre class="scroll" tabindex="0">{html.escape(_ANSI.sub("", text).rstrip())}</pre>'


def code(source: str) -> str:
    """Python with classes for its colours."""
    formatter = HtmlFormatter(nowrap=True)
    lines = highlight(source.strip("\n"), PythonLexer(), formatter)
    return f'<pre class="scroll code" tabindex="0"><code>{lines}</code></pre>'


def _boxed_tables(text: str) -> str:
    """Tables scroll inside a box, which can be focused so that keys can scroll it."""
    return _TABLE.sub(
        lambda table: (
            '<div class="scroll" role="region" aria-label="Table" tabindex="0"><table>'
            f"{_aligned(table[1])}</table></div>"
        ),
        text,
    )


def _aligned(rows: str) -> str:
    """Columns of numbers get the class ``n``, heads too; tables with merged cells are left alone."""
    if "span=" in rows:
        return rows
    body = [_CELL.findall(row) for row in _ROW.findall(rows) if "<td" in row]
    numbers = {
        place
        for place, column in enumerate(zip(*body, strict=False))
        if all(_NUMBER.fullmatch(text) for _, _, text in column)
        and any(text.strip() for _, _, text in column)
    }

    def row(match: re.Match[str]) -> str:
        cells = _CELL.findall(match[1])
        return f"<tr>{''.join(cell(place, *each) for place, each in enumerate(cells))}</tr>"

    def cell(place: int, kind: str, attributes: str, text: str) -> str:
        number = ' class="n"' if place in numbers else ""
        return f"<{kind}{attributes}{number}>{text}</{kind}>"

    return _ROW.sub(row, rows)
