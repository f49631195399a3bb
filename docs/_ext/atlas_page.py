"""The retry atlas as Markdown: what probes found of each release's write paths, beside the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Final

from markdown_tables import escaped, table

from harness.preload.denial import Call
from harness.reproduce.atlas import AtlasRow, atlas_rows
from harness.reproduce.probed import ProbedPath
from harness.strategy.catalogue import CatalogueEntry, OperationName, select, systems
from harness.text import counted, joined, milliseconds

FOLDER: Final = Path(__file__).parents[2] / "results" / "atlas"
OPERATIONS: Final[Mapping[Call, frozenset[OperationName]]] = {
    "rename": frozenset({"rename", "replace", "any"}),
    "delete": frozenset({"delete", "delete-tree", "any"}),
    "write": frozenset({"open", "write"}),
}
"""What the catalogue calls each kind of call."""
_LONG_HASH: Final = re.compile(r"[0-9a-f]{20,}")


def atlas_page(folder: Path = FOLDER) -> Iterator[str]:
    """Yield the page, line by line."""
    rows = list(atlas_rows(folder))
    releases = {(row.program, row.release) for row in rows}
    found = counted(len(rows), "write path")
    yield f"{found} of {counted(len(releases), 'release')}, under 4 codes each."
    yield ""
    cells = (
        (
            f"`{row.program}` {row.release}",
            _path(row.path),
            _measured(row.path),
            _catalogued(row),
            _endings(row.path),
        )
        for row in rows
    )
    heads = ("report, release", "write path", "measured", "its source, by the catalogue", "then")
    yield from table(heads, cells)


def _path(path: ProbedPath) -> str:
    return escaped(_LONG_HASH.sub(lambda found: f"{found[0][:6]}…", path.words))


def _measured(path: ProbedPath) -> str:
    """How often and for how long it is tried, after which codes, and which notation fits."""
    if path.attempts is None or path.longest_ms is None:
        return "attempts were not seen"
    if not path.retried:
        return "tried once" if path.attempts else "not reached again"
    more = " or more" if path.cut else ""
    varies = "" if path.stable else ", varies"
    fits = f"`{path.notation}`" if path.notation else "no simple schedule"
    return (
        f"{counted(path.attempts, 'attempt')} in {milliseconds(path.longest_ms)}{more}{varies}, "
        f"after {joined([*map(str, path.retried)])}: {fits}"
    )


def _endings(path: ProbedPath) -> str:
    parts = []
    for ending, codes in groupby(path.codes, lambda each: each.ending):
        parts.append(f"{ending} ({joined([str(each.code) for each in codes])})")
    return ", ".join(parts)


def _catalogued(row: AtlasRow) -> str:
    """The strategies that the catalogue has of this release, for this kind of call."""
    return "; ".join(f"`{each.notation}` ({each.id})" for each in _entries(row)) or "-"


def _entries(row: AtlasRow) -> list[CatalogueEntry]:
    """Of the system whose name the report begins with; the longest such name counts."""
    named = [name for name in systems() if row.program.startswith(f"{name}-")]
    system = max(named, key=len, default=None)
    found = [] if system is None else select(f"{system}-{row.release}")
    return [each for each in found if each.operation in OPERATIONS.get(row.path.call, ())]
