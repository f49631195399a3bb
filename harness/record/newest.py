"""Find the newest run of a results folder: what commands show when no run is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.errors import InvalidInputError
from harness.record.journal import NAME as JOURNAL
from harness.record.manifest import NAME as MANIFEST
from harness.record.manifest import read_manifest

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

REFERENCE: Final = "reference"
"""The folder of the run that the project ships; it is older than any other, and only shown if named."""


def newest_run(results: Path) -> Path | None:
    """The run in the folder `results` that started last and has trials; ``None`` if there is none.

    Folders whose manifest cannot be read are passed over.
    """
    started: dict[Path, datetime] = {}
    for manifest in results.glob(f"*/{MANIFEST}"):
        run = manifest.parent
        journal = run / JOURNAL
        if run.name == REFERENCE or not journal.is_file() or not journal.stat().st_size:
            continue
        try:
            started[run] = read_manifest(run).started
        except InvalidInputError:
            continue
    return max(started, key=lambda run: (started[run], run.name), default=None)
