"""Count in Defender's ``MPScanSkip-*.log`` why scans were skipped or cut off.

Of its lines only ``Reason[…]`` is known from what others read there (docs/evidence/scanner-logs.md
#mpscanskip); so reasons are counted, and no time is read. A reason is shown only if it is made of a few
plain words that are known to be reasons: anything else may be part of a name.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

MARK: Final = "Reason["
OTHER: Final = "another reason"
_REASON: Final = re.compile(r"Reason\[([^\]\r\n]{1,80})\]")
_WORDS: Final = frozenset(
    """
    abort aborted access archive cache cached cancel cancelled cloud corrupt corrupted denied
    depth encrypted engine error exceeded excluded exclusion extension failed failure file folder
    friendly limit locked max maximum network not open oplock optimization out path process
    protected read scan scanned scanning sharing size skip skipped system throttled throttling
    time timed timeout too large trusted unsupported user violation
    """.split()  # noqa: SIM905 - as a list it would be a page
)
_PARTS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|[^A-Za-z\d\s_-]")


@dataclass
class SkippedScans:
    """Takes the text of logs piece by piece; `reasons` counts what it says."""

    reasons: Counter[str] = field(default_factory=Counter)
    lines: int = 0
    """Reasons that were read."""

    def feed(self, text: str) -> None:
        """Read a piece of text."""
        if MARK in text:
            found = _REASON.findall(text)
            self.lines += len(found)
            self.reasons.update(map(_public, found))


def _public(reason: str) -> str:
    words = [each.lower() for each in _PARTS.findall(reason)]
    return " ".join(words) if words and _WORDS.issuperset(words) else OTHER
