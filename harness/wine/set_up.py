"""Set up a lane, step by step; finished steps are not repeated."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from filelock import FileLock

from harness.payload.cache import cache_folder
from harness.wine import tools
from harness.wine.lane import Lane
from harness.wine.packages import harness_itself, packages, requirements
from harness.wine.prefix import prefix_server
from harness.wine.windows_python import version_of, windows_python

if TYPE_CHECKING:
    from harness.platform.base import Rules


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
    folder = cache_folder().absolute() / "wine"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        python = windows_python(folder, announce)
        server = prefix_server(folder, rules, announce)
        version = version_of(python, server, folder)
        installed = packages(folder, python, version, wanted, announce)
        return Lane(
            rules=rules,
            python=python,
            version=version,
            server=server,
            import_paths=(installed, *harness_itself(folder)),
            folder=folder,
        )
