"""Read runs back and sum them up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import NotSupportedError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable

    from harness.results.frames import Frames


def load(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    progress: Callable[[float], None] | None = None,
) -> Frames:
    """Load runs into data frames; `harness.results.frames` documents their columns and units.

    `paths`: folders of runs, folders that `harness export` made, or both. `progress` is called now and
    then with the share of a journal that is done. Needs the extra ``lab``.

    Raises `harness.errors.InvalidInputError` for what is no run or export, is damaged, or is given
    twice; `harness.errors.NotSupportedError` where the extra is not installed.
    """
    try:
        from harness.results.loading import load_frames  # noqa: PLC0415 - it brings numpy and pandas
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.startswith("harness"):
            raise
        raise NotSupportedError(
            f"data frames need {error.name}, which is not installed",
            hint='Install the extra: pip install "persist-harness[lab]".',
        ) from error
    return load_frames(paths, progress)
