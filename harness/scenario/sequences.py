"""Check that the steps of a scenario fit each other: each finds something, and none is in another's way.

Like all cross checks these work on the scenario as it was written. A step with a condition, or one that
may fail, leaves it open what is there afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from harness.errors import InvalidInputError
from harness.scenario.places import Found, every_step, folded, steps_after_failure
from harness.strategy import lookup
from harness.strategy.notation import NotationError
from harness.strategy.purpose import Purpose

_SOURCES: Final[Mapping[str, str]] = {
    "rename": "from",
    "remove": "at",
    "remove-file": "to",
    "rewrite": "at",
    "copy-truncate": "at",
}
"""By kind: the key of the place that a step finds something at."""
_TAKES_AWAY: Final = frozenset({"rename", "remove", "remove-file"})
_PUTS_BACK: Final = frozenset({"rename", "remove", "remove-file"})
"""The kinds that may put things back."""


def unfit_sequences(operations: list[dict[str, Any]]) -> Iterator[Found]:
    """Yield steps that find nothing, move something into itself, or cannot put anything back."""
    gone: dict[str, int] = {}
    for number, operation in enumerate(operations):
        key = f"operations[{number}]"
        yield from _unfit(operation, key, gone)
        yield from _unfit_returns(operation, key)
        _apply(operation, number, gone)


def _unfit(operation: Mapping[str, Any], key: str, gone: Mapping[str, int]) -> Iterator[Found]:
    source = _path(operation, _SOURCES.get(str(operation.get("kind")), "from"))
    target = _path(operation, "to")
    if source is not None and folded(source) in gone and "only_if" not in operation:
        name = _SOURCES[str(operation["kind"])]
        found = f"{source!r}, where operations[{gone[folded(source)]}] leaves nothing"
        yield f"{key}.{name}", found, "a place at which something is by then"
    moves = operation.get("kind") == "rename" and source is not None and target is not None
    if moves and f"{folded(str(target))}/".startswith(f"{folded(str(source))}/"):
        yield f"{key}.to", f"{target!r}, in what is renamed", "a place outside of it"


def _unfit_returns(operation: Mapping[str, Any], key: str) -> Iterator[Found]:
    steps = steps_after_failure(operation)
    if steps and operation.get("may_fail") is True:
        yield f"{key}.on_failure", "steps for a failure that does not matter", "no may_fail beside it"
    for number, step in enumerate(steps):
        own = f"{key}.on_failure[{number}]"
        kind = step.get("kind")
        if isinstance(kind, str) and (
            kind not in _PUTS_BACK or (kind == "rename" and "from" not in step)
        ):
            found = f"{kind!r} without `from`" if kind == "rename" else repr(kind)
            yield f"{own}.kind", found, "a rename with `from`, or a removal: what puts things back"
        if "on_failure" in step:
            yield f"{own}.on_failure", "steps after steps", "may_fail, or nothing"
        yield from _unfit(step, own, {})


def _apply(operation: Mapping[str, Any], number: int, gone: dict[str, int]) -> None:
    """Note which place has nothing after an operation that succeeded."""
    kind = str(operation.get("kind"))
    source, target = _path(operation, _SOURCES.get(kind, "from")), _path(operation, "to")
    if target is not None:
        gone.pop(folded(target), None)
    if source is not None and kind in _TAKES_AWAY and not {"only_if", "may_fail"} & set(operation):
        gone[folded(source)] = number


def _path(operation: Mapping[str, Any], key: str) -> str | None:
    value = operation.get(key)
    return value if isinstance(value, str) else None


def unknown_strategies(operations: list[dict[str, Any]], purpose: Purpose | None) -> Iterator[Found]:
    """Yield the strategies of single steps that do not come with the harness, or are not for that."""
    for number, operation in enumerate(operations):
        for place, step in every_step(operation):
            name = step.get("strategy")
            if isinstance(name, str):
                yield from _unknown(name, f"operations[{number}]{place}.strategy", purpose)


def _unknown(name: str, key: str, purpose: Purpose | None) -> Iterator[Found]:
    try:
        with suppress(LookupError):
            if lookup.known(name, purpose) is None:
                yield key, f"no strategy is called {name!r}. {lookup.hint_for(name)}", ""
    except NotationError as error:
        yield key, f"{error.text!r}, character {error.at + 1}: {error.reason}", ""
    except InvalidInputError as error:
        yield key, f"{error.message}. {error.hint or ''}".rstrip(), ""
