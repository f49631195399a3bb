"""Turn a payload of a scenario into items that trials can lay down: the bytes, listed and hashed.

Each item has one pristine copy in the work folder, made once per run. Where a scanner watches writes,
trials write the bytes anew (`Item.write`); elsewhere they link the pristine files.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness.errors import InvalidInputError, PayloadUnavailableError
from harness.holds.draw import HeldFile
from harness.payload.archive import remove_tree, unpack
from harness.payload.build_wheel import build_wheel
from harness.payload.cache import Archive, sha256_of, verified
from harness.payload.generate import file_sizes, write_file, write_tree
from harness.payload.launcher import launcher
from harness.payload.pe import is_pe
from harness.scenario.payload_models import (
    BuiltWheelPayload,
    FilesPayload,
    LauncherPayload,
    Payload,
    SdistPayload,
    TreePayload,
    WheelPayload,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


@dataclass(frozen=True, slots=True)
class PayloadFile:
    """One file of an item: its path below the item's root (``.`` for the item itself)."""

    path: str
    size: int
    sha256: str
    is_pe: bool


@dataclass(frozen=True)
class Item:
    """What one task of a trial installs: a tree of files, or a single file.

    `name`, `version` and `file` fill the placeholders of target paths. `write` writes the bytes to a
    path that does not exist yet.
    """

    name: str
    version: str
    file: str
    is_tree: bool
    pristine: Path
    files: tuple[PayloadFile, ...]
    write: Callable[[Path], None]

    @cached_property
    def size(self) -> int:
        """Bytes in all."""
        return sum(file.size for file in self.files)

    @cached_property
    def held_files(self) -> list[HeldFile]:
        """The files as the drawing of holds wants them."""
        return [HeldFile(file.path, file.size, file.is_pe) for file in self.files]

    def lay_down(self, destination: Path, *, afresh: bool, mutable: bool = False) -> None:
        """Put the item at `destination`: written anew, or linked to the pristine copy.

        With `mutable` the files are copied, because something will change them in place.
        """
        if afresh:
            self.write(destination)
            return
        copy: Callable[[str, str], object] = shutil.copyfile if mutable else os.link
        if not self.is_tree:
            copy(str(self.pristine), str(destination))
            return
        root, pristine = str(destination), str(self.pristine)
        os.mkdir(root)
        for folder in self._folders:
            os.mkdir(f"{root}/{folder}")
        for file in self.files:
            copy(f"{pristine}/{file.path}", f"{root}/{file.path}")

    def renewed(self, token: str) -> Item:
        """The same item with other bytes: each program and library ends in an overlay made of `token`.

        No loader reads what follows the last section, so they stay valid (Microsoft, "PE Format"); to
        a scanner they are files it has never seen.
        """
        overlays = {file.path: overlay(token, file.path) for file in self.files if file.is_pe}
        files = tuple(
            replace(
                file, size=file.size + OVERLAY_BYTES, sha256=self._hash_with(file, overlays[file.path])
            )
            if file.is_pe
            else file
            for file in self.files
        )
        return replace(self, files=files, write=partial(self._write_with, overlays))

    def _hash_with(self, file: PayloadFile, added: bytes) -> str:
        if file.path not in self._hashers:
            with self._pristine(file.path).open("rb") as content:
                self._hashers[file.path] = hashlib.file_digest(content, "sha256")
        whole = self._hashers[file.path].copy()
        whole.update(added)
        return whole.hexdigest()

    def _write_with(self, overlays: Mapping[str, bytes], destination: Path) -> None:
        if self.is_tree:
            destination.mkdir()
            for folder in self._folders:
                (destination / folder).mkdir()
        for file in self.files:
            path = destination / file.path if self.is_tree else destination
            with self._pristine(file.path).open("rb") as source, path.open("xb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
                copy.write(overlays.get(file.path, b""))

    def _pristine(self, path: str) -> Path:
        return self.pristine / path if self.is_tree else self.pristine

    @cached_property
    def _hashers(self) -> dict[str, hashlib._Hash]:
        """The state of the hash after each file's published bytes, so that none is read twice."""
        return {}

    @cached_property
    def _folders(self) -> list[str]:
        """All folders below the root, parents first; a generated tree may have empty ones."""
        folders = (path for path in self.pristine.rglob("*") if path.is_dir())
        return sorted(folder.relative_to(self.pristine).as_posix() for folder in folders)


OVERLAY_BYTES: Final = 64


def overlay(token: str, path: str) -> bytes:
    """Bytes that no other trial's file ends in."""
    mark = b"persist-harness\0"
    return (
        mark
        + hashlib.blake2b(f"{token}/{path}".encode(), digest_size=OVERLAY_BYTES - len(mark)).digest()
    )


def items_of(payload: Payload, work: Path, *, generated: bool) -> Iterator[Item]:
    """Prepare `payload` in the folder `work`; its archives must be in the cache by now."""
    for number, source in enumerate(_sources(payload, work, generated=generated)):
        pristine = work / "pristine" / f"{payload.name}-{number}"
        pristine.parent.mkdir(parents=True, exist_ok=True)
        source.write(pristine)
        name = payload.name if number == 0 else f"{payload.name}-{number}"
        yield Item(
            name,
            payload.version,
            source.file,
            source.is_tree,
            pristine,
            tuple(_listed(pristine)),
            source.write,
        )


def approximate_bytes(payload: Payload) -> int:
    """How much room a payload takes, before it is there: from its declared shape."""
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
        with path.open("rb") as file:
            head = file.read(2)
        relative = path.relative_to(root).as_posix()
        yield PayloadFile(relative, path.stat().st_size, sha256_of(path), is_pe(head))


@dataclass(frozen=True, slots=True)
class _Source:
    """How one item comes to be: its file name, whether it is a tree, and what writes it."""

    file: str
    is_tree: bool
    write: Callable[[Path], None]


def _sources(payload: Payload, work: Path, *, generated: bool) -> Iterator[_Source]:
    """The items of a payload. The generated variant has the same names and the same shape."""
    match payload:
        case WheelPayload() | SdistPayload():
            yield _Source(payload.file, True, _tree_writer(payload) if generated else _unpacker(payload))
        case TreePayload():
            yield _Source(payload.name, True, _tree_writer(payload))
        case FilesPayload():
            for number, size in enumerate(payload.sizes):
                write = partial(write_file, size=size, seed=f"{payload.name}/{number}")
                yield _Source(f"{payload.name}-{number}", False, write)
        case LauncherPayload():
            content = launcher(payload.entry_point)
            made = partial(write_file, size=len(content), seed=payload.name, pe=True)
            real = partial(_write_bytes, content=content)
            file = f"{payload.entry_point.partition(' ')[0]}.exe"
            yield _Source(file, False, made if generated else real)
        case BuiltWheelPayload():
            zipped = partial(_write_zip, size=payload.size, seed=payload.name)
            built = _Builder(payload, work / "build").write
            file = f"{payload.name}-{payload.version}-py3-none-any.whl"
            yield _Source(file, False, zipped if generated else built)


def _unpacker(payload: WheelPayload | SdistPayload) -> Callable[[Path], None]:
    return partial(unpack, _cached(Archive(payload.name, payload.file, payload.sha256)))


def _tree_writer(payload: WheelPayload | SdistPayload | TreePayload) -> Callable[[Path], None]:
    record = None
    if payload.kind == "wheel":
        record = f"{payload.name}-{payload.version}.dist-info/RECORD"
    return partial(write_tree, shape=payload.shape, seed=payload.name, record=record)


def _cached(archive: Archive) -> Path:
    path = verified(archive)
    if path is None:
        raise PayloadUnavailableError(f"{archive.file} is not in the cache")
    return path


def _write_bytes(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)


_ZIP_OVERHEAD: Final = 116  # headers of a zip with one stored member named "payload"


def _write_zip(path: Path, size: int, seed: str) -> None:
    """Write a zip of about `size` bytes, with one stored member."""
    member = path.with_name(f"{path.name}.member")
    write_file(member, max(size - _ZIP_OVERHEAD, 0), seed)
    with zipfile.ZipFile(path, "x") as archive:
        info = zipfile.ZipInfo("payload", (1980, 1, 1, 0, 0, 0))
        archive.writestr(info, member.read_bytes())
    member.unlink()


class _Builder:
    """Builds one wheel, anew each time it is written; the backend is unpacked once."""

    def __init__(self, payload: BuiltWheelPayload, work: Path) -> None:
        self.payload = payload
        self.work = work

    def write(self, destination: Path) -> None:
        payload, backend = self.payload, self.payload.backend
        backend_folder = self.work / "backend"
        if not backend_folder.exists():
            unpack(_cached(Archive(backend.name, backend.file, backend.sha256)), backend_folder)
        unpacked = self.work / "source"
        remove_tree(unpacked)
        unpack(_cached(Archive(payload.name, payload.file, payload.sha256)), unpacked)
        roots = list(unpacked.iterdir())
        if len(roots) != 1:
            raise InvalidInputError(
                f"{payload.file} has {len(roots)} entries at its top; a source distribution has one "
                "folder"
            )
        wheel = build_wheel(roots[0], backend_folder, backend.build_backend, self.work / "wheels")
        os.rename(wheel, destination)
