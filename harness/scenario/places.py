"""Check that what becomes a file is a file of its own, on Windows and macOS too.

There names that differ only in case, or in how an accent is written, are one file; a few are devices.
Like all cross checks these work on the scenario as it was written.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final, NamedTuple

from harness.scenario.bounds import MOST_INSTALLS, MOST_STEPS
from harness.scenario.names import MOST_NAME_BYTES, is_portable_name, is_short_name
from harness.scenario.operations import OPERATION_MODELS
from harness.scenario.operations.base import OperationBase
from harness.text import counted

_PLACEHOLDER: Final = re.compile(r"\{(name|version|file)\}")
_PLACES: Final = ("from", "to", "at")
"""The keys of operations that name places."""
Found = tuple[str, str, str]
"""A key, what was found there, and what was expected or nothing: a `Problem` without its file."""

MOST_PATH: Final = 400
"""The longest place below a trial's folder. Windows takes 32,767 characters in all, or 260 where long
paths are off; folders in a user's profile have about 80, macOS takes 1,024 bytes."""
_SHORT_NAMES: Final = f"file names of at most {MOST_NAME_BYTES} bytes"
IN_MORE_THAN_CASE: Final = "names that differ in more than case: on Windows they are one file"


def folded(name: str) -> str:
    """What all names of the same file have in common where case does not count."""
    return unicodedata.normalize("NFC", name).casefold()


def repeated_names(key: str, names: Iterable[str], once: str) -> Iterator[Found]:
    """Yield names that are there twice, or differ in case only; `once` is expected of the former."""
    spelled: dict[str, Counter[str]] = defaultdict(Counter)
    for name in names:
        spelled[folded(name)][name] += 1
    for same in spelled.values():
        yield from ((key, f"{name!r} more than once", once) for name, times in same.items() if times > 1)
        if len(same) > 1:
            yield key, " and ".join(map(repr, same)), IN_MORE_THAN_CASE


class _Item(NamedTuple):
    """What fills the placeholders of a target, for one item of the payload."""

    name: str
    version: str
    file: str


def shared_places(payload: list[dict[str, Any]], operations: list[dict[str, Any]]) -> Iterator[Found]:
    """Yield what would put two items into one place, or give a file a name that Windows refuses."""
    items = list(islice(_items(payload), MOST_INSTALLS + 1))
    if len(items) * len(operations) > MOST_INSTALLS:
        more = "more than " * (len(items) > MOST_INSTALLS)
        shown = counted(min(len(items), MOST_INSTALLS), "item")
        found = f"{more}{shown} x {counted(len(operations), 'operation')}"
        yield "payload", found, f"at most {MOST_INSTALLS:,} operations in a trial"
        return
    yield from repeated_names("payload", (item.name for item in items), "each name once")
    for item in items:
        if not is_portable_name(item.file):
            yield (
                "payload",
                f"a file {item.file!r}",
                "a file name on Windows, too: no device such as nul",
            )
        elif not is_short_name(item.file):
            yield "payload", f"a file {_shortened(item.file)}", _SHORT_NAMES
    targets: dict[str, tuple[str, str]] = {}
    for number, operation in enumerate(operations):
        model = OPERATION_MODELS.get(str(operation.get("kind", "")), OperationBase)
        for key, place in _templates(operation) if not model.shares_target else ():
            yield from _places(f"operations[{number}]{key}", place, items, targets)


def spelled_otherwise(
    operations: list[dict[str, Any]], processes: list[dict[str, Any]]
) -> Iterator[Found]:
    """Yield folders, and places of other processes, that differ from another one in case only."""
    named = [
        (f"operations[{number}]{key}", place, "")
        for number, operation in enumerate(operations)
        for key, place in _templates(operation)
    ]  # of places themselves that is said by `shared_places`
    named += [
        (f"processes[{number}].at", place, place)
        for number, process in enumerate(processes)
        if isinstance(place := process.get("at"), str)
    ]
    spelled: dict[str, str] = {}
    for _, place, _ in named:
        spelled.setdefault(folded(place), place)
    for key, place, whole in named:
        folders = [place[: found.start()] for found in re.finditer("/", place)]
        for path in filter(None, [*folders, whole]):
            if (before := spelled.setdefault(folded(path), path)) != path:
                yield key, f"{path!r} and {before!r}", IN_MORE_THAN_CASE
                break


def steps_after_failure(operation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the steps that put things back after an operation, as written; wrong ones as empty."""
    steps = operation.get("on_failure")
    found = steps[:MOST_STEPS] if isinstance(steps, list) else []
    return [each if isinstance(each, dict) else {} for each in found]


def every_step(operation: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield an operation and the steps after its failure, by what follows its key."""
    yield "", operation
    for number, step in enumerate(steps_after_failure(operation)):
        yield f".on_failure[{number}]", step


def _templates(operation: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The places of an operation and of the steps after its failure, by what follows its key."""
    for where, step in every_step(operation):
        yield from ((f"{where}.{key}", step[key]) for key in _PLACES if isinstance(step.get(key), str))


def _places(
    key: str, template: str, items: list[_Item], targets: dict[str, tuple[str, str]]
) -> Iterator[Found]:
    """Yield why the places of one operation are not one for each item; remember them in `targets`."""
    if len(items) > 1 and "{name}" not in template and "{file}" not in template:
        expected = "a place for each item of the payload, with {name} or {file}"
        yield key, repr(template), expected
        return
    if not all(map(is_portable_name, _PLACEHOLDER.sub("x", template).split("/"))):
        return  # reported with the model
    for item in items:
        path = template
        for word, value in item._asdict().items():
            path = path.replace(f"{{{word}}}", value)
        if not all(map(is_portable_name, path.split("/"))):
            yield key, f"the place {path!r}", "file names on Windows, too: no device such as nul"
            return
        if not all(map(is_short_name, path.split("/"))):
            yield key, f"the place {_shortened(path)}", _SHORT_NAMES
            return
        if len(path) > MOST_PATH:
            yield key, f"the place {_shortened(path)}", f"a path of at most {MOST_PATH} characters"
            return
        before, owner = targets.setdefault(folded(path), (path, item.name))
        if before != path:
            yield key, f"the places {before!r} and {path!r}", IN_MORE_THAN_CASE
            return
        if owner != item.name:
            yield key, f"{path!r} for both {owner!r} and {item.name!r}", "a place for each item"
            return


def _shortened(name: str) -> str:
    return repr(name) if len(name) <= 60 else f"{name[:57]!r} …"  # noqa: PLR2004 - fits a terminal line


def _items(payload: list[dict[str, Any]]) -> Iterator[_Item]:
    """The items of the payload, as `harness.payload.prepare` makes them; wrong tables have none."""
    for table in payload:
        kind, name = table.get("kind"), table.get("name")
        version = str(table.get("version", "0"))
        if not isinstance(name, str):
            continue
        match kind:
            case "files":
                sizes = table.get("sizes")
                for number in range(len(sizes) if isinstance(sizes, list) else 1):
                    yield _Item(name if number == 0 else f"{name}-{number}", version, f"{name}-{number}")
            case "launcher":
                script = str(table.get("entry_point", name)).partition(" ")[0]
                yield _Item(name, version, f"{script}.exe")
            case "built-wheel":
                yield _Item(name, version, f"{name}-{version}-py3-none-any.whl")
            case _:
                yield _Item(name, version, str(table.get("file", name)))
