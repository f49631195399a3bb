"""The rules of NTFS compile."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.wine import prefix, tools

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the Wine lane needs Linux")


@ON_LINUX
def test_the_rules_compile_without_a_warning(tmp_path: Path) -> None:
    source = Path(prefix.__file__).parents[2] / "wine" / "ntfs_rules.c"
    options = ["-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-shared", "-fPIC"]
    subprocess.run([tools.compiler(), *options, "-o", tmp_path / "rules.so", source, "-ldl"], check=True)
    assert (tmp_path / "rules.so").read_bytes().startswith(b"\x7fELF")
