"""Checks *between* the parts of a scenario, each of which may be fine by itself.

They work on the file as it was written, so that what they find is reported together with what the model
finds, even where the model could not be built.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from harness.errors import InvalidInputError, Problem
from harness.scenario.bounds import MOST_LISTED
from harness.scenario.model import FACTORS, StrategyChoice, long_form
from harness.scenario.operations import OPERATION_MODELS
from harness.scenario.operations.base import OperationBase
from harness.scenario.payload_models import FILE_KINDS, TREE_KINDS
from harness.scenario.places import Found, repeated_names, shared_places, spelled_otherwise
from harness.scenario.problems import found_and_expected, key_of, unknown_key
from harness.scenario.sequences import unfit_sequences, unknown_strategies
from harness.strategy import catalogue, lookup, notation
from harness.strategy.notation import NotationError

if TYPE_CHECKING:
    from harness.holds.profile import Profile
    from harness.strategy.purpose import Purpose

PlugIns = Callable[[], Collection[str]]
"""Gives the names of the strategies that other distributions register."""


def _items(raw: Mapping[str, Any], key: str) -> list[Any]:
    """Return the list `key`; anything but a list counts as an empty one.

    Only `MOST_LISTED` are checked: that there are no more is said with the model.
    """
    value = raw.get(key)
    return value[:MOST_LISTED] if isinstance(value, list) else []


def strings(raw: Mapping[str, Any], key: str) -> list[str]:
    """Return the strings in the list `key`, whatever else is wrong with it."""
    return [item for item in _items(raw, key) if isinstance(item, str)]


def _tables(raw: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the list `key` as tables; anything but a table counts as an empty one."""
    return [item if isinstance(item, dict) else {} for item in _items(raw, key)]


def _kinds(raw: Mapping[str, Any], key: str) -> list[str]:
    """Return the ``kind`` of each table in the list `key`; empty where there is none."""
    return [str(table.get("kind", "")) for table in _tables(raw, key)]


def cross_checks(
    raw: Mapping[str, Any], profiles: Mapping[str, Profile], file: str, plug_ins: PlugIns
) -> Iterator[Problem]:
    """Yield what is wrong between the parts of a scenario, read from TOML as `raw`.

    `plug_ins` gives the names of the strategies that are installed; it is asked only where one may be
    meant.
    """
    for found in chain(
        _unfit_operations(raw),
        _unfit_installs(raw),
        _unfit_profiles(raw, profiles),
        never_succeeding(raw),
        shared_places(_tables(raw, "payload"), _tables(raw, "operations")),
        spelled_otherwise(_tables(raw, "operations"), _tables(raw, "processes")),
        unfit_sequences(_tables(raw, "operations")),
        unknown_strategies(_tables(raw, "operations"), wanted_for(raw)),
        repeated_names("profiles", dict.fromkeys(strings(raw, "profiles")), "each once"),
        _wrong_strategies(raw, plug_ins),
        _unfit_factors(raw),
    ):
        yield Problem(file, *found)


def _unfit_operations(raw: Mapping[str, Any]) -> Iterator[Found]:
    """Yield operations that do not fit the payload, or come too late."""
    payloads = _kinds(raw, "payload")
    fitting = {"trees": TREE_KINDS, "files": FILE_KINDS, "any": TREE_KINDS | FILE_KINDS}
    models = _operation_models(raw)
    for number, (kind, model) in enumerate(models):
        key = f"operations[{number}].kind"
        unfit = [payload for payload in payloads if payload in fitting["any"] - fitting[model.works_on]]
        if unfit:
            fit = ", ".join(sorted(fitting[model.works_on]))
            found = f"{kind!r} on a payload of kind {unfit[0]!r}"
            yield key, found, f"a payload of kind {fit}"
        before = models[:number]
        if model.is_first and before:
            expected = f"{kind!r} first, or alone"
            yield key, f"{kind!r} after {before[-1][0]!r}", expected
        if model.is_alone and len(models) > 1:
            yield key, f"{kind!r} beside other operations", f"{kind!r} alone"


def _unfit_installs(raw: Mapping[str, Any]) -> Iterator[Found]:
    if "run_again_times" in raw and "run_again_after_ms" not in raw:
        expected = "run_again_after_ms beside it: how long after a failure"
        yield "run_again_times", repr(raw["run_again_times"]), expected
    if "writers" in raw and raw.get("concurrency", 1) != 1:
        yield "concurrency", repr(raw["concurrency"]), "1 beside writers: each installs item by item"


def _operation_models(raw: Mapping[str, Any]) -> list[tuple[str, type[OperationBase]]]:
    """Return the kind of each operation, with its model; an unknown kind declares nothing."""
    return [(kind, OPERATION_MODELS.get(kind, OperationBase)) for kind in _kinds(raw, "operations")]


def _unfit_profiles(raw: Mapping[str, Any], profiles: Mapping[str, Profile]) -> Iterator[Found]:
    if not FILE_KINDS & set(_kinds(raw, "payload")):
        return
    for name, profile in profiles.items():
        if {hold.handle.object for hold in profile.holds} == {"directory"}:
            yield (
                "profiles",
                f"{name!r}, which holds a directory",
                "a profile that holds something these operations touch",
            )


def _unfit_factors(raw: Mapping[str, Any]) -> Iterator[Found]:
    operations, given = _kinds(raw, "operations"), raw.get("factors")
    factors = given if isinstance(given, dict) else {}
    for factor, kinds in FACTORS.items():
        if factor in factors and not kinds & set(operations):
            found = ", ".join(operations) or "no operation"
            expected = f"an operation of kind {' or '.join(sorted(kinds))} to apply it to"
            yield f"factors.{factor}", found, expected


def never_succeeding(raw: Mapping[str, Any]) -> Iterator[Found]:
    """Yield operations that Windows always refuses, whatever the strategy and the holds."""
    factors = raw.get("factors")
    varied = factors.get("primitive") if isinstance(factors, dict) else None
    for number, operation in enumerate(_tables(raw, "operations")):
        if str(operation.get("kind", "")) not in FACTORS["primitive"]:
            continue
        there = operation.get("already_there")
        existing = operation.get("existing") is True or (
            isinstance(there, dict) and there.get("what") != "folder"
        )
        primitives = varied if isinstance(varied, list) else [operation.get("primitive")]
        key = f"operations[{number}].primitive"
        if "replace-file" in primitives and not existing:
            yield key, "'replace-file' where nothing is", "existing = true, or another one"
        if "move" in primitives and operation.get("existing") is True:
            yield key, "'move' over an existing file", "'move-replace' or another one"


def _wrong_strategies(raw: Mapping[str, Any], plug_ins: PlugIns) -> Iterator[Found]:
    names: dict[str, list[str]] = {}
    purpose = wanted_for(raw)
    for number, item in enumerate(_items(raw, "strategies")):
        try:
            choice = StrategyChoice.model_validate(long_form(item))
        except ValidationError:
            continue  # reported with the model
        if choice.file is None:
            yield from _wrong_parameters(choice, f"strategies[{number}]", purpose, plug_ins)
        label = resolved(choice, purpose).display
        names.setdefault(label, []).append(choice.display)
        yield from _misleading_name(choice, f"strategies[{number}]", purpose, plug_ins)
    labels: list[str] = []
    for label, given in names.items():
        if len(set(given)) > 1:
            found = f"{' and '.join(map(repr, given))}, which are one strategy here: {label}"
            yield "strategies", found, "one of them, or a label each"
        labels += [label] * (1 if len(set(given)) > 1 else len(given))
    yield from repeated_names("strategies", labels, "distinct strategies, or a label each")


def _misleading_name(
    choice: StrategyChoice, key: str, purpose: Purpose | None, plug_ins: PlugIns
) -> Iterator[Found]:
    """Yield a name in tables that another strategy has: it would be credited with these results."""
    if choice.label is None and choice.file is None:
        return
    name = choice.display.strip().lower()
    meant = None
    with suppress(InvalidInputError):  # invalid notation, or a system without one for the operation
        meant = lookup.known(name, purpose)
    is_notation = meant is not None and meant.origin == "notation"
    if is_notation and not notation.is_spelled_out(name):
        return  # words that could be read as notation, which nobody else writes so
    if meant is None and not catalogue.select(name) and name not in plug_ins():
        return
    same = choice.model_copy(update={"label": None})
    if resolved(StrategyChoice.model_validate(long_form(name)), purpose) != resolved(same, purpose):
        own = "label" if choice.label is not None else "use"
        found = "the notation" if is_notation else "the name"
        expected = f"a label that is {found} of no other strategy"
        yield f"{key}.{own}", f"{choice.display!r}, {found} of another strategy", expected


def resolved(choice: StrategyChoice, purpose: Purpose | None) -> StrategyChoice:
    """Return a choice with the strategy that a system's name stands for; any other as it is."""
    if choice.file is not None:
        return choice
    with suppress(InvalidInputError):  # reported where it is checked
        if (view := lookup.known(choice.use, purpose)) is not None:
            return choice.model_copy(update={"use": view.name})
    return choice


def wanted_for(raw: Mapping[str, Any]) -> Purpose | None:
    """Return what the strategies are wanted for, unless the first operation is invalid."""
    with suppress(ValidationError, LookupError):
        model = OPERATION_MODELS[_kinds(raw, "operations")[0]]
        operation = model.model_validate(_tables(raw, "operations")[0])
        return operation.purpose(is_tree=not TREE_KINDS.isdisjoint(_kinds(raw, "payload")))
    return None


def _wrong_parameters(
    choice: StrategyChoice, key: str, purpose: Purpose | None, plug_ins: PlugIns
) -> Iterator[Found]:
    try:
        view = lookup.known(choice.use, purpose)
        if view is not None:
            view.with_parameters(choice.parameters).strategy  # noqa: B018 - made to be checked
        elif choice.use not in plug_ins():  # loading a plug-in would run its code
            unknown = f"no strategy is called {choice.use!r}. {lookup.hint_for(choice.use)}"
            yield f"{key}.use", unknown, ""
    except NotationError as error:
        yield f"{key}.strategy", f"{error.text!r}, character {error.at + 1}: {error.reason}", ""
    except InvalidInputError as error:
        if purpose is None and catalogue.select(choice.use):
            return  # which one it is depends on the operation, which is reported
        name = "strategy" if "strategy" in choice.parameters else "use"
        yield f"{key}.{name}", f"{error.message}. {error.hint or ''}".rstrip(), ""
    except ValidationError as error:
        assert view is not None  # noqa: S101 - its parameters were checked
        for detail in error.errors(include_url=False):
            name = key_of(detail["loc"])
            if detail["type"] == "unexpected_keyword_argument":
                known_keys = ["use", "label", "file", *view.parameters]
                yield f"{key}.{name}", unknown_key(name, known_keys), ""
            else:
                yield f"{key}.{name}", *found_and_expected(detail)
    except ValueError as error:
        yield key, str(error), ""
