"""The words of strategy notation with their meanings, for help texts and documentation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from harness.strategy.otherwise import WAYS
from harness.strategy.spec import PHRASES


def _meanings(*phrases: str) -> dict[str, str]:
    return {phrase: PHRASES[phrase].meaning for phrase in phrases}


_WAITS: Final = {
    "plain": "one attempt and no wait; must stand alone",
    "100ms": "the same wait each time",
    "10ms x2": "each wait is twice the one before",
    "1ms x1..2": "each wait is the previous one times a number drawn uniformly from 1 to 2",
    "0 +10ms": "each wait is 10 ms longer than the one before",
    "1ms fibonacci": "1, 1, 2, 3, 5, 8 … times 1 ms",
    "1s / retries left": "1 s divided by the number of retries left; needs `N retries`",
    "0,1,10,20,40ms": "these waits, then gives up; a number without a unit takes that of the next",
    "2,3,4ms then 0": "these waits, then the last one until the strategy gives up",
    "cap 250ms": "limits each wait, before jitter",
    "jitter x0.5..1.5": "each wait times a number drawn uniformly from that range",
    "jitter +0..100ms": "each wait plus a time drawn uniformly from that range",
    "jitter rust-retry": "full jitter as Rust's `retry` crate has it: whole seconds are rounded up",
}
_ENDS: Final = {
    "10 retries": "after that many retries; `11 attempts` means the same",
    "for 30s": "at the first failure at or after 30 s: the last attempt may come one wait later",
    "within 10s": "if the next attempt would begin at or after 10 s",
    "for 1s waited": "if the next wait would bring the total waited to 1 s or more",
    "for 10s shared": "the same, counting the waits of all operations of an install together",
    "for 2s per MB": "2 s for each million bytes, begun, of what is persisted; predicted for one",
    "for env:NAME or 10s": "the time that an environment variable has; on the command line only",
    **_meanings("trailing wait"),
}
_ERRORS: Final = {
    "on 5,32": "these Win32 codes; 5,32,33 by default",
    "on any": "every error",
    "on any but 5": "every error but these",
    "on EPERM": "the codes that Node, Python, Rust, .NET, Java or Go call so",
    **_meanings(
        "renames only",
        "while target is absent",
        "done if target exists",
        "unless target is a directory",
    ),
    "unless held for good asking 20ms": (
        "after each failure asks for 20 ms who holds the file, and gives up at once if that holder will "
        "not let go; only the emulated platform can tell"
    ),
    "; 1s 5 retries on 33": "other waits after these errors, with an end of their own that counts them",
}
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "how long to wait": _WAITS,
    "when to give up (at least one, unless a list of waits ends)": _ENDS,
    "on which errors": _ERRORS,
    "what else it does": _meanings(*(words for words in PHRASES if words not in {*_ENDS, *_ERRORS})),
    "what it does after giving up, at most two of them": {
        **{f"else {name}": way.meaning for name, way in WAYS.items()},
        "else copy once on 17": "the same, but only once, and only if the last error was 17",
    },
}
"""The words in groups, each with its meaning."""
