"""The per-user cache of archives, by hash. A file from it is verified each time."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import platformdirs

from harness.scenario.payload_models import Backend, BuiltWheelPayload, SdistPayload, WheelPayload

if TYPE_CHECKING:
    from harness.scenario.load import LoadedScenario

ARCHIVES: Final = "archives"
"""The folder of all archives, in the cache."""
SMALL: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Archive:
    """A file on the package index, pinned by its hash."""

    project: str
    file: str
    sha256: str

    @classmethod
    def of(cls, pinned: WheelPayload | SdistPayload | BuiltWheelPayload | Backend) -> Archive:
        """The archive that a part of a scenario pins."""
        return cls(pinned.name, pinned.file, pinned.sha256)


def cache_folder() -> Path:
    """The folder of the cache: ``HARNESS_CACHE``, or the user's cache folder for this system."""
    chosen = os.environ.get("HARNESS_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("persist-harness", appauthor=False)


def path_of(archive: Archive) -> Path:
    """The path of `archive` in the cache, whether it is there or not."""
    return cache_folder() / ARCHIVES / archive.sha256 / archive.file


def is_cached(archive: Archive) -> bool:
    """Whether `archive` is in the cache; it is not read."""
    return path_of(archive).is_file()


def verified(archive: Archive) -> Path | None:
    """The path of the cached file if its bytes are right, or ``None``; a damaged file is removed."""
    path = path_of(archive)
    if not path.is_file():
        return None
    if sha256_of(path) == archive.sha256:
        return path
    path.unlink()
    return None


def sha256_of(path: str | Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with open(path, "rb", buffering=0) as file:
        content = file.read(SMALL)
        if len(content) < SMALL:  # most files, at half the cost of a chunked digest
            return hashlib.sha256(content).hexdigest()
        file.seek(0)
        return hashlib.file_digest(file, "sha256").hexdigest()


def archives_of(loaded: LoadedScenario) -> list[Archive]:
    """The archives that a scenario needs from the package index; none for a generated variant."""
    archives: list[Archive] = []
    for payload in () if loaded.generated else loaded.scenario.payload:
        if isinstance(payload, WheelPayload | SdistPayload | BuiltWheelPayload):
            archives.append(Archive.of(payload))
        if isinstance(payload, BuiltWheelPayload):
            archives.append(Archive.of(payload.backend))
    return archives


def is_ready(loaded: LoadedScenario) -> bool:
    """Whether a scenario can run now without a network."""
    return all(map(is_cached, archives_of(loaded)))
