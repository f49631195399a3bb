"""What a self-test says of a Windows machine: facts that a standard user can read in no time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.platform.rules_lab import NATIVE_LABS
from harness.platform.self_test.machine import machine
from harness.platform.windows.environment import registry_values
from harness.platform.windows.environment.probe import BUILD_VALUES, CURRENT_VERSION, build, is_elevated
from harness.platform.windows.environment.volumes import volume
from harness.platform.windows.win32.library import wine_version

if TYPE_CHECKING:
    from harness.platform.base import Rules
    from harness.platform.self_test.report import Machine


def tested_machine(folder: Path, rules: Rules | None) -> Machine:
    """Describe this machine and the volume of `folder`; `rules` are those of Wine, on Wine only."""
    on = volume(str(folder))
    wine = wine_version()
    found = build(registry_values.values(CURRENT_VERSION, BUILD_VALUES))
    return machine(
        "windows" if wine is None else "wine",
        NATIVE_LABS[rules],
        f"Windows {getattr(found, 'number', None) or 'of an unknown build'}"
        if wine is None
        else f"Wine {wine}",
        file_system=str(on.file_system),
        volume_flags=str(on.flags),
        dev_drive=str(on.dev_drive),
        elevated=is_elevated(),
    )
