"""Redact the runs that a report reads, in copies.

Names must be replaced before a notebook uses them: in a figure a label is broken into lines, and a
search of the finished page would not find the two halves of a name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from harness.outside_files import open_regular, read_regular
from harness.record.journal import LONGEST
from harness.record.journal import NAME as JOURNAL
from harness.record.manifest import MAX_BYTES
from harness.record.manifest import NAME as MANIFEST

if TYPE_CHECKING:
    from harness.record.redaction import Redaction

_OWN_WORD: Final = re.compile(r"[a-z][a-z-]{0,19}")
"""A short word may be one of the record's own; no figure breaks it, so it is found in pages."""


def redacted(runs: Iterable[Path], redaction: Redaction, folder: Path) -> list[Path]:
    """The runs, each replaced by a redacted copy in `folder` if a name is found in it."""
    return [_redacted(run, redaction, folder) for run in runs]


def _redacted(run: Path, redaction: Redaction, folder: Path) -> Path:
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


def _json_texts(path: Path) -> Iterator[bytes]:
    """The lines of a journal; a manifest is one JSON text on several lines."""
    if path.name == MANIFEST:
        yield read_regular(path, MAX_BYTES)
        return
    with open_regular(path) as file:
        yield from iter(partial(file.readline, LONGEST), b"")


def _json(line: bytes, redaction: Redaction) -> bytes:
    """JSON with its texts redacted; the same bytes if nothing is found, or if it is not JSON."""
    if not redaction.suspects(line):
        return line
    try:
        data = json.loads(line)
    except ValueError:  # the reader of the run reports it
        return line
    made = with_texts(data, lambda text: text if _OWN_WORD.fullmatch(text) else redaction.text(text))
    return line if made == data else json.dumps(made, separators=(",", ":")).encode() + b"\n"


def with_texts(value: Any, text: Callable[[str], str], key: Callable[[str], str] = str) -> Any:
    """Data of JSON with all its strings replaced: values by `text`, keys by `key`."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return [with_texts(each, text, key) for each in value]
    if isinstance(value, dict):
        return {key(name): with_texts(each, text, key) for name, each in value.items()}
    return value
