"""The retry atlas as Markdown: what probes found of each release's write paths."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Final

from markdown_tables import escaped, table

from harness.reproduce.atlas import AtlasRow, atlas_rows
from harness.reproduce.probed import ProbedPath
from harness.text import counted, joined, milliseconds

FOLDER: Final = Path(__file__).parents[2] / "results" / "atlas"


def atlas_page(folder: Path = FOLDER) -> Iterator[str]:
    """Yield the page, line by line."""
    rows = list(atlas_rows(folder))
    releases = {(row.program, row.release) for row in rows}
    found = counted(len(rows), "write path")
    yield f"{found} of {counted(len(releases), 'release')}, under 4 codes each."
    yield ""
    cells = (
        (f"`{row.program}` {row.release}", _path(row.path), *_measured(row.path), _evidence(row))
        for row in rows
    )
    heads = (
        "report, release",
        "write path",
        "retries",
        "attempts",
        "budget",
        "fits",
        "then",
        "evidence",
    )
    yield from table(heads, cells)


def _path(path: ProbedPath) -> str:
    return escaped(path.words)


def _measured(path: ProbedPath) -> tuple[str, str, str, str, str]:
    """What is retried, how often, for how long, which notation fits, and how it ends."""
    retried = joined([*map(str, path.retried)]) or "nothing"
    more = " or more" if path.cut else ""
    budget = f"{milliseconds(path.longest_ms)}{more}" if path.retried else "-"
    fits = f"`{path.notation}`" if path.notation else "no simple schedule"
    return retried, str(path.attempts), budget, fits if path.attempts else "-", _endings(path)


def _endings(path: ProbedPath) -> str:
    parts = []
    for ending, codes in groupby(path.codes, lambda each: each.ending):
        parts.append(f"{ending} ({joined([str(each.code) for each in codes])})")
    return ", ".join(parts)


def _evidence(row: AtlasRow) -> str:
    return f"`results/atlas/{row.file}`"
