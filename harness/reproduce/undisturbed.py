"""Undisturbed runs of a program, by which its runs under denials are judged.

Two show what differs each time, such as a random name. What differs only now and then, such as a time in
whole seconds, may be the same in both: so more are made before a program is said to claim success.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from harness.reproduce.ending import Ended, ended
from harness.reproduce.execution import Execution

FEWEST: Final = 2
MOST: Final = 4
"""Undisturbed runs of one program: what differs in none of so many differs hardly ever."""


class Undisturbed:
    """Makes undisturbed runs with `make` as they are needed, at first two.

    `any_content` are patterns of files that need not have the same content each time. Raises what `make`
    raises.
    """

    def __init__(self, make: Callable[[], Execution], any_content: Sequence[str] = ()) -> None:
        self._make = make
        self._any_content = any_content
        self.runs = [make() for _ in range(FEWEST)]

    def another(self) -> None:
        """Make one run more."""
        self.runs.append(self._make())

    def ended(self, run: Execution) -> Ended:
        """Decide how a run under denials ended."""
        how = ended(run, self.runs, self._any_content)
        while how.ending == "claimed" and len(self.runs) < MOST:
            self.another()
            how = ended(run, self.runs, self._any_content)
        return how
