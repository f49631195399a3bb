"""Remove what the harness wrote, where something may still have it open."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from harness.payload.archive import remove_tree

if TYPE_CHECKING:
    from pathlib import Path

_PATIENTLY: Final = Retrying(
    retry=retry_if_exception_type(PermissionError),
    wait=wait_fixed(0.05),
    stop=stop_after_delay(5.0),
    reraise=True,
)


def clear_away(folder: Path) -> None:
    """Remove `folder`. What a scanner holds for longer than some seconds stays for the run's end."""
    with suppress(PermissionError):
        _PATIENTLY(remove_tree, folder)
