"""What may come next in strategy notation, in words: the values that forms take, and how they go on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

PARTS: Final = re.compile(r"\{\w+\}|[A-Za-z-]+|\.\.|[+/]")
"""What a form is read by: names in braces, words and signs."""

VALUES: Final = {
    "{ms}": ("the longest wait, such as 250ms", "250ms"),
    "{limit_ms}": ("a time limit, such as 30s", "30s"),
    "{step_ms}": ("how much longer each wait is, such as 10ms", "10ms"),
    "{then_ms}": ("the wait that is repeated, such as 10ms", "10ms"),
    "{asking_ms}": ("what it takes to ask who holds the file, such as 20ms", "20ms"),
    "{low_ms}": ("the least that is added, such as 0", "0"),
    "{high_ms}": ("the most that is added, such as 100ms", "100ms"),
    "{factor}": ("a factor such as 2", "2"),
    "{low}": ("the smallest factor, such as 0.5", "0.5"),
    "{high}": ("the largest factor, such as 1.5", "1.5"),
    "{codes}": ("a Win32 error code such as 5 or 32", "5"),
}
"""What to expect for a name in a form, and an example."""


def rest(going: Mapping[str, list[str]], number: int) -> str:
    """Describe what may come next in forms that fit up to a part."""
    if number == 0:
        words = (parts[0] for parts in going.values() if not parts[0].startswith("{"))
        return f"a clause: a number of retries, {', '.join(dict.fromkeys(words))}"
    if "{count} retries" in going:
        return "retries or attempts (codes are separated by commas)"
    examples = {name.strip("{}"): example for name, (_, example) in VALUES.items()}
    expected = []
    for form, parts in going.items():
        rest = form[list(PARTS.finditer(form))[number].start() :]
        expected.append(VALUES[parts[number]][0] if rest.startswith("{") else rest.format(**examples))
    return " or ".join(dict.fromkeys(expected))
