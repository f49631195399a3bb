"""Start another Python that imports nothing from the current folder.

``python -m NAME`` looks for NAME in the current folder first. A user may work in a folder whose files
are a stranger's, so each Python that the harness starts leaves that folder out.
"""

from __future__ import annotations

import sys
from typing import Final

ISOLATED: Final = "-P"
"""The option that leaves it out (Python 3.11). Unlike ``-I`` it keeps ``PYTHONPATH``, which is the
user's own, and which tells a child where to find the harness.
"""


def isolated_python(*arguments: str) -> list[str]:
    """The command of this very Python with `arguments`."""
    return [sys.executable, ISOLATED, *arguments]
