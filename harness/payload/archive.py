"""Unpack wheels and source distributions that may come from strangers.

Every member is checked before anything is written: names that leave the folder or mean something
else on Windows, links, devices, doubled names and archives that grow without bound are refused.
"""

from __future__ import annotations

import os
import shutil
import tarfile
import zipfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from harness.errors import UnsafeArchiveError
from harness.scenario.model import is_portable_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_FILES: Final = 100_000
MAX_BYTES: Final = 4_000_000_000
MAX_RATIO: Final = 200
"""Unpacked to packed bytes of a whole archive. PyPI's most compressible wheels stay below 50."""
RATIO_FREE_BYTES: Final = 10_000_000
"""Archives that unpack to less are harmless at any ratio."""


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    size: int
    open: Callable[[], IO[bytes]]


def unpack(archive: Path, destination: Path) -> None:
    """Unpack `archive` (.whl, .zip or .tar.gz) into the new folder `destination`.

    Raises `UnsafeArchiveError`, before anything is written wherever the archive's own directory
    tells, and while writing where only the content tells.
    """
    with closing(_reader(archive)) as reader:
        members = [(member, _parts(member.name, archive)) for member in _members(reader, archive)]
        _check_sizes(archive, [member for member, _ in members])
        _check_names(archive, [parts for _, parts in members])
        destination.mkdir(parents=True)
        for member, parts in members:
            path = destination.joinpath(*parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            with member.open() as source, path.open("xb") as target:
                _copy(source, target, member, archive)


def _reader(archive: Path) -> zipfile.ZipFile | tarfile.TarFile:
    try:
        if archive.suffix in {".whl", ".zip"}:
            return zipfile.ZipFile(archive)
        return tarfile.open(archive, "r:gz")
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError) as error:
        raise UnsafeArchiveError(f"{archive.name}: not a readable archive: {error}") from error


def _members(reader: zipfile.ZipFile | tarfile.TarFile, archive: Path) -> Iterator[_Member]:
    if isinstance(reader, zipfile.ZipFile):
        yield from _zip_members(reader, archive)
    else:
        yield from _tar_members(reader, archive)


def _zip_members(reader: zipfile.ZipFile, archive: Path) -> Iterator[_Member]:
    for info in reader.infolist():
        kind = (info.external_attr >> 16) & 0o170000  # the Unix file type, where one is given
        if kind not in {0, 0o100000, 0o040000}:
            raise UnsafeArchiveError(f"{archive.name}: {info.filename!r} is a link or a device")
        if info.flag_bits & 1:
            raise UnsafeArchiveError(f"{archive.name}: {info.filename!r} is encrypted")
        if not info.is_dir():
            yield _Member(info.orig_filename, info.file_size, lambda info=info: reader.open(info))  # type: ignore[misc]


def _tar_members(reader: tarfile.TarFile, archive: Path) -> Iterator[_Member]:
    total = 0
    try:
        for count, info in enumerate(reader):
            total += info.size
            if count >= MAX_FILES or total > MAX_BYTES:  # before the whole bomb is read
                raise UnsafeArchiveError(f"{archive.name}: unpacks to too much")
            if info.isdir():
                continue
            if not info.isreg():
                raise UnsafeArchiveError(f"{archive.name}: {info.name!r} is a link or a device")
            yield _Member(info.name, info.size, lambda info=info: _tar_open(reader, info))  # type: ignore[misc]
    except (tarfile.TarError, EOFError, OSError) as error:
        raise UnsafeArchiveError(f"{archive.name}: not a readable archive: {error}") from error


def _tar_open(reader: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    content = reader.extractfile(info)
    if content is None:
        raise UnsafeArchiveError(f"{info.name!r} has no content")
    return content


def _parts(name: str, archive: Path) -> tuple[str, ...]:
    parts = tuple(name.split("/"))
    if parts[0] == ".":
        parts = parts[1:]
    if not parts or not all(is_portable_name(part) for part in parts):
        raise UnsafeArchiveError(
            f"{archive.name}: the name {name!r} would land outside its folder or cannot exist on Windows"
        )
    return parts


def _check_sizes(archive: Path, members: list[_Member]) -> None:
    total = sum(member.size for member in members)
    packed = max(archive.stat().st_size, 1)
    if len(members) > MAX_FILES or total > MAX_BYTES:
        raise UnsafeArchiveError(
            f"{archive.name}: {len(members):,} files of {total:,} bytes; at most {MAX_FILES:,} files "
            f"and {MAX_BYTES:,} bytes are unpacked"
        )
    if total > RATIO_FREE_BYTES and total > packed * MAX_RATIO:
        raise UnsafeArchiveError(
            f"{archive.name}: {packed:,} bytes that unpack to {total:,}; that is a bomb"
        )


def _check_names(archive: Path, names: list[tuple[str, ...]]) -> None:
    seen: set[tuple[str, ...]] = set()
    folders: set[tuple[str, ...]] = set()
    for parts in names:
        folded = tuple(part.casefold() for part in parts)
        if folded in seen:
            raise UnsafeArchiveError(
                f"{archive.name}: {'/'.join(parts)!r} is there twice (Windows ignores case)"
            )
        seen.add(folded)
        folders.update(folded[:depth] for depth in range(1, len(folded)))
    if both := seen & folders:
        name = "/".join(min(both))
        raise UnsafeArchiveError(f"{archive.name}: {name!r} is both a file and a folder")


def _copy(source: IO[bytes], target: IO[bytes], member: _Member, archive: Path) -> None:
    """Copy no more than the member declared: a lying header is found out here."""
    try:
        remaining = member.size
        while chunk := source.read(min(1 << 20, remaining + 1)):
            remaining -= len(chunk)
            if remaining < 0:
                break
            target.write(chunk)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        raise UnsafeArchiveError(f"{archive.name}: {member.name!r} is damaged: {error}") from error
    if remaining != 0:
        raise UnsafeArchiveError(f"{archive.name}: {member.name!r} is not as long as declared")


def remove_tree(path: Path) -> None:
    """Remove a folder that the harness made, if it is there."""
    if os.path.lexists(path):
        shutil.rmtree(path)
