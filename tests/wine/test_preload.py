"""The preload libraries compile."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.wine import tools
from harness.wine.preload import DENIALS, NTFS_RULES, preload_library, sources

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the Wine lane needs Linux")


@ON_LINUX
@pytest.mark.parametrize("name", [NTFS_RULES, DENIALS])
def test_a_library_compiles_without_a_warning(name: str, tmp_path: Path) -> None:
    options = ["-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-shared", "-fPIC"]
    source, library = sources() / f"{name}.c", tmp_path / "rules.so"
    subprocess.run([tools.compiler(), *options, "-o", library, source, "-ldl", "-lpthread"], check=True)
    assert (tmp_path / "rules.so").read_bytes().startswith(b"\x7fELF")


@ON_LINUX
def test_a_library_is_compiled_once(tmp_path: Path) -> None:
    first = preload_library(tmp_path, DENIALS)
    made_ns = first.stat().st_mtime_ns
    assert preload_library(tmp_path, DENIALS) == first
    assert first.stat().st_mtime_ns == made_ns
