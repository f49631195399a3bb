"""The preload libraries compile."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import NotSupportedError
from harness.preload.preload_library import (
    DENIALS,
    INSTALL,
    NTFS_RULES,
    compiler,
    preload_library,
    sources,
)

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="preloading is Linux's")


@ON_LINUX
@pytest.mark.parametrize("name", [NTFS_RULES, DENIALS])
def test_a_library_compiles_without_a_warning(name: str, tmp_path: Path) -> None:
    options = ["-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-shared", "-fPIC"]
    source, library = sources() / f"{name}.c", tmp_path / "rules.so"
    subprocess.run([compiler(), *options, "-o", library, source, "-ldl", "-lpthread"], check=True)
    assert (tmp_path / "rules.so").read_bytes().startswith(b"\x7fELF")


@ON_LINUX
def test_a_library_is_compiled_once(tmp_path: Path) -> None:
    first = preload_library(tmp_path, DENIALS)
    made_ns = first.stat().st_mtime_ns
    assert preload_library(tmp_path, DENIALS) == first
    assert first.stat().st_mtime_ns == made_ns


@ON_LINUX
def test_a_missing_compiler_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotSupportedError, match="needs a C compiler,") as caught:
        preload_library(tmp_path, DENIALS)
    assert caught.value.hint == INSTALL
