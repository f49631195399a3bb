"""One run of a program whose calls the denying library logs; labs say how it is started."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from harness.preload.denial_log import below, read_calls
from harness.record.redaction import Redaction
from harness.reproduce.denial_lab import MOST_LINES
from harness.reproduce.execution import Execution
from harness.reproduce.tree import tree_of


def logged_run(
    run: Callable[[Callable[[str], None]], int],
    log: Path,
    folder: Path,
    redaction: Redaction,
    denials: int,
) -> Execution:
    """Call `run` with what takes its lines; it returns the exit code, or raises `TimeoutError`."""
    lines: list[str] = []

    def keep(line: str) -> None:
        lines.append(redaction.text(line))
        del lines[:-MOST_LINES]

    begun = time.monotonic()
    exit_code: int | None = None
    with suppress(TimeoutError):
        exit_code = run(keep)
    return Execution(
        exit_code=exit_code,
        elapsed_s=time.monotonic() - begun,
        output=lines,
        calls=below(read_calls(log), folder),
        tree=tree_of(folder),
        denials=denials,
    )
