"""Redact the runs that a report reads, in copies.

Names must be replaced before a notebook uses them: in a figure a label is broken into lines, and a
search of the finished page would not find the two halves of a name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from harness.outside_files import read_regular
from harness.record.check_sum import opened, sealed
from harness.record.journal import NAME as JOURNAL
from harness.record.journal import Lines
from harness.record.manifest import MAX_BYTES
from harness.record.manifest import NAME as MANIFEST

if TYPE_CHECKING:
    from harness.record.redaction import Redaction

_OWN_WORD: Final = re.compile(r"[a-z][a-z-]{0,19}")
"""A short word may be one of the record's own; no figure breaks it, so it is found in pages."""


def redacted(runs: Iterable[Path], redaction: Redaction, folder: Path) -> list[Path]:
    """The runs, each replaced by a redacted copy in `folder` if a name is found in it."""
    distinct = _Distinct(redaction)
    return [_redacted(run, distinct, folder) for run in runs]


def _redacted(run: Path, redaction: _Distinct, folder: Path) -> Path:
    paths = [run / name for name in (MANIFEST, JOURNAL) if (run / name).is_file()]
    name = redaction.text(run.resolve().name)
    texts = (text for path in paths for text in _json_texts(path))
    if name == run.resolve().name and all(_json(text, redaction) == text for text in texts):
        return run
    # two runs may have the same name now
    copy = folder / str(len(list(folder.iterdir()))) / name
    copy.mkdir(parents=True)
    for path in paths:
        with (copy / path.name).open("wb") as target:
            target.writelines(_json(text, redaction) for text in _json_texts(path))
    return copy


class _Distinct:
    """Redacts texts of runs so that different ones stay different: labels name what is compared."""

    def __init__(self, redaction: Redaction) -> None:
        self.suspects = redaction.suspects
        self._redaction = redaction
        self._made: dict[str, str] = {}
        self._taken: dict[str, int] = {}

    def text(self, text: str) -> str:
        """A text of the run without names, with a number if another one became the same."""
        if _OWN_WORD.fullmatch(text):
            return text
        if (known := self._made.get(text)) is not None:
            return known
        made = self._redaction.text(text)
        if made == text:
            return text
        self._taken[made] = number = self._taken.get(made, 0) + 1
        self._made[text] = made if number == 1 else f"{made} ({number})"
        return self._made[text]


def _json_texts(path: Path) -> Iterator[bytes]:
    """The lines of a journal with their ends; a manifest is one JSON text on several lines."""
    if path.name == MANIFEST:
        yield read_regular(path, MAX_BYTES)
        return
    lines = Lines(path)
    for _, line in lines:
        yield (line or b"") + b"\n"
    if lines.torn:
        yield b"{"


def _json(line: bytes, redaction: _Distinct) -> bytes:
    """JSON with its texts redacted; the same bytes if nothing is found, or if it is not JSON.

    What was as its check sum says has one of its own afterwards; what was not stays damaged.
    """
    if not redaction.suspects(line):
        return line
    text = opened(line.rstrip())
    try:
        data = json.loads(text or line)
    except ValueError:  # the reader of the run reports it
        return line
    made = with_texts(data, redaction.text)
    if made == data:
        return line
    new = json.dumps(made, separators=(",", ":")).encode()
    return (new if text is None else sealed(new)) + b"\n"


def with_texts(value: Any, text: Callable[[str], str], key: Callable[[str], str] = str) -> Any:
    """Data of JSON with all its strings replaced: values by `text`, keys by `key`."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return [with_texts(each, text, key) for each in value]
    if isinstance(value, dict):
        return {key(name): with_texts(each, text, key) for name, each in value.items()}
    return value
