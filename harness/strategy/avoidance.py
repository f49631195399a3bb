"""Make a strategy of a method, which avoids what it can, and of a sentence, which says the rest."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from harness.errors import InvalidInputError
from harness.strategy.notation import parse

if TYPE_CHECKING:
    from harness.strategy.loop import Strategy
    from harness.strategy.tree_methods import MethodName


def avoiding(name: str, method: MethodName, policy: str) -> Strategy:
    """The strategy `name`: trees go to their place by `method`, and `policy` persists each of its calls.

    Raises `InvalidInputError` if `policy` is no sentence, or says a method itself.
    """
    sentence = parse(policy)
    if sentence.method is not None:
        raise InvalidInputError(
            f"{name}: the policy {policy!r} says how a tree is moved, which the strategy does itself",
            hint=f"Leave {sentence.method!r} out, or use the sentence as a strategy of its own.",
        )
    return dataclasses.replace(sentence, method=method).strategy(name)
