"""Write the folder of a report completely or not at all, and never over anything else.

Pages are written into a new folder beside it, which is renamed at the end. So Ctrl-C, a full disk or an
error leave an earlier report unchanged.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from harness.errors import InvalidInputError

MARKER: Final = ".persist-harness-report"
"""A file that only reports have; a folder without it is not replaced."""
_MARKED: Final = "A report of persist-harness. Making it again replaces this folder.\n"


@contextmanager
def replaced(target: Path) -> Iterator[Path]:
    """Yield a new folder to fill, which becomes `target` unless an error is raised.

    Raises `InvalidInputError` if `target` exists and is not a report, or its parent is not writable.
    """
    check(target)
    target = target.absolute()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise InvalidInputError(f"{target.parent} cannot be written to: {error.strerror}") from error
    try:
        filled = new / "new"
        filled.mkdir()  # with the usual permissions; those of mkdtemp are for its owner alone
        yield filled
        (filled / MARKER).write_text(_MARKED, encoding="utf-8")
        check(target)
        if target.exists():
            target.rename(new / "old")
        filled.rename(target)
    finally:
        if (new / "old").exists() and not target.exists():
            (new / "old").rename(target)
        shutil.rmtree(new, ignore_errors=True)


def check(target: Path) -> None:
    """Raise `InvalidInputError` unless `target` is a report, an empty folder, or does not exist."""
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise InvalidInputError(f"{target} is not a folder", hint="Give --to a folder for the report.")
    if target.is_dir() and any(target.iterdir()) and not (target / MARKER).is_file():
        raise InvalidInputError(
            f"{target} contains something else than a report, and is left alone",
            hint="Give --to another folder, or an empty one.",
        )
