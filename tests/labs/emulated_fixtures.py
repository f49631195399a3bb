"""A lock table, and a file that is to replace another, for tests of the emulated calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.platform.emulated.lock_table import LockTable


@pytest.fixture
def table() -> LockTable:
    return LockTable()


@pytest.fixture
def new_file(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(b"new")
    return path


@pytest.fixture
def old_file(tmp_path: Path) -> Path:
    path = tmp_path / "target"
    path.write_bytes(b"old")
    return path
