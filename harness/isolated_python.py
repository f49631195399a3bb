"""Start another Python that imports nothing from the current folder.

``python -m NAME`` looks for NAME in the current folder first. A user may work in a folder whose files
are a stranger's, so each Python that the harness starts leaves that folder out.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).resolve().parents[1]
"""The folder that the harness is imported from."""
ISOLATED: Final = "-P"
"""The option that leaves it out (Python 3.11). Unlike ``-I`` it keeps ``PYTHONPATH``, which is the
user's own, and which tells a child where to find the harness.
"""


def isolated_python(*arguments: str) -> list[str]:
    """The command of this very Python with `arguments`."""
    return [sys.executable, ISOLATED, *arguments]


def python_environment(package: Path = PACKAGE) -> dict[str, str]:
    """The environment in which it finds the harness in the folder `package`, installed or not.

    Where packages are installed Python looks by itself, and must not before its standard library.
    """
    if package.name in {"site-packages", "dist-packages"}:
        return dict(os.environ)
    path = os.pathsep.join([str(package), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "PYTHONPATH": path}
