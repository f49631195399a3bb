"""Name the system that this runs on, without asking what may hang."""

from __future__ import annotations

import os
import platform
import sys


def this_system() -> tuple[str, str, str]:
    """The system, its release and its processor.

    On Windows `platform.uname` would ask WMI, which takes seconds or ends the process (cpython#112278,
    #125315).
    """
    if sys.platform == "win32":
        found = sys.getwindowsversion()
        kept = os.environ.get
        processor = kept("PROCESSOR_ARCHITEW6432") or kept("PROCESSOR_ARCHITECTURE") or "unknown"
        return "Windows", f"{found.major}.{found.minor}.{found.build}", processor
    return platform.system(), platform.release(), platform.machine()
