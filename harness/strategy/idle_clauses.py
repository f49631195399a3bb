"""The clauses of a strategy that can do nothing for an operation, so that they are said and not ignored.

An operation declares its features, `harness.strategy.spec.PHRASES` what each clause needs. A condition
that is always met, or never, does nothing either.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from harness.strategy import tree_methods
from harness.strategy.otherwise import WAYS

if TYPE_CHECKING:
    from harness.strategy.features import Feature
    from harness.strategy.spec import StrategySpec

WITHOUT: Final[dict[Feature, str]] = {
    "rename": "leaves nothing to retry: nothing is renamed",
    "target": "does nothing: there is no target",
    "old-target": "does nothing: nothing has the target's name before",
    "temporary": "does nothing: no temporary file is written",
    "file-move": "does nothing: no single file is moved",
    "tree-move": "does nothing: no directory is renamed",
    "removal": "does nothing: nothing is removed",
}
"""What a clause does where a feature is missing, and why."""

_ALWAYS_MET: Final[dict[str, tuple[Feature | None, str]]] = {
    "renames only": ("other-call", "does nothing: every call is a rename"),
    "while target is absent": ("old-target", "does nothing: nothing has the target's name"),
    "done if target exists": ("old-target", "does nothing: nothing has the target's name"),
    "unless target is a directory": (None, "does nothing: no directory has the target's name"),
}
"""For a condition the feature without which it decides nothing (``None``: in any operation), and why."""


def idle_clauses(
    spec: StrategySpec, features: frozenset[Feature], *, conditions: bool = True
) -> dict[str, str]:
    """Return the clauses of fixed words that can do nothing for an operation, with what it does.

    `features` are those of the operation, or of all operations together. Without `conditions` those that
    are always met are left out: a strategy that software ships is made for other operations, too.
    """
    there = set(features)
    if spec.method is not None and "tree-move" in there:  # the calls of the method, for each file
        there.add("file-move")
        if tree_methods.METHODS[spec.method].primitive is not None:
            there.discard("rename")
    needs = {words: phrase.needs for words, phrase in spec.clauses.items()}
    found = {words: WITHOUT[need] for words, need in needs.items() if need and need not in there}
    for each in spec.otherwise:
        needs_one_of = WAYS[each.way].needs
        if needs_one_of and there.isdisjoint(needs_one_of):
            found[str(each)] = WITHOUT[min(needs_one_of)]
    makes_targets = (spec.method is not None and "tree-move" in there) or any(
        WAYS[each.way].makes_targets and str(each) not in found for each in spec.otherwise
    )  # and calls other than renames
    if conditions and not makes_targets:
        for words in [each for each in _ALWAYS_MET if each in needs and each not in found]:
            feature, meaning = _ALWAYS_MET[words]
            if feature not in there:
                found[words] = meaning
    return found


def without_idle(spec: StrategySpec, features: frozenset[Feature]) -> StrategySpec:
    """Return the same strategy without the clauses that can do nothing."""
    found = idle_clauses(spec, features)
    idle = {
        spec.clauses[words].field
        for words, effect in found.items()
        if words in spec.clauses and effect != WITHOUT["rename"]
    }
    unset = type(spec)()
    changes: dict[str, Any] = {name: getattr(unset, name) for name in idle}
    left = tuple(each for each in spec.otherwise if str(each) not in found)
    return replace(spec, **changes, otherwise=left)
