"""Run trials between two proofs that the platform is what the run's manifest says of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from harness.errors import HarnessError
from harness.platform.base import Platform
from harness.record.void import declare_void

HINT: Final = "`harness doctor --self-test` says what this platform does. Then run it again."


@contextmanager
def proved(platform: Platform, folder: Path) -> Iterator[None]:
    """Refuse to run trials on a platform that has changed, and void the run in `folder` if one does.

    Raises `HarnessError` in both cases.
    """
    if changed := platform.what_changed():
        raise HarnessError(f"no trial was run: {changed}", hint=HINT)
    try:
        yield
    except BaseException:
        with suppress(OSError):  # what ended the run matters more
            _void_if_changed(platform, folder)
        raise
    _void_if_changed(platform, folder)


def _void_if_changed(platform: Platform, folder: Path) -> None:
    if changed := platform.what_changed():
        declare_void(folder, changed)
        raise HarnessError(
            f"this run is void, for its platform is not what it says: {changed}", hint=HINT
        )
