"""Fuzzing: how many inputs each kind had, and the count of a long session.

``pytest tests/fuzz`` tries 100 inputs of a kind. ``nox -s fuzz`` takes the profile ``long`` of
``tests/conftest.py``, and says at its end how many inputs of each kind there were.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

INPUTS = "inputs"


@pytest.fixture(scope="module")
def tried(request: pytest.FixtureRequest) -> Iterator[Callable[[str], None]]:
    """Counts an input of a test's kind as accepted, refused …; the counts are told at the end."""
    counts: Counter[str] = Counter()
    yield lambda what: counts.update([what])
    request.config.stash.setdefault(_COUNTS, {})[request.node.name] = counts


_COUNTS = pytest.StashKey[dict[str, Counter[str]]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for module, counts in sorted(config.stash.get(_COUNTS, {}).items()):
        told = ", ".join(f"{number:,} {what}" for what, number in sorted(counts.items()))
        terminalreporter.write_line(f"{module}: {sum(counts.values()):,} inputs: {told}")
