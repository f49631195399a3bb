"""Resolve the strategies that a scenario names: shipped, installed, or from a file beside it.

This is the only place where strategy code from outside is loaded, and it checks for permission first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.errors import CodeNotAllowedError, InvalidInputError, together
from harness.outside_files import read_regular
from harness.scenario.load import MAX_FILE_BYTES, LoadedScenario
from harness.scenario.model import StrategyChoice, long_form
from harness.strategy import Strategy, lookup, retried_codes, schedule
from harness.strategy.parameter_errors import parameters_refused
from harness.strategy.spec import StrategySpec
from harness.text import in_sentence, joined


@dataclass(frozen=True)
class Candidate:
    """A resolved strategy: how it was chosen, where it comes from, and its source if from a file.

    `spec` is the strategy as data; ``None`` if it is made of code.
    """

    choice: StrategyChoice
    strategy: Strategy
    spec: StrategySpec | None
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

    The name of a system stands for its strategy for what the scenario does. Raises `InvalidInputError`
    for an unknown name, and for a system without such a strategy.
    """
    chosen: list[StrategyChoice] = []
    refused: list[InvalidInputError] = []
    for name in names:
        try:
            chosen += [choice for choice in _named(loaded, name) if choice not in chosen]
        except InvalidInputError as error:
            refused.append(error)
    if refused:
        raise together(refused)
    return chosen


def merged(loaded: LoadedScenario, names: Sequence[str]) -> Iterator[str]:
    """Say which of the `names` that `choose` was given stand for one strategy."""
    by_label: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        for choice in _named(loaded, name):
            by_label.setdefault(choice.display, []).append(name)
    for label, given in by_label.items():
        if len(given) > 1:
            names_given = joined([*map(in_sentence, given)])
            yield f"{names_given} are one strategy here, which runs once, as {in_sentence(label)}."


def _named(loaded: LoadedScenario, name: str) -> list[StrategyChoice]:
    own = loaded.scenario.strategies
    if found := [choice for choice in own if name in {choice.display, choice.use}]:
        return found
    use = lookup.find(name, loaded.scenario.purpose).name
    return [choice for choice in own if use == choice.use and choice.file is None] or [
        StrategyChoice.model_validate(long_form(use))
    ]


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
        view = view.with_parameters(choice.parameters)
        strategy = view.strategy
        for code in retried_codes(strategy):
            schedule(strategy, code=code)
    except (Exception, SystemExit) as error:  # better now than in a trial
        why = parameters_refused(error, view) or f"{type(error).__name__}: {error}"
        raise InvalidInputError(
            f"{loaded.name}: strategy {choice.display!r}: {why}",
            hint="Every strategy is tested on each error code before a run begins.",
        ) from error
    return Candidate(choice, strategy, view.spec, view.origin, source)


def _read(loaded: LoadedScenario, name: str) -> str:
    if loaded.folder is None:
        raise InvalidInputError(f"the source of {name} is not in the manifest")
    path = loaded.folder / name
    try:
        return read_regular(path, MAX_FILE_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"{path}: cannot be read as Python: {error}") from error
