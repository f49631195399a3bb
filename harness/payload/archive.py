"""Unpack wheels and source distributions that are not trusted.

Every member is checked before anything is written. Refused are names that leave the folder or have
another meaning on Windows, links, devices, duplicate names, and archives that grow without bound.
"""

from __future__ import annotations

import gzip
import os
import shutil
import stat
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Final

from harness.errors import UnsafeArchiveError
from harness.scenario.names import is_portable_name

MAX_FILES: Final = 100_000
MAX_BYTES: Final = 4_000_000_000
MAX_RATIO: Final = 200
"""Unpacked to packed bytes of a whole archive. PyPI's most compressible wheels stay below 50."""
RATIO_FREE_BYTES: Final = 10_000_000
"""Archives that unpack to less are harmless at any ratio."""
MAX_READ: Final = 1 << 21
"""Bytes that are decompressed at once. The longest honest name or pax header is far shorter."""
MAX_NAME_BYTES: Final = 1000
"""The limit for a member's whole name: after a work folder, no system allows many more (macOS: 1024)."""
MAX_PART_BYTES: Final = 255
"""The limit for one component of a name, that of common Linux file systems and, in UTF-16, of NTFS."""


class _RefusedError(Exception):
    """The archive breaks a rule."""


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    size: int
    open: Callable[[], IO[bytes]]


def unpack(archive: Path, destination: Path) -> None:
    """Unpack `archive` (.whl, .zip, .jar or .tar.gz) into the new folder `destination`.

    Raises `UnsafeArchiveError`: before anything is written if the archive's own directory shows it,
    while writing if only the content does.
    """
    try:
        with _opened(archive) as found:
            members = [(member, _parts(member.name)) for member in found]
            _check_sizes(found, max(archive.stat().st_size, 1))
            _check_names([parts for _, parts in members])
            destination.mkdir(parents=True)
            for member, parts in members:
                path = destination.joinpath(*parts)
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("xb") as target:
                    target.writelines(_content(member))
    except _RefusedError as refused:
        raise UnsafeArchiveError(f"{archive.name}: {refused}") from refused


@contextmanager
def _opened(archive: Path) -> Iterator[list[_Member]]:
    """Read the directory of `archive`; its members can be read within the context."""
    with ExitStack() as stack:
        with _reading("not a readable archive"):
            if archive.suffix in {".whl", ".zip", ".jar"}:
                zipped = stack.enter_context(zipfile.ZipFile(archive))
                members = list(_zip_members(zipped))
            else:
                stream = stack.enter_context(_BoundedGzip(archive))
                tarred = stack.enter_context(tarfile.TarFile(fileobj=stream))
                members = list(_tar_members(tarred, stream))
        yield members


@contextmanager
def _reading(refusal: str) -> Iterator[None]:
    """Refuse an archive in which the standard library finds any damage."""
    try:
        yield
    except _RefusedError:
        raise
    except Exception as error:  # damage surfaces as IndexError, zlib.error, RecursionError ...
        raise _RefusedError(f"{refusal}: {error}") from error


class _BoundedGzip(gzip.GzipFile):
    """A stream that refuses huge reads: tarfile reads a name of a gigabyte into memory at once."""

    def read(self, size: int | None = -1) -> bytes:
        if size is None or not 0 <= size <= MAX_READ:
            raise OSError("a header is too large")
        return super().read(size)


def _zip_members(reader: zipfile.ZipFile) -> Iterator[_Member]:
    for info in reader.infolist():
        name = info.orig_filename  # `filename` ends at the first NUL
        kind = (info.external_attr >> 16) & 0o170000  # the Unix file type, where one is given
        if kind not in {0, 0o100000, 0o040000}:
            raise _RefusedError(f"{name!r} is a link or a device")
        if info.flag_bits & 1:
            raise _RefusedError(f"{name!r} is encrypted")
        # zipfile decompresses the other methods without a bound
        if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise _RefusedError(f"{name!r} is neither stored nor deflated")
        if not name.endswith("/"):
            yield _Member(name, info.file_size, partial(reader.open, info))


def _tar_members(reader: tarfile.TarFile, stream: gzip.GzipFile) -> Iterator[_Member]:
    total = 0
    for count, info in enumerate(reader):
        total += info.size
        if count >= MAX_FILES or total > MAX_BYTES:  # before the whole bomb is read
            raise _RefusedError("unpacks to too much")
        if info.isdir():
            continue
        if not info.isreg():
            raise _RefusedError(f"{info.name!r} is a link or a device")
        yield _Member(info.name, info.size, partial(tarfile.ExFileObject, reader, info))
    # tarfile takes a damaged header for the end of the archive; the real end is zeros, or nothing
    stream.seek(reader.offset)
    if any(stream.read(tarfile.BLOCKSIZE)):
        raise _RefusedError("a header is damaged")
    if len(stream.read(MAX_READ)) == MAX_READ:  # read to the end, where gzip has its checksum
        raise _RefusedError("has content after its end")


def _parts(name: str) -> tuple[str, ...]:
    parts = tuple(name.split("/"))
    if parts[0] == ".":
        parts = parts[1:]
    sizes = [len(part.encode(errors="surrogatepass")) for part in parts]
    if (
        not parts
        or not all(is_portable_name(part) for part in parts)
        or max(sizes) > MAX_PART_BYTES
        or sum(sizes) + len(sizes) > MAX_NAME_BYTES
    ):
        raise _RefusedError(
            f"the name {name!r} would land outside its folder or cannot exist on Windows"
        )
    return parts


def _check_sizes(members: list[_Member], packed: int) -> None:
    total = sum(member.size for member in members)
    if len(members) > MAX_FILES or total > MAX_BYTES:
        raise _RefusedError(
            f"{len(members):,} files of {total:,} bytes; at most {MAX_FILES:,} files and "
            f"{MAX_BYTES:,} bytes are unpacked"
        )
    if total > RATIO_FREE_BYTES and total > packed * MAX_RATIO:
        raise _RefusedError(f"{packed:,} bytes that unpack to {total:,}: a decompression bomb")


def _check_names(names: list[tuple[str, ...]]) -> None:
    seen: set[tuple[str, ...]] = set()
    folders: set[tuple[str, ...]] = set()
    for parts in names:
        folded = tuple(part.casefold() for part in parts)
        if folded in seen:
            raise _RefusedError(f"{'/'.join(parts)!r} occurs twice (Windows ignores case)")
        seen.add(folded)
        folders.update(folded[:depth] for depth in range(1, len(folded)))
    if both := seen & folders:
        name = "/".join(min(both))
        raise _RefusedError(f"{name!r} is both a file and a folder")


def _content(member: _Member) -> Iterator[bytes]:
    """Read no more than the member declares, so that a false header is detected."""
    remaining = member.size
    with _reading(f"{member.name!r} is damaged"), member.open() as source:
        while chunk := source.read(min(1 << 20, remaining + 1)):
            remaining -= len(chunk)
            if remaining < 0:
                break
            yield chunk
    if remaining != 0:
        raise _RefusedError(f"{member.name!r} is not as long as declared")


def remove_tree(path: Path) -> None:
    """Remove a folder that the harness made, if it is there."""
    if not os.path.lexists(path):
        return
    if sys.platform == "win32":
        if sys.version_info >= (3, 12):
            shutil.rmtree(path, onexc=_remove_read_only)
        else:
            shutil.rmtree(path, onerror=_remove_read_only)
    else:
        _remove_folder(str(path))


def _remove_read_only(remove: Callable[[str], object], path: str, *_: object) -> None:
    """Remove what could not be removed, once more without its read-only attribute."""
    if remove not in {os.unlink, os.rmdir}:
        raise  # noqa: PLE0704 - it is called while the error is handled
    os.chmod(path, stat.S_IREAD | stat.S_IWRITE)
    remove(path)


def _remove_folder(folder: str) -> None:
    """Remove a folder that only this user may enter, so that nobody can put a link in its place.

    `shutil.rmtree`, which guards against that, takes twice as long.
    """
    with os.scandir(folder) as entries:
        found = list(entries)
    for entry in found:
        if entry.is_dir(follow_symlinks=False):
            _remove_folder(entry.path)
        else:
            os.unlink(entry.path)
    os.rmdir(folder)
