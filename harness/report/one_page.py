"""Write a page that stands alone, where an earlier one may be: never over anything else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness.errors import InvalidInputError
from harness.outside_files import read_regular
from harness.record.manifest import refuse_run_folder
from harness.report.redacted_page import redacted_page

if TYPE_CHECKING:
    from harness.record.redaction import Redaction

MOST_BYTES: Final = 1 << 26
"""Of a file that may be an earlier page."""
MADE_BY: Final = "Made with persist-harness"
"""In every page, by which an earlier one is known that may be replaced."""


def check_target(target: Path) -> None:
    """Raise `InvalidInputError` if no page may be written there: over another file, in a run."""
    if target.is_dir():
        raise InvalidInputError(
            f"{target} is a folder", hint="Name a file, such as --page comparison.html."
        )
    if not target.parent.is_dir():
        raise InvalidInputError(f"there is no folder {target.parent}", hint="Make it, or name another.")
    refuse_run_folder(target.parent)
    if target.exists() and MADE_BY not in read_regular(target, MOST_BYTES).decode(errors="replace"):
        raise InvalidInputError(
            f"{target} is not a page of the harness, so it is not replaced", hint="Name another file."
        )


def write_one_page(text: str, target: Path, redaction: Redaction) -> None:
    """Write a page, redacted; an earlier one stays until this one is whole."""
    written = target.with_name(f"{target.name}.part")
    try:
        written.write_bytes(redacted_page(text, redaction).encode())
        written.replace(target)
    finally:
        written.unlink(missing_ok=True)
