"""Load runs into data frames, and export them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from harness.errors import NotSupportedError

if TYPE_CHECKING:
    from harness.frames.definition import Frames

StrPath = str | os.PathLike[str]

Format = Literal["parquet", "csv", "pytest-benchmark"]


def load(
    paths: StrPath | Iterable[StrPath], *, progress: Callable[[float], None] | None = None
) -> Frames:
    """Load runs into data frames; `harness.frames.definition.TABLES` has their columns and units.

    `paths`: folders of runs, folders that `harness export` made, or both. `progress` is called now and
    then with the share of a journal that is done. If all are exports, operations, attempts and holds are
    read when they are first used. Needs the extra ``lab``.

    Raises `harness.errors.InvalidInputError` for a folder that is not a run or an export, is damaged, or
    is given twice; `harness.errors.NotSupportedError` if the extra is not installed.
    """
    with lab_extra("data frames"):
        from harness.frames.loading import load_frames  # noqa: PLC0415 - brings numpy and pandas
    return load_frames(paths, progress)


def export(
    frames: Callable[[], Frames] | Frames,
    to: Path,
    kind: Format,
    *,
    overwrite: bool = False,
    on_written: Callable[[str], None] = lambda _: None,
) -> list[str]:
    """Write frames to a folder (Parquet, CSV) or a file (pytest-benchmark); return messages about it.

    `frames` may be a function that loads them, called once it is clear that `to` can be written.
    `on_written` is called with the name of each frame. An export that fails leaves all files unchanged.
    Needs the extra ``lab``.

    Raises `harness.errors.InvalidInputError` if `to` cannot be written, or exists, or if there
    are no trials.
    """
    with lab_extra("data frames"):
        from harness.frames.exporting import write  # noqa: PLC0415 - brings numpy and pandas
    return write(frames, to, kind, overwrite=overwrite, on_written=on_written)


@contextmanager
def lab_extra(what: str) -> Iterator[None]:
    """Raise `NotSupportedError` if an import fails without the extra ``lab``, which `what` needs."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "harness":
            raise
        raise NotSupportedError(
            f"{what} need {error.name}, which is not installed",
            hint='Install the extra, in a checkout: python -m pip install ".[lab]"',
        ) from error
