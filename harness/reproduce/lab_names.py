"""The names of labs, as results have them, and which one a scenario gets on this system."""

from __future__ import annotations

from typing import Literal

from harness.platform.registry import native_platform
from harness.preload.denial import PreloadLab

LabName = Literal["wine", "linux", "windows", "wine-holds"]
"""``wine``: a program for Windows, denied by Wine's server. ``linux``: a native one, denied by errno
only. ``windows``: a program on Windows itself, denied by real holds. ``wine-holds``: the same under
Wine, which tries the code of that lab, and measures nothing of Windows."""


def lab_here(wanted: PreloadLab) -> LabName:
    """The lab for programs of that system here: on Windows, its own programs run natively."""
    if wanted == "linux":
        return wanted
    on: dict[str, LabName] = {"windows": "windows", "wine": "wine-holds"}
    return on.get(native_platform(), "wine")
