"""Turn a payload of a scenario into items that trials can lay down: the bytes, listed and hashed.

Each item has one pristine copy in the work folder, made once per run. In real time, where a scanner may
watch, each trial writes the bytes again (`Item.write`); elsewhere trials link the pristine files.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Final, NamedTuple

from harness.errors import InvalidInputError, PayloadUnavailableError
from harness.holds.draw import HeldFile
from harness.payload.archive import remove_tree, unpack
from harness.payload.build_wheel import build_wheel
from harness.payload.cache import Archive, sha256_of, verified
from harness.payload.generate import file_sizes, random_bytes, write_file, write_tree
from harness.payload.launcher import for_another_interpreter, launcher
from harness.payload.read_only import paths_of
from harness.pe import is_pe
from harness.scenario.payload_models import (
    Backend,
    BuiltWheelPayload,
    FilesPayload,
    LauncherPayload,
    Payload,
    ReadOnlyParts,
    SdistPayload,
    TreePayload,
    WheelPayload,
)


class Stamp(NamedTuple):
    """What a file system says of a file: other bytes change it, another name does not."""

    device: int
    number: int
    size: int
    modified_ns: int

    @classmethod
    def of(cls, path: str) -> Stamp | None:
        """The stamp of the file at `path`; ``None`` where the file system does not number its files."""
        status = os.lstat(path)
        if not status.st_ino:
            return None
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


@dataclass(frozen=True, slots=True)
class PayloadFile(HeldFile):
    """One file of an item, by its path below the item's root (``.`` for the item itself).

    `stamp` is that of its pristine copy when it was hashed; ``None`` if the bytes are not the copy's.
    """

    sha256: str
    stamp: Stamp | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Item:
    """The tree of files, or the single file, that one task of a trial installs.

    `name`, `version` and `file` fill the placeholders of target paths. `write` writes the bytes to a new
    path. `vary` makes other bytes of a single file with a token, as its real makers do. What is
    `read_only` is given that attribute wherever it is laid down.
    """

    name: str
    version: str
    file: str
    is_tree: bool
    pristine: Path
    files: tuple[PayloadFile, ...]
    write: Callable[[Path], None]
    vary: Callable[[bytes, str], bytes] | None = None
    read_only: ReadOnlyParts | list[str] | None = None

    @cached_property
    def size(self) -> int:
        """Bytes in all."""
        return sum(file.size for file in self.files)

    def lay_down(self, destination: Path, *, afresh: bool, mutable: bool = False) -> None:
        """Put the item at `destination`: written `afresh`, or linked to the pristine copy.

        With `mutable` the files are copied, because they will be changed in place.
        """
        if afresh:
            self.write(destination)
            return
        copy: Callable[[str, str], object] = shutil.copyfile if mutable else os.link
        if not self.is_tree:
            copy(str(self.pristine), str(destination))
            return
        root, pristine = str(destination), str(self.pristine)
        self._make_folders(root)
        for file in self.files:
            copy(f"{pristine}/{file.path}", f"{root}/{file.path}")

    @cached_property
    def read_only_paths(self) -> list[str]:
        """What is read-only, by paths below the root (``.`` for the item itself), folders from below.

        Raises `InvalidInputError` for a pattern that matches nothing.
        """
        if self.read_only is None:
            return []
        files = [file.path for file in self.files] if self.is_tree else ["."]
        return paths_of(self.read_only, files, [*reversed(self._folders)], self.file)

    def untouched(self) -> dict[str, tuple[int, int]]:
        """The device and the number of each pristine file of a tree that is as it was when hashed."""
        if not self.is_tree:
            return {}
        pristine = str(self.pristine)
        return {
            file.path: file.stamp[:2]
            for file in self.files
            if file.stamp is not None and Stamp.of(f"{pristine}/{file.path}") == file.stamp
        }

    def _make_folders(self, root: str) -> None:
        os.mkdir(root)
        for folder in self._folders:
            os.mkdir(f"{root}/{folder}")

    def renewed(self, token: str) -> Item:
        """The same item with other bytes: each program and library ends in an overlay made from `token`.

        No loader reads what follows the last section, so they stay valid (Microsoft, "PE Format"); for a
        scanner they are new files. A launcher starts another interpreter instead.
        """
        if self.vary is not None:
            content = self.vary(self.pristine.read_bytes(), token)
            sha256 = hashlib.sha256(content).hexdigest()
            varied = replace(self.files[0], size=len(content), sha256=sha256, stamp=None)
            return replace(self, files=(varied,), write=partial(_write_bytes, content=content))
        overlays = {file.path: overlay(token, file.path) for file in self.files if file.is_pe}
        files = tuple(
            self._with_overlay(file, overlays[file.path]) if file.is_pe else file for file in self.files
        )
        return replace(self, files=files, write=partial(self._write_with, overlays))

    def _with_overlay(self, file: PayloadFile, added: bytes) -> PayloadFile:
        if file.path not in self._hashers:
            with (self.pristine / file.path).open("rb") as content:
                self._hashers[file.path] = hashlib.file_digest(content, "sha256")
        whole = self._hashers[file.path].copy()
        whole.update(added)
        return replace(file, size=file.size + len(added), sha256=whole.hexdigest(), stamp=None)

    def _write_with(self, overlays: Mapping[str, bytes], destination: Path) -> None:
        if self.is_tree:
            self._make_folders(str(destination))
        for file in self.files:
            original, path = self.pristine / file.path, destination / file.path
            with original.open("rb") as source, path.open("xb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
                copy.write(overlays.get(file.path, b""))

    @cached_property
    def _hashers(self) -> dict[str, hashlib._Hash]:
        """The state of the hash after the published bytes of each file, so that none is read twice."""
        return {}

    @cached_property
    def folders_of_files(self) -> list[str]:
        """The folders that have files, by their paths below the root (``""`` for the root itself)."""
        return sorted({file.path.rpartition("/")[0] for file in self.files})

    @cached_property
    def _folders(self) -> list[str]:
        """All folders below the root, parents first, empty ones too."""
        folders = (path for path in self.pristine.rglob("*") if path.is_dir())
        return sorted(folder.relative_to(self.pristine).as_posix() for folder in folders)


OVERLAY_BYTES: Final = 64


def overlay(token: str, path: str) -> bytes:
    """Bytes that end no other file of any trial."""
    mark = b"persist-harness\0"
    digest = hashlib.blake2b(f"{token}/{path}".encode(), digest_size=OVERLAY_BYTES - len(mark))
    return mark + digest.digest()


def items_of(payload: Payload, work: Path, *, generated: bool) -> Iterator[Item]:
    """Prepare `payload` in the folder `work`; its archives must be in the cache."""
    sources = _sources(payload, work, generated=generated)
    for number, (file, is_tree, write) in enumerate(sources):
        name = payload.name if number == 0 else f"{payload.name}-{number}"
        pristine = work / "pristine" / f"{payload.name}-{number}"
        pristine.parent.mkdir(parents=True, exist_ok=True)
        write(pristine)
        files = tuple(_listed(pristine))
        vary = for_another_interpreter if payload.kind == "launcher" and not generated else None
        item = Item(
            *(name, payload.version, file, is_tree, pristine, files, write, vary, payload.read_only)
        )
        _ = item.read_only_paths  # refuses what matches nothing
        yield item


def approximate_bytes(payload: Payload) -> int:
    """The room that a payload will take, from its declared shape."""
    match payload:
        case FilesPayload():
            return sum(payload.sizes)
        case LauncherPayload():
            return 200_000
        case BuiltWheelPayload():
            return 20 * payload.size + 20_000_000  # the sources, the backend and the wheel
        case _:
            shapes = [payload.shape.other, *([payload.shape.pe] if payload.shape.pe else [])]
            return sum(sum(file_sizes(shape)) for shape in shapes)


def _listed(root: Path) -> Iterator[PayloadFile]:
    paths = sorted(path for path in root.rglob("*") if path.is_file()) if root.is_dir() else [root]
    for path in paths:
        stamp = Stamp.of(str(path))  # before the bytes are read: a later change shows
        with path.open("rb") as file:
            head = file.read(2)
        relative = path.relative_to(root).as_posix()
        yield PayloadFile(relative, path.stat().st_size, is_pe(head), sha256_of(path), stamp)


def _sources(
    payload: Payload, work: Path, *, generated: bool
) -> Iterator[tuple[str, bool, Callable[[Path], None]]]:
    """The file name of each item, whether it is a tree, and the function that writes it.

    The generated variant has the same names and shape.
    """
    match payload:
        case WheelPayload() | SdistPayload():
            real = partial(_unpack_cached, payload)
            yield (payload.file, True, _tree_writer(payload) if generated else real)
        case TreePayload():
            yield (payload.name, True, _tree_writer(payload))
        case FilesPayload():
            for number, size in enumerate(payload.sizes):
                write = partial(write_file, size=size, seed=f"{payload.name}/{number}")
                yield (f"{payload.name}-{number}", False, write)
        case LauncherPayload():
            content = launcher(payload.entry_point)
            made = partial(write_file, size=len(content), seed=payload.name, pe=True)
            file = f"{payload.entry_point.partition(' ')[0]}.exe"
            yield (file, False, made if generated else partial(_write_bytes, content=content))
        case BuiltWheelPayload():
            zipped = partial(_write_zip, size=payload.size, seed=payload.name)
            built = partial(_write_built, payload, work / "build")
            file = f"{payload.name}-{payload.version}-py3-none-any.whl"
            yield (file, False, zipped if generated else built)


def _tree_writer(payload: WheelPayload | SdistPayload | TreePayload) -> Callable[[Path], None]:
    record = None
    if payload.kind == "wheel":
        record = f"{payload.name}-{payload.version}.dist-info/RECORD"
    return partial(write_tree, shape=payload.shape, seed=payload.name, record=record)


def _unpack_cached(pinned: WheelPayload | SdistPayload | BuiltWheelPayload | Backend, to: Path) -> None:
    path = verified(Archive.of(pinned))
    if path is None:
        raise PayloadUnavailableError(f"{pinned.file} is not in the cache")
    unpack(path, to)


def _write_bytes(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)


_ZIP_OVERHEAD: Final = 116  # headers of a zip with one stored member named "payload"


def _write_zip(path: Path, size: int, seed: str) -> None:
    """Write a zip of about `size` bytes, with one stored member."""
    info = zipfile.ZipInfo("payload", (1980, 1, 1, 0, 0, 0))
    with zipfile.ZipFile(path, "x") as archive:
        archive.writestr(info, b"".join(random_bytes(max(size - _ZIP_OVERHEAD, 0), seed)))


def _write_built(payload: BuiltWheelPayload, work: Path, destination: Path) -> None:
    """Build the wheel, each time it is written; the backend is unpacked once."""
    backend, unpacked = work / "backend", work / "source"
    if not backend.exists():
        _unpack_cached(payload.backend, backend)
    remove_tree(unpacked)
    _unpack_cached(payload, unpacked)
    roots = list(unpacked.iterdir())
    if len(roots) != 1:
        raise InvalidInputError(
            f"{payload.file} has {len(roots)} entries at its top; a source distribution has one folder"
        )
    wheel = build_wheel(roots[0], backend, payload.backend.build_backend, work / "wheels")
    os.rename(wheel, destination)
