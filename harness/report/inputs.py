"""The runs that a report reads: redacted copies of those that name somebody.

A name must go before a notebook sees it. In a figure a label is broken into lines, and the two halves of
a name are none that a search of the finished page would find.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from harness.record.journal import NAME as JOURNAL
from harness.record.manifest import NAME as MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from harness.record.redaction import Redaction

_OWN_WORD: Final = re.compile(r"[a-z][a-z-]{0,19}")
"""A short word may be one of the record's own; no figure breaks it, so pages are searched for it."""


def redacted(runs: Iterable[Path], redaction: Redaction, folder: Path) -> list[Path]:
    """Give the runs, or redacted copies of them in `folder` if a name was found in one."""
    return [_redacted(run, redaction, folder) for run in runs]


def _redacted(run: Path, redaction: Redaction, folder: Path) -> Path:
    paths = [run / name for name in (MANIFEST, JOURNAL) if (run / name).is_file()]
    name = redaction.text(run.resolve().name)
    if name == run.resolve().name and not any(_is_found(path, redaction) for path in paths):
        return run
    # two may have one name now
    copy = folder / str(len(list(folder.iterdir()))) / name
    copy.mkdir(parents=True)
    for path in paths:
        with path.open("rb") as source, (copy / path.name).open("wb") as target:
            if path.name == MANIFEST:
                target.write(_line(source.read(), redaction))
            else:
                target.writelines(_line(line, redaction) for line in source)
    return copy


def _is_found(path: Path, redaction: Redaction) -> bool:
    if path.name == MANIFEST:  # it has lines, but is one text
        return _line(path.read_bytes(), redaction) != path.read_bytes()
    with path.open("rb") as file:
        return any(_line(line, redaction) != line for line in file)


def _line(line: bytes, redaction: Redaction) -> bytes:
    """JSON with its texts redacted; the same bytes where there is nothing to do, or where it is none."""
    if not redaction.suspects(line):
        return line
    try:
        data = json.loads(line)
    except ValueError:  # what is wrong with it is said by whoever reads the run
        return line
    made = _value(data, redaction)
    return line if made == data else json.dumps(made, separators=(",", ":")).encode() + b"\n"


def _value(value: Any, redaction: Redaction) -> Any:
    if isinstance(value, str):
        return value if _OWN_WORD.fullmatch(value) else redaction.text(value)
    if isinstance(value, list):
        return [_value(each, redaction) for each in value]
    if isinstance(value, dict):
        return {key: _value(each, redaction) for key, each in value.items()}
    return value
