"""A damaged archive is refused, or unpacks to plain files below its folder with their own content."""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from mutation_lab import mutated

from harness.errors import HarnessError
from harness.payload.archive import unpack
from harness.scenario.names import is_portable_name

FILES = {
    "pkg/__init__.py": b"",
    "pkg/core.py": b"print('hello')\n" * 5,
    "pkg/data/table.bin": bytes(range(256)),
    "pkg-1.0.dist-info/RECORD": b"pkg/core.py,,\n",
}


def _zipped(method: int) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", method) as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
    return raw.getvalue()


def _tarred(format_: int) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=format_) as archive:
        for name, content in FILES.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return raw.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("archives")


def _is_safe(content: bytes, name: str, folder: Path, tried: Callable[[str], None]) -> None:
    archive = folder / name
    archive.write_bytes(content)
    destination = folder / "unpacked" / "here"
    try:
        unpack(archive, destination)
    except HarnessError:
        tried("refused")
    else:
        tried("unpacked")
        assert all(map(_is_harmless, (folder / "unpacked").rglob("*")))
    assert {path.name for path in folder.iterdir()} <= {name, "unpacked"}
    if destination.parent.exists():
        assert [path.name for path in destination.parent.iterdir()] == ["here"]
        shutil.rmtree(destination.parent)
    archive.unlink()


def _is_harmless(path: Path) -> bool:
    """Whether it is a folder, or a file of the archive's own content under a name for all systems.

    Zip has a check sum for each content, gzip one for all of it.
    """
    if path.is_symlink() or not is_portable_name(path.name):
        return False
    return path.is_dir() or path.read_bytes() in FILES.values()


@given(content=mutated([_zipped(zipfile.ZIP_STORED), _zipped(zipfile.ZIP_DEFLATED)]))
def test_wheels(content: bytes, folder: Path, tried: Callable[[str], None]) -> None:
    _is_safe(content, "tiny-1.0-py3-none-any.whl", folder, tried)


@given(content=mutated([gzip.compress(_tarred(tarfile.PAX_FORMAT), mtime=0)]))
def test_sdists(content: bytes, folder: Path, tried: Callable[[str], None]) -> None:
    _is_safe(content, "tiny-1.0.tar.gz", folder, tried)


@given(
    content=mutated(
        [_tarred(tarfile.PAX_FORMAT), _tarred(tarfile.GNU_FORMAT), _tarred(tarfile.USTAR_FORMAT)]
    )
)
def test_tar_files_that_are_packed_after_the_damage(
    content: bytes, folder: Path, tried: Callable[[str], None]
) -> None:
    archive, destination = folder / "tiny-1.0.tar.gz", folder / "there"
    archive.write_bytes(gzip.compress(content, 1, mtime=0))
    try:
        unpack(archive, destination)
    except HarnessError:
        tried("refused")
    else:
        tried("unpacked")
        for path in destination.rglob("*"):
            assert not path.is_symlink()
            assert is_portable_name(path.name)
    assert {path.name for path in folder.iterdir()} <= {archive.name, "there"}
    shutil.rmtree(destination, ignore_errors=True)
    archive.unlink()
