"""The library that native programs of Linux are started with, so that they ask rules before their calls.

``wine/denials.c`` is that library, and says which variables of the environment it reads.
"""

from __future__ import annotations

import sys
from pathlib import Path

from filelock import FileLock

from harness.errors import NotSupportedError
from harness.payload.cache import cache_folder
from harness.preload.preload_library import DENIALS, FOLDER, LOCK, preload_library


def native_library() -> Path:
    """Return the library, compiled if need be. Raises `NotSupportedError` if this machine cannot."""
    if sys.platform != "linux":
        raise NotSupportedError(
            f"Programs are kept from a file on Windows, under Wine and on Linux; this is {sys.platform}"
        )
    folder = cache_folder().absolute() / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / LOCK):
        return preload_library(folder, DENIALS)


def preloaded(library: Path, rules: Path, log: Path) -> dict[str, str]:
    """Return the environment of programs that read `rules`, and append their calls to `log`."""
    return {
        "LD_PRELOAD": str(library),
        "HARNESS_DENIALS": str(rules),
        "HARNESS_DENIALS_LOG": str(log),
    }
