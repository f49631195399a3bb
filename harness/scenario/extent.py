"""Check how much a scenario asks for, before any of it is expanded: variants, trials, files."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from harness.errors import InvalidInputError
from harness.scenario.bounds import (
    MOST_BLOCKS,
    MOST_FILE_STEPS,
    MOST_FILES,
    MOST_HOLDS,
    MOST_TRIALS,
    MOST_VARIANTS,
)
from harness.scenario.payload_models import FilesPayload, Payload
from harness.text import counted, joined

if TYPE_CHECKING:
    from harness.holds.profile import Profile
    from harness.scenario.load import LoadedScenario
    from harness.scenario.model import Scenario
    from harness.scenario.places import Found


def excesses(scenario: Scenario) -> Iterator[Found]:
    """Yield the products in a scenario that are too large, as problems of its file."""
    variants, spelled = _variants(scenario)
    yield from _excess("strategies", variants, "variant", spelled, MOST_VARIANTS, "a case")
    profiles = len(scenario.profiles)
    trials = variants * profiles * scenario.blocks
    spelled = f"{_times(variants, 'variant')} {_times(profiles, 'profile')} " + counted(
        scenario.blocks, "block"
    )
    yield from _excess("blocks", trials, "trial", spelled, MOST_TRIALS, "a run")
    files = sum(map(_files, scenario.payload))
    spelled = f"in {counted(len(scenario.payload), 'payload')}, folders included"
    yield from _excess("payload", files, "file", spelled, MOST_FILES, "a scenario")
    operations = len(scenario.operations) * scenario.installs
    if files <= MOST_FILES:
        steps, spelled = (
            files * operations,
            f"{_times(files, 'file')} {counted(operations, 'operation')}",
        )
        yield from _excess("operations", steps, "step", spelled, MOST_FILE_STEPS, "a trial")


def hold_excesses(scenario: Scenario, profiles: Mapping[str, Profile]) -> Iterator[Found]:
    """Yield the profiles that would hold more than `MOST_HOLDS` times in one trial."""
    files = sum(map(_files, scenario.payload))
    operations = len(scenario.operations) * scenario.installs
    opened = sum(process.most for process in scenario.processes) * _items(scenario)
    spelled = f"{counted(len(scenario.processes), 'process')}, each for every item"
    yield from _excess("processes", opened, "opening", spelled, MOST_HOLDS, "a trial")
    for name, profile in profiles.items():
        each = sum(
            hold.most * (files if hold.handle.object == "children" else len(scenario.payload))
            for hold in profile.holds
        )
        spelled = f"{name!r} on {counted(files, 'file')}, {counted(operations, 'operation')}"
        yield from _excess("profiles", each * operations, "hold", spelled, MOST_HOLDS, "a trial")


def check_extent(scenarios: Iterable[LoadedScenario], blocks: Iterable[int | None]) -> None:
    """Raise `InvalidInputError` if a run would be too large, or without end.

    `blocks` has the number for each scenario, ``None`` where time limits the run. The profiles,
    strategies and factors may be others than those of a file.
    """
    trials, parts = 0, []
    for loaded, number in zip(scenarios, blocks, strict=True):
        if number is not None and not 1 <= number <= MOST_BLOCKS:
            raise InvalidInputError(
                f"{loaded.name}: found {counted(number, 'block')}; expected 1 to {MOST_BLOCKS:,}"
            )
        variants, spelled = _variants(loaded.scenario)
        for _, found, expected in _excess("", variants, "variant", spelled, MOST_VARIANTS, "a case"):
            raise InvalidInputError(f"{loaded.name}: found {found}; expected {expected}")
        cases = len(loaded.profiles)
        trials += trials_of(loaded, number)
        parts.append(
            f"{loaded.name} ({_times(variants, 'variant')} {_times(cases, 'profile')} "
            f"{counted(number or 1, 'block')})"
        )
    for _, found, expected in _excess("", trials, "trial", joined(parts, most=5), MOST_TRIALS, "a run"):
        raise InvalidInputError(
            f"found {found}; expected {expected}",
            hint="Use fewer --blocks, --max-time, or fewer strategies and values of factors.",
        )


def trials_of(loaded: LoadedScenario, blocks: int | None) -> int:
    """The number of trials of a scenario; of one block where time limits the run."""
    return _variants(loaded.scenario)[0] * len(loaded.profiles) * (blocks or 1)


def _variants(scenario: Scenario) -> tuple[int, str]:
    factors = scenario.factors.model_dump(exclude_none=True)
    sizes = {name: len(values) for name, values in factors.items()}
    strategies = len(scenario.strategies)
    spelled = " x ".join(
        [counted(strategies, "strategy"), *(f"{size:,} of {name}" for name, size in sizes.items())]
    )
    return strategies * math.prod(sizes.values()), spelled


def _files(payload: Payload) -> int:
    """The files and folders of a payload, as far as the scenario says."""
    if isinstance(payload, FilesPayload):
        return len(payload.sizes)
    shape = getattr(payload, "shape", None)
    if shape is None:
        return 1
    return int(shape.folders + shape.other.files + (shape.pe.files if shape.pe else 0))


def _items(scenario: Scenario) -> int:
    """The items of the payload: of a group of files, each is one."""
    return sum(len(each.sizes) if isinstance(each, FilesPayload) else 1 for each in scenario.payload)


def _times(number: int, noun: str) -> str:
    return f"{counted(number, noun)} x"


def _excess(key: str, number: int, noun: str, spelled: str, most: int, whole: str) -> Iterator[Found]:
    if number > most:
        yield key, f"{counted(number, noun)}: {spelled}", f"at most {most:,} in {whole}"
