"""Files with names that are hard to spell, for tests of the calls of Windows."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.payload.launcher import launcher
from harness.platform.windows.windows_files import WindowsFileSystem


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "Jürgen 太郎 🚀"
    path.mkdir()
    return path


@pytest.fixture
def source(folder: Path) -> Path:
    path = folder / "neu 新 🆕"
    path.write_bytes(b"new")
    return path


@pytest.fixture
def target(folder: Path) -> Path:
    path = folder / "Größe 大 📏"
    path.write_bytes(b"old")
    return path


@pytest.fixture
def told() -> list[tuple[str, str | None]]:
    """What was told about refused calls."""
    return []


@pytest.fixture
def files(told: list[tuple[str, str | None]]) -> WindowsFileSystem:
    return WindowsFileSystem(lambda path, path2: told.append((path, path2)))


@pytest.fixture
def program(folder: Path) -> Path:
    path = folder / "httpx ü 🚀.exe"
    path.write_bytes(launcher("httpx = httpx:main"))
    return path
