"""Any strategy, said in one sentence."""

from __future__ import annotations

from harness.strategy.lookup import strategy
from harness.strategy.loop import Strategy  # noqa: TC001 - looked up when parameters are checked
from harness.strategy.notation import parse


@strategy("notation")
def notation(*, strategy: str = "10ms x2 cap 250ms for 30s on 5,32,33") -> Strategy:
    """Do what a strategy in notation says.

    `harness try --help` explains the words. In a scenario file a sentence may stand wherever a strategy
    is named, and `{ strategy = "…", label = "ours" }` gives it a label.
    """
    return parse(strategy).strategy("notation")
