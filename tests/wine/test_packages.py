"""The packages are those that Windows needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import NotSupportedError
from harness.wine import packages


def test_what_a_package_needs_only_on_windows_is_found_missing(tmp_path: Path) -> None:
    metadata = tmp_path / "here-1.0.dist-info" / "METADATA"
    metadata.parent.mkdir()
    lines = [
        "Metadata-Version: 2.1",
        "Name: here",
        "Version: 1.0",
        'Requires-Dist: colorama>=0.4; sys_platform == "win32"',
        'Requires-Dist: tzdata ; platform_system == "Windows" and python_version >= "3.9"',
        'Requires-Dist: uvloop; sys_platform != "win32"',
        'Requires-Dist: backport; python_version < "3.11"',
        'Requires-Dist: docs; extra == "docs"',
        "Requires-Dist: Here",
    ]
    metadata.write_text("\n".join(lines), encoding="utf-8")
    assert packages._missing(tmp_path, packages._windows("3.13.5")) == ["colorama>=0.4", "tzdata"]


def test_tests_are_a_matter_of_a_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    assert any(text.startswith("pytest") for text in packages.requirements(tests=True))
    assert not any(text.startswith("pytest") for text in packages.requirements(tests=False))
    monkeypatch.setattr(packages, "checkout", lambda: None)
    with pytest.raises(NotSupportedError, match="has no tests"):
        packages.requirements(tests=True)
