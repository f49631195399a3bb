"""Removal of the harness's own files, which something may still hold open."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Final

from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from harness.payload.archive import remove_tree
from harness.winerror import virus_verdict


def _may_pass(error: BaseException) -> bool:
    """Whether a retry may help: a file may also vanish between its listing and its removal."""
    return _may_be_held(error) or isinstance(error, FileNotFoundError)


def _may_be_held(error: BaseException) -> bool:
    """Whether a scanner may be the cause.

    Its hold denies the removal, or keeps the name of a deleted file; it removes viruses itself.
    """
    return (
        isinstance(error, PermissionError)
        or (isinstance(error, OSError) and error.errno == errno.ENOTEMPTY)
        or virus_verdict(error) is not None
    )


_PATIENTLY: Final = Retrying(
    retry=retry_if_exception(_may_pass),
    wait=wait_fixed(0.05),
    stop=stop_after_delay(5.0),
    reraise=True,
)


def clear_away(folder: Path) -> None:
    """Remove `folder`. What is held for more than five seconds stays until the end of the run."""
    try:
        _PATIENTLY(remove_tree, folder)
    except OSError as error:
        if not _may_be_held(error):
            raise
