"""A missing program is named, with what to install."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import NotSupportedError
from harness.wine import tools

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the Wine lane needs Linux")


@pytest.mark.parametrize(
    ("tool", "there", "what"),
    [
        (tools.wine, (), "Wine"),
        (tools.wine_server, ("wine",), "Wine's server"),
        (tools.maven, (), "Maven"),
        (tools.maven, ("mvn",), "Java"),
    ],
)
@ON_LINUX
def test_a_missing_tool_is_named(
    tool: Callable[[], str],
    there: tuple[str, ...],
    what: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for command in there:
        (tmp_path / command).write_text("#!/bin/sh\n")
        (tmp_path / command).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(NotSupportedError, match=f"needs {what},") as caught:
        tool()
    assert caught.value.hint == tools.INSTALL


def test_another_system_is_not_supported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(NotSupportedError, match="needs Linux on an x86-64 processor; this is darwin"):
        tools.require_linux()
