"""The control: the same steps on fresh files of the harness, which nobody should hold.

It says three things. Whether this machine blocks *any* new file, however harmless. How long a question
for holders takes, for holds that are shorter are missed. And whether such questions themselves get into
the way of a rename, for then they could be what they look for.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from harness.summary.statistics import wilson

if TYPE_CHECKING:
    from harness.platform.held_files import HeldFiles

FILES: Final = 40
"""With no failure among them: at most 8.8 % fail (95 %)."""
_BYTES: Final = b"persist-harness\n" * 256
_NANO: Final = 1e6


@dataclass(frozen=True)
class Control:
    """Renames of new files of the harness, and what questions for holders do to them."""

    renamed: int
    """Files that were written, closed and renamed."""
    blocked: int
    """Renames that failed."""
    blocked_at_most: float
    """Upper end of the 95 % interval of the share of renames that fail so."""
    asked: int
    """Questions for holders that were asked meanwhile; 0: this system does not answer them."""
    blocked_while_asked: int
    """Renames that failed while somebody asked about the file."""
    question_ms: float | None
    """Median of a question's time in milliseconds: shorter holds may be missed."""


def control(files: HeldFiles) -> Control:
    """Rename files in a temporary folder, which is removed again."""
    with tempfile.TemporaryDirectory(prefix="persist-harness-control-") as folder:
        blocked = sum(not _renamed(Path(folder, f"plain-{number}")) for number in range(FILES))
        asked, while_asked, question_ms = 0, 0, None
        if files.cannot_name() is None:
            asked, while_asked, question_ms = _with_questions(Path(folder), files)
    return Control(
        renamed=FILES,
        blocked=blocked,
        blocked_at_most=wilson(blocked, FILES).high,
        asked=asked,
        blocked_while_asked=while_asked,
        question_ms=question_ms,
    )


def _renamed(path: Path) -> bool:
    path.write_bytes(_BYTES)
    try:
        os.replace(path, path.with_name(f"{path.name}-renamed"))
    except OSError:
        return False
    return True


def _with_questions(folder: Path, files: HeldFiles) -> tuple[int, int, float]:
    times: list[float] = []
    for number in range(FILES):
        path = folder / f"asked-{number}"
        path.write_bytes(_BYTES)
        began = threading.Event()

        def ask(path: Path = path, began: threading.Event = began) -> None:
            at = time.perf_counter_ns()
            began.set()
            files.ask([str(path)])
            times.append((time.perf_counter_ns() - at) / _NANO)

        asking = threading.Thread(target=ask)
        asking.start()
        began.wait()
        try:
            os.replace(path, path.with_name(f"{path.name}-renamed"))
        except OSError:
            times.append(-1.0)
        asking.join()
    return FILES, times.count(-1.0), round(median(each for each in times if each >= 0), 3)
