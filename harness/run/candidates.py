"""Resolve the strategies that a scenario names: shipped, installed, or from a file beside it.

This is the only place where strategy code from outside is loaded, and it checks for permission first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from harness.errors import CodeNotAllowedError, InvalidInputError
from harness.scenario.load import LoadedScenario
from harness.scenario.model import StrategyChoice, long_form
from harness.strategy import Strategy, catalogue, lookup, retried_codes, schedule


@dataclass(frozen=True)
class Candidate:
    """A resolved strategy: how it was chosen, where it comes from, and its source if from a file."""

    choice: StrategyChoice
    strategy: Strategy
    origin: str
    source: str | None = None

    @property
    def label(self) -> str:
        """The name of the candidate in tables."""
        return self.choice.display


def resolve(
    loaded: LoadedScenario, *, allow_code: bool, sources: Mapping[str, str] | None = None
) -> list[Candidate]:
    """Make every strategy of the scenario.

    `sources` has the texts of strategy files by label, for a run that is resumed. Raises
    `CodeNotAllowedError` before any foreign code runs, `InvalidInputError` for what cannot be made.
    """
    require_permission(loaded, allow_code=allow_code)
    return [_resolve(choice, loaded, sources or {}) for choice in loaded.scenario.strategies]


def require_permission(loaded: LoadedScenario, *, allow_code: bool) -> None:
    """Raise `CodeNotAllowedError` if the scenario runs code and is neither shipped nor allowed to."""
    brings_files = any(choice.file for choice in loaded.scenario.strategies)
    if allow_code or not loaded.scenario.runs_code or (loaded.shipped and not brings_files):
        return
    files = sorted({choice.file for choice in loaded.scenario.strategies if choice.file})
    builds = [item.file for item in loaded.scenario.payload if item.kind == "built-wheel"]
    what = [f"run {file}" for file in files] + [f"build {file}" for file in builds]
    raise CodeNotAllowedError(
        f"{loaded.name} would {' and '.join(what)}, which runs code that came with it",
        hint="If you trust it, use --allow-code.",
    )


def choose(loaded: LoadedScenario, names: Sequence[str]) -> list[StrategyChoice]:
    """Choose strategies by name or label: those of the scenario first, else any known one.

    Of a system, or a system and a version, that is its strategy for what the scenario does. Raises
    `InvalidInputError` for an unknown name, and for a system without such a strategy.
    """
    chosen: list[StrategyChoice] = []
    for name in names:
        own = [choice for choice in loaded.scenario.strategies if name in {choice.display, choice.use}]
        if not own:
            lookup.find(name)  # raises with similar names
            own = [StrategyChoice.model_validate(long_form(_fitting(loaded, name)))]
        chosen += [choice for choice in own if choice not in chosen]
    return chosen


_OPERATIONS: Final = {
    "rename": ("rename", "any", "replace", "write"),
    "write-replace": ("replace", "write", "any", "rename"),
    "copy-replace": ("replace", "write", "any", "rename"),
    "remove": ("delete-tree", "delete", "any"),
}
"""For a kind of operation, what a strategy of the catalogue may be made for, the best first."""


def _fitting(loaded: LoadedScenario, name: str) -> str:
    """Return the id of the strategy that a system's name stands for in a scenario; other names as is."""
    entries = catalogue.select(name)
    kind = loaded.scenario.operations[0].kind
    wanted = _OPERATIONS.get(kind)
    if name in lookup.shipped() or wanted is None or [entry.id for entry in entries] in ([], [name]):
        return name
    fitting = [entry for made_for in wanted for entry in entries if entry.operation == made_for]
    if not fitting:
        there = ", ".join(f"{entry.id} ({entry.operation})" for entry in entries)
        raise InvalidInputError(
            f"{name} has no strategy for {loaded.name}, which does a {kind}",
            hint=f"It has {there}: name one of these to use it anyway.",
        )
    return fitting[0].id


def _resolve(choice: StrategyChoice, loaded: LoadedScenario, sources: Mapping[str, str]) -> Candidate:
    source = None
    if choice.file is not None:
        source = sources.get(choice.display) or _read(loaded, choice.file)
        found = lookup.in_source(source, choice.file)
        if choice.use not in found:
            raise InvalidInputError(
                f"{choice.file} defines no strategy {choice.use!r}",
                hint=f"It defines: {', '.join(found)}.",
            )
        view = found[choice.use]
    else:
        view = lookup.find(choice.use)
    try:
        strategy = view.with_parameters(choice.parameters).strategy
        for code in retried_codes(strategy):
            schedule(strategy, code=code)
    except (Exception, SystemExit) as error:  # better now than in a trial
        raise InvalidInputError(
            f"{loaded.name}: strategy {choice.display!r}: {type(error).__name__}: {error}",
            hint="Every strategy is tested on each error code before a run begins.",
        ) from error
    return Candidate(choice, strategy, view.origin, source)


def _read(loaded: LoadedScenario, name: str) -> str:
    if loaded.folder is None:
        raise InvalidInputError(f"the source of {name} is not in the manifest")
    path = loaded.folder / name
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"{path}: cannot be read as Python: {error}") from error
