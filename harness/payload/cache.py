"""The per-user cache of archives, by hash. What comes out of it is verified each time."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import platformdirs

from harness.scenario.payload_models import INDEX_KINDS

if TYPE_CHECKING:
    from harness.scenario.load import LoadedScenario


SMALL: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Archive:
    """A file on the package index, pinned by its hash."""

    project: str
    file: str
    sha256: str


def cache_folder() -> Path:
    """The folder of the cache: ``HARNESS_CACHE``, or the user's cache folder for this system."""
    chosen = os.environ.get("HARNESS_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("persist-harness", appauthor=False)


def path_of(archive: Archive) -> Path:
    """Where `archive` is, or will be, in the cache."""
    return cache_folder() / "archives" / archive.sha256 / archive.file


def is_cached(archive: Archive) -> bool:
    """Tell whether `archive` is in the cache, without reading it."""
    return path_of(archive).is_file()


def verified(archive: Archive) -> Path | None:
    """Give the cached file if it is there and its bytes are right; a damaged one is removed."""
    path = path_of(archive)
    if not path.is_file():
        return None
    if sha256_of(path) == archive.sha256:
        return path
    path.unlink()
    return None


def sha256_of(path: str | Path) -> str:
    """Hash a file."""
    with open(path, "rb", buffering=0) as file:
        content = file.read(SMALL)
        if len(content) < SMALL:  # most files, at half the cost of a chunked digest
            return hashlib.sha256(content).hexdigest()
        file.seek(0)
        return hashlib.file_digest(file, "sha256").hexdigest()


def archives_of(loaded: LoadedScenario) -> list[Archive]:
    """What a scenario needs from the package index; nothing for a generated variant."""
    if loaded.generated:
        return []
    archives = []
    for payload in loaded.scenario.payload:
        if payload.kind in INDEX_KINDS:
            archives.append(Archive(payload.name, payload.file, payload.sha256))  # type: ignore[union-attr]
        if payload.kind == "built-wheel":
            backend = payload.backend
            archives.append(Archive(backend.name, backend.file, backend.sha256))
    return archives


def is_ready(loaded: LoadedScenario) -> bool:
    """Tell whether a scenario can run now without a network."""
    return all(map(is_cached, archives_of(loaded)))
