"""Set up a lane, step by step; finished steps are not repeated."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from filelock import FileLock

from harness.errors import StorageFullError
from harness.payload.cache import cache_folder
from harness.preload.preload_library import FOLDER, LOCK
from harness.text import size
from harness.wine import tools
from harness.wine.lane import Lane
from harness.wine.missing_call import without_copy_file_2
from harness.wine.packages import harness_itself, packages, requirements
from harness.wine.prefix import prefix_server
from harness.wine.windows_python import asked, windows_python

if TYPE_CHECKING:
    from harness.platform.base import Rules


DOWNLOAD_BYTES: Final = 33_000_000
"""The Windows Python (24 MB) and its packages, as Maven and pip fetch them."""
KEPT_BYTES: Final = 900_000_000
"""What stays in the cache for one set of rules: 0.8 GB with Wine 8.0, 0.9 GB with 10.0. Nearly all of it
are the libraries that Wine copies into each prefix."""


def prepare_lane(
    rules: Rules = "ntfs", *, tests: bool = False, announce: Callable[[str], None] = lambda _: None
) -> Lane:
    """Make a lane that is ready to run, with the packages of the project's tests if asked.

    The first time takes about half a minute and a network; `announce` is called with one line for each
    step that takes long. It can be interrupted and repeated, and several processes may do it at once.

    Raises `NotSupportedError` if this machine lacks something, with what to install;
    `PayloadUnavailableError` if something cannot be fetched or is not what it was; `InvalidInputError`
    if ``HARNESS_WINDOWS_PYTHON`` names no file; `HarnessError` if Wine itself fails.
    """
    tools.require_linux()
    tools.wine()
    wanted = requirements(tests=tests)
    folder = cache_folder().absolute() / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / LOCK):
        if not (folder / rules).exists():
            _require_room(folder)
            announce(cost_of_set_up(folder))
        python = windows_python(folder, announce)
        server = prefix_server(folder, rules, announce)
        version, has_copy_file_2 = asked(python, server, folder)
        installed = packages(folder, python, version, wanted, announce)
        amended = () if has_copy_file_2 else (without_copy_file_2(folder),)
        return Lane(
            rules=rules,
            python=python,
            version=version,
            server=server,
            import_paths=(*amended, installed, *harness_itself(folder)),
            folder=folder,
        )


def cost_of_set_up(folder: Path) -> str:
    """Say what a set of rules will cost; the second one shares what the first has downloaded."""
    downloads = "" if any(folder.glob("packages-*")) else f"downloads {size(DOWNLOAD_BYTES)}, "
    return f"set up once: {downloads}keeps about {size(KEPT_BYTES)} (`harness cache`)"


def _require_room(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < KEPT_BYTES:
        raise StorageFullError(
            f"{folder} has {size(free)} free, and a lane needs about {size(KEPT_BYTES)}",
            hint="HARNESS_CACHE chooses another folder; `harness cache clean` frees what is kept.",
        )
