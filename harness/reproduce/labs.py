"""Set a lab up by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from harness.errors import NotSupportedError
from harness.platform.file_holder import file_holder
from harness.preload.native_library import native_library
from harness.reproduce.denial_lab import Lab
from harness.reproduce.lab_names import LabName
from harness.reproduce.linux_lab import LinuxLab
from harness.reproduce.windows_lab import WindowsLab
from harness.reproduce.wine_lab import WineLab
from harness.wine.programs import programs_lane


@contextmanager
def lab_named(name: LabName, announce: Callable[[str], None] = lambda _: None) -> Iterator[Lab]:
    """A lab, set up if need be. Raises `NotSupportedError` if this machine lacks something for it."""
    if name == "wine":
        with programs_lane(announce) as lane:
            yield WineLab(lane)
        return
    if name == "linux":
        yield LinuxLab(native_library())
        return
    holder = file_holder()
    if holder is None:
        raise NotSupportedError("programs are held on Windows alone")
    with closing(holder):
        yield WindowsLab(holder)
