"""Platforms are found by name, and made only where they can measure."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from harness.errors import InvalidInputError, NotSupportedError
from harness.platform import registry
from harness.platform.registry import get_platform, native_platform, why_not
from harness.platform.windows.win32.library import wine_version

if TYPE_CHECKING:
    from harness.platform.base import PlatformName


@pytest.mark.skipif(sys.platform == "win32", reason="this is Windows or Wine")
def test_where_windows_does_not_run_a_run_is_emulated_unless_told_otherwise() -> None:
    assert native_platform() == "emulated"


@pytest.mark.skipif(sys.platform != "win32", reason="this is neither Windows nor Wine")
def test_windows_and_wine_are_told_apart() -> None:
    assert native_platform() == ("windows" if wine_version() is None else "wine")


def test_the_platform_of_this_machine_can_be_made_and_says_its_own_name() -> None:
    with closing(get_platform(native_platform())) as platform:
        assert platform.name == native_platform()


def test_emulation_works_everywhere() -> None:
    with closing(get_platform("emulated")) as platform:
        assert (platform.name, platform.is_real_time) == ("emulated", False)


REASONS: dict[tuple[PlatformName, PlatformName], str | None] = {
    ("emulated", "emulated"): None,
    ("emulated", "windows"): "this machine does not run Windows",
    ("emulated", "wine"): "this Python does not run under Wine",
    ("windows", "emulated"): None,
    ("windows", "windows"): None,
    ("windows", "wine"): "this is Windows itself",
    ("wine", "emulated"): None,
    ("wine", "windows"): "this is Wine, not Windows",
    ("wine", "wine"): None,
}


@pytest.mark.parametrize(("here", "asked"), REASONS)
def test_a_platform_that_is_not_here_is_refused_with_the_reason_and_what_there_is(
    monkeypatch: pytest.MonkeyPatch, here: PlatformName, asked: PlatformName
) -> None:
    monkeypatch.setattr(registry, "native_platform", lambda: here)
    reason = REASONS[here, asked]
    assert why_not(asked) == reason
    if reason is not None:
        with pytest.raises(NotSupportedError, match=f"cannot measure on {asked}: {reason}") as caught:
            get_platform(asked)
        assert caught.value.hint == f"On this machine use --platform {here}."


@pytest.mark.parametrize("name", ["linux", "", "Emulated", "windows:x"])
def test_an_unknown_name_is_refused_with_the_names_there_are(name: str) -> None:
    with pytest.raises(InvalidInputError, match="no platform is called") as caught:
        get_platform(name)
    assert repr(name) in caught.value.message
    near = {"Emulated": "emulated", "windows:x": "windows"}.get(name)
    meant = f"Did you mean {near}? " if near else ""
    assert caught.value.hint == f"{meant}Available: emulated, windows, wine."


@pytest.mark.skipif(sys.platform == "win32", reason="Windows is asked whether it is Wine")
def test_to_ask_for_one_platform_loads_no_other() -> None:
    code = """
import sys
import harness.platform.registry as registry
before = [name for name in sys.modules if name.startswith("harness.platform.")]
registry.get_platform("emulated").close()
after = [name for name in sys.modules if name.startswith("harness.platform.windows")]
print(sorted(name.rpartition(".")[2] for name in before), after)
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["['base',", "'registry']", "[]"]
