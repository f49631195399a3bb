"""The pages of the documentation and their code blocks, for the tests that run what the pages show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
BLOCK: Final = re.compile(r"^```(\S+)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE: Final = re.compile(r"# ([\w./-]+\.(?:csv|log|toml|py|txt|yml))\n")


@dataclass(frozen=True)
class Block:
    """A code block: its language and its text."""

    language: str
    text: str

    @property
    def file(self) -> str | None:
        """The name of the file that its first line says it is."""
        found = _FILE.match(self.text)
        return found[1] if found else None

    def commands(self) -> Iterator[tuple[str, list[str]]]:
        """The commands of a console, without comments, each with the lines of output that are shown."""
        shown: list[str] = []
        command = ""
        for line in self.text.splitlines():
            if line.startswith("$ "):
                if command:
                    yield command, shown
                command, shown = line.removeprefix("$ "), []
            else:
                shown.append(line)
        if command:
            yield command, shown

    @property
    def content(self) -> str:
        """The text to save: a text file has no line with its own name."""
        return self.text.split("\n", 1)[1] if self.language == "text" else self.text


def blocks_of(page: Path) -> list[Block]:
    """The code blocks of a page, in order."""
    return [Block(*found) for found in BLOCK.findall(page.read_text(encoding="utf-8"))]


def name_of(page: Path) -> str:
    """The page within the project."""
    return page.relative_to(ROOT).as_posix()


def anchor(heading: str) -> str:
    """The anchor of a heading, as GitHub and the documentation make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
