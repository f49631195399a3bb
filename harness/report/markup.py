"""Turn the Markdown, text and HTML of notebook cells into HTML that is safe on a page.

The words of a notebook are the project's own. The output of a cell contains names from runs, and a run
may come from a stranger: of it, tables and text are kept, and all other markup is shown as text.
"""

from __future__ import annotations

import html
import re
from typing import Any, Final

import bleach
import mistune
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

_TAGS: Final = frozenset({
    "table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption",
    "h2", "h3", "h4", "p", "div", "br", "hr", "ul", "ol", "li", "dl", "dt", "dd",
    "b", "i", "em", "strong", "small", "sub", "sup", "span", "code", "pre", "details", "summary",
})  # fmt: skip
_ATTRIBUTES: Final = {"th": ["colspan", "rowspan", "scope"], "td": ["colspan", "rowspan"]}
_STYLES: Final = re.compile(r"<style\b.*?</style\s*>", re.DOTALL | re.IGNORECASE)
_ANSI: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_UNIT: Final = r"(?:%|[num\u00b5]?s|min|k?B|[MG]B)"
_FIGURE: Final = rf"(?:[-+\u2212]?\d[\d.,]*(?:e[-+]?\d+)?|NaN|inf|never|not reached)\s*{_UNIT}?"
_NUMBER: Final = re.compile(
    rf"\s*(?:[-\u2013]|(?:[~<>\u2264\u2265\u2248]|&[lg]t;)?\s*{_FIGURE}"
    rf"(?:\s*[\[(]?{_FIGURE}\s*(?:-|\u2013|to|,)\s*{_FIGURE}\s*[\])]?)?)?\s*"
)
"""A cell of a table with a number, its unit and its interval, or with a text in place of one."""
_TABLE: Final = re.compile(r"<table\b[^>]*>(.*?)</table>", re.DOTALL)
_ROW: Final = re.compile(r"<tr\b[^>]*>(.*?)</tr>", re.DOTALL)
_CELL: Final = re.compile(r"<(t[hd])((?: [^>]*)?)>(.*?)</t[hd]>", re.DOTALL)
_LINKS: Final = ("link", "auto_link", "auto_email", "inline_html")
_PLUGINS: Final = ("table", "strikethrough")


class Headings:
    """Makes the headings of one page, each with an id of its own; `title` is the first of all."""

    def __init__(self) -> None:
        self.title = ""
        self._taken: set[str] = set()

    def add(self, text: str, level: int, *, own: bool = True) -> str:
        """The HTML of a heading, whose `text` is HTML; empty for the title.

        The id is made from the project's `own` words; for other text, which may contain names, it is a
        number.
        """
        plain = html.unescape(re.sub(r"<[^>]*>", "", text)).strip()
        if level == 1 and not self.title:
            self.title = plain
            return ""
        level = max(level, 2)
        slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") if own else ""
        slug = slug or "part"
        names = (slug, *(f"{slug}-{number}" for number in range(2, 10_000)))
        name = next(name for name in names if name not in self._taken)
        self._taken.add(name)
        return f'<h{level} id="{name}">{text}</h{level}>\n'


class _Renderer(mistune.HTMLRenderer):
    """Escapes HTML, makes headings; those that are not the project's `own` have level 3 or more."""

    def __init__(self, headings: Headings, *, own: bool) -> None:
        super().__init__(escape=True)
        self.headings = headings
        self.own = own

    def heading(self, text: str, level: int, **_: Any) -> str:
        return self.headings.add(text, level if self.own else max(level, 3), own=self.own)


def own_markdown(text: str, headings: Headings) -> str:
    """HTML of a Markdown cell: the project's own words and links; HTML in it is shown as text."""
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
    """The text and tables of HTML that a cell printed; all other markup is shown as text."""
    # the style that pandas puts before a table; whatever else this leaves is cleaned next
    return _cleaned(_STYLES.sub("", text), _ATTRIBUTES)


def _cleaned(text: str, attributes: dict[str, list[str]]) -> str:
    clean = bleach.clean(text, tags=_TAGS, attributes=attributes, protocols=())
    return _boxed_tables(clean)


def printed_text(text: str) -> str:
    """Plain text in a box, without the colours of a terminal."""
    return f'<pre class="scroll" tabindex="0">{html.escape(_ANSI.sub("", text).rstrip())}</pre>'


def code(source: str) -> str:
    """Python, with a class for each kind of token."""
    formatter = HtmlFormatter(nowrap=True)
    lines = highlight(source.strip("\n"), PythonLexer(), formatter)
    return f'<pre class="scroll code" tabindex="0"><code>{lines}</code></pre>'


def _boxed_tables(text: str) -> str:
    """Put each table into a box that scrolls, and that can be focused so that keys scroll it."""
    return _TABLE.sub(
        lambda table: (
            '<div class="scroll" role="region" aria-label="Table" tabindex="0"><table>'
            f"{_aligned(table[1])}</table></div>"
        ),
        text,
    )


def _aligned(rows: str) -> str:
    """Give columns of numbers, with their heads, the class ``n``, unless the table has merged cells."""
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
