"""Explain the project's words where a page uses them, with the texts of the documentation's glossary.

A word is a link to its text at the end of the page, and carries the text for a style that shows it on
hover and focus. Words are found in the project's own text only; what comes from a run is left as it is.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).parents[1]
_BLOCK: Final = re.compile(r"```\{glossary\}\n(.*?)```", re.DOTALL)
_ENTRY: Final = re.compile(r"(?m)^(\S.*)\n((?:(?:[ ]{4}.*)?\n)+)")
_MARKDOWN: Final = re.compile(r"\[([^]]*)\]\([^)]*\)|[*`]|\{term\}")
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][\w-]*)([^>]*)>|<!--.*?-->", re.DOTALL)
_LEFT_ALONE: Final = re.compile(
    r"a|code|pre|h[1-6]|svg|script|style|summary|button|select|label|noscript"
)
_FOREIGN: Final = re.compile(r'class="(?:value|cell|of)\b')
"""Elements with text of a run, or that are long."""


@dataclass(frozen=True)
class Word:
    """A word of the glossary; `id` is that of its text on a page, and `about` is plain text."""

    name: str
    id: str
    about: str


@cache
def glossary() -> dict[str, Word]:
    """The words by their names in lower case, as the documentation's page has them."""
    installed = PACKAGE / "_glossary.md"
    path = installed if installed.is_file() else PACKAGE.parent / "docs" / "glossary.md"
    block = _BLOCK.search(path.read_text(encoding="utf-8"))
    found = {}
    for name, text in _ENTRY.findall(block[1] if block else ""):
        about = _MARKDOWN.sub(r"\1", " ".join(text.split()))
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        found[name.lower()] = Word(name, f"word-{slug}", about)
    return found


@cache
def _pattern() -> re.Pattern[str]:
    words = sorted(glossary(), key=len, reverse=True)
    names = [r"\s+".join(map(re.escape, word.split())) for word in words]
    return re.compile(rf"(?<![\w-])({'|'.join(names)})(e?s)?(?![\w-])", re.IGNORECASE)


def explained(page: str) -> tuple[str, list[Word]]:
    """HTML with the first use of each word in a section marked, and the words that it uses, by name."""
    parts: list[str] = []
    seen: set[str] = set()
    used: dict[str, Word] = {}
    skipped, depth, at = "", 0, 0

    def marked(match: re.Match[str]) -> str:
        word = glossary()[" ".join(match[1].lower().split())]
        if word.id in seen:
            return match[0]
        seen.add(word.id)
        used[word.id] = word
        about = html.escape(word.about, quote=True)
        return f'<a class="term" href="#{word.id}" data-about="{about}">{match[0]}</a>'

    for tag in _TAG.finditer(page):
        text = page[at : tag.start()]
        parts += [text if skipped else _pattern().sub(marked, text), tag[0]]
        at = tag.end()
        closing, name = bool(tag[1]), (tag[2] or "").lower()
        if skipped:
            depth += (name == skipped) * (-1 if closing else 1)
            skipped = skipped if depth else ""
        elif not closing and (_LEFT_ALONE.fullmatch(name) or _FOREIGN.search(tag[3] or "")):
            skipped, depth = name, 1
            if name in {"h2", "h3", "summary"}:
                seen.clear()
    text = page[at:]
    parts.append(text if skipped else _pattern().sub(marked, text))
    return "".join(parts), sorted(used.values(), key=lambda word: word.name)
