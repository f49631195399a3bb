"""What is wrong *between* the parts of a scenario, each of which may be fine by itself.

These checks work on the file as it was written, so that what they find is reported together with what
the model finds, even where the model could not be built.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from harness.errors import InvalidInputError, Problem
from harness.scenario.model import (
    FACTORS,
    FILE_KINDS,
    FILE_OPERATIONS,
    TREE_KINDS,
    TREE_OPERATIONS,
    StrategyChoice,
    long_form,
)
from harness.scenario.problems import expected_of, found_of, key_of
from harness.strategy import lookup
from harness.strategy.notation import NotationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.holds.profile import Profile


def strings(raw: Mapping[str, Any], key: str) -> list[str]:
    """The strings in the list `key`, whatever else is wrong with it."""
    value = raw.get(key)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _tables(raw: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """The list `key` as tables; what is not a table counts as an empty one."""
    value = raw.get(key)
    items = value if isinstance(value, list) else []
    return [item if isinstance(item, dict) else {} for item in items]


def _kinds(raw: Mapping[str, Any], key: str) -> list[str]:
    """The ``kind`` of each table in the list `key`; empty where there is none."""
    return [str(table.get("kind", "")) for table in _tables(raw, key)]


def misfits(raw: Mapping[str, Any], profiles: Mapping[str, Profile], file: str) -> Iterator[Problem]:
    """What is wrong between the parts of a scenario, each of which may be fine by itself.

    Works on the file as it was written, so that these problems are reported beside all others.
    """
    payloads = _kinds(raw, "payload")
    operations = _kinds(raw, "operations")
    trees = [kind for kind in payloads if kind in TREE_KINDS]
    files = [kind for kind in payloads if kind in FILE_KINDS]
    for number, kind in enumerate(operations):
        unfit = files if kind in TREE_OPERATIONS else trees if kind in FILE_OPERATIONS else []
        if unfit:
            fit = TREE_KINDS if kind in TREE_OPERATIONS else FILE_KINDS
            yield Problem(
                file,
                f"operations[{number}].kind",
                f"{kind!r} on a payload of kind {unfit[0]!r}",
                f"a payload of kind {', '.join(sorted(fit))}",
            )
        before = operations[:number]
        if kind in FILE_OPERATIONS | {"rename"} and before:
            yield Problem(
                file,
                f"operations[{number}].kind",
                f"{kind!r} after {before[-1]!r}",
                f"{kind!r} first: it takes the payload from its temporary place",
            )
        if kind in {"remove", "rewrite"} and "rename" in before:
            yield Problem(
                file,
                f"operations[{number}].kind",
                f"{kind!r} after 'rename'",
                f"{kind!r} before the payload is moved: it works on an installed tree",
            )
    for name, profile in profiles.items():
        if {hold.handle.object for hold in profile.holds} == {"directory"} and files:
            yield Problem(
                file,
                "profiles",
                f"{name!r}, which holds a directory",
                "a profile that holds something these operations touch",
            )
    yield from never_succeeding(raw, file)
    yield from _repeated(raw, file)
    yield from _shared_places(raw, file)
    yield from _wrong_strategies(raw, file)
    factors = raw.get("factors")
    if isinstance(factors, dict):
        for factor, needs in FACTORS.items():
            if factor in factors and not needs & set(operations):
                found = f"{', '.join(operations) or 'no operation'}"
                expected = f"an operation of kind {' or '.join(sorted(needs))} to apply it to"
                yield Problem(file, f"factors.{factor}", found, expected)


def never_succeeding(raw: Mapping[str, Any], file: str) -> Iterator[Problem]:
    """Find operations that Windows refuses whatever holds the files: no strategy is to blame."""
    operations = _tables(raw, "operations")
    factors = raw.get("factors")
    varied = factors.get("primitive") if isinstance(factors, dict) else None
    for number, operation in enumerate(operations):
        kind, existing = str(operation.get("kind", "")), operation.get("existing") is True
        primitives = varied if isinstance(varied, list) else [operation.get("primitive")]
        key = f"operations[{number}].primitive"
        if kind in FILE_OPERATIONS | {"rename"} and "replace-file" in primitives and not existing:
            yield Problem(
                file, key, "'replace-file' where nothing is", "existing = true, or another one"
            )
        if kind in FILE_OPERATIONS and "move" in primitives and existing:
            yield Problem(file, key, "'move' over an existing file", "'move-replace' or another one")
        if kind == "rewrite" and len(operations) > 1:
            key = f"operations[{number}].kind"
            yield Problem(file, key, "'rewrite' beside other operations", "it alone")


def _repeated(raw: Mapping[str, Any], file: str) -> Iterator[Problem]:
    names = [str(table["name"]) for table in _tables(raw, "payload") if "name" in table]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(file, "payload", f"{name!r} more than once", "each name once")


def _shared_places(raw: Mapping[str, Any], file: str) -> Iterator[Problem]:
    """Find operations that would put several items into one place; only `place` may."""
    payload = _tables(raw, "payload")
    sizes = [table["sizes"] for table in payload if isinstance(table.get("sizes"), list)]
    if len(payload) == 1 and not any(len(found) > 1 for found in sizes):
        return
    for number, operation in enumerate(_tables(raw, "operations")):
        for key in ("to", "at") if operation.get("kind") != "place" else ():
            path = operation.get(key)
            if isinstance(path, str) and "{name}" not in path and "{file}" not in path:
                expected = "a place for each item of the payload, with {name} or {file}"
                yield Problem(file, f"operations[{number}].{key}", repr(path), expected)


def _wrong_strategies(raw: Mapping[str, Any], file: str) -> Iterator[Problem]:
    given = raw.get("strategies")
    labels: list[str] = []
    for number, item in enumerate(given if isinstance(given, list) else []):
        try:
            choice = StrategyChoice.model_validate(long_form(item))
        except ValidationError:
            continue  # reported with the model
        labels.append(choice.display)
        if choice.file is None:
            yield from _wrong_parameters(choice, f"strategies[{number}]", file)
    for label in sorted({label for label in labels if labels.count(label) > 1}):
        yield Problem(
            file, "strategies", f"{label!r} more than once", "distinct strategies, or a label each"
        )


def _wrong_parameters(choice: StrategyChoice, key: str, file: str) -> Iterator[Problem]:
    try:
        view = lookup.known(choice.use)
        if view is not None:
            view.with_parameters(choice.parameters).strategy  # noqa: B018 - made to be checked
        elif choice.use not in lookup.installed_names():  # loading a plug-in would run its code
            expected = f"a strategy. {lookup.hint_for(choice.use)}"
            yield Problem(file, f"{key}.use", repr(choice.use), expected)
    except NotationError as error:
        where = f"{error.found!r} at character {error.at + 1} of {error.text!r}"
        yield Problem(file, f"{key}.strategy", where, error.expected)
    except InvalidInputError as error:
        yield Problem(file, f"{key}.strategy", error.message, error.hint or "a strategy that fits")
    except ValidationError as error:
        assert view is not None  # noqa: S101 - its parameters were checked
        for detail in error.errors(include_url=False):
            unknown = detail["type"] == "unexpected_keyword_argument"
            yield Problem(
                file,
                f"{key}.{key_of(detail['loc'])}",
                "an unknown key" if unknown else found_of(detail["type"], detail["input"]),
                f"one of {', '.join(['use', 'label', 'file', *view.parameters])}"
                if unknown
                else expected_of(detail),
            )
    except ValueError as error:
        yield Problem(file, key, repr(choice.parameters), str(error))
