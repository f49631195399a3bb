"""Check the expectations of a scenario against its other parts: whom and what they name.

Like all cross checks these work on the scenario as it was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import combinations
from typing import Any

from pydantic import ValidationError

from harness.errors import Problem
from harness.scenario.cross_checks import resolved, strings, wanted_for
from harness.scenario.expect_model import MOST_EXPECTATIONS, Expectation
from harness.scenario.model import Scenario, StrategyChoice, long_form
from harness.scenario.places import Found
from harness.strategy.durations import spell_number
from harness.strategy.purpose import Purpose
from harness.text import available, joined


def expectation_problems(raw: Mapping[str, Any], file: str) -> Iterator[Problem]:
    """Yield what is wrong between the expectations of a scenario and the rest of it."""
    given = raw.get("expect")
    entries = given[:MOST_EXPECTATIONS] if isinstance(given, list) else []
    labels = _labels_in(raw) if entries else {}
    valid: dict[int, Expectation] = {}
    for number, entry in enumerate(entries):
        for found in _unknown_names(raw, labels, entry, f"expect[{number}]"):
            yield Problem(file, *found)
        for found in _missing_reruns(raw, entry, f"expect[{number}]"):
            yield Problem(file, *found)
        try:
            valid[number] = Expectation.model_validate(entry)
        except ValidationError:
            continue  # reported with the model
    for one, other in combinations(valid, 2):
        if (shared := _shared(valid[one], valid[other])) is not None:
            twice = f"{shared!r}, of which expect[{one}] already says what is expected"
            yield Problem(file, f"expect[{other}].strategies", twice, "one expectation of each")


def with_labels(scenario: Scenario) -> list[Expectation]:
    """Return the expectations of a scenario with the labels that its trials have."""
    labels = _labels(scenario.strategies, scenario.purpose)
    return [
        each.model_copy(update={"strategies": [labels[name] for name in each.strategies]})
        for each in scenario.expect
    ]


def _labels_in(raw: Mapping[str, Any]) -> dict[str, str]:
    given = raw.get("strategies")
    choices = []
    for item in given if isinstance(given, list) else []:
        with suppress(ValidationError):  # reported with the model
            choices.append(StrategyChoice.model_validate(long_form(item)))
    return _labels(choices, wanted_for(raw))


def _labels(choices: Iterable[StrategyChoice], purpose: Purpose | None) -> dict[str, str]:
    """Return the labels of strategies, by each way in which they may be spelled."""
    found: dict[str, str] = {}
    for choice in choices:
        label = resolved(choice, purpose).display
        found |= {choice.display: label, label: label}
    return found


def _unknown_names(
    raw: Mapping[str, Any], labels: Mapping[str, str], entry: object, key: str
) -> Iterator[Found]:
    if not isinstance(entry, dict):
        return
    for name in strings(entry, "strategies"):
        if name not in labels:
            yield (
                f"{key}.strategies",
                f"no strategy here is called {name!r}. {available(name, labels)}",
                "",
            )
    profiles = strings(raw, "profiles")
    for name in strings(entry, "profiles"):
        if name not in profiles:
            yield (
                f"{key}.profiles",
                f"the scenario has no profile {name!r}. {available(name, profiles)}",
                "",
            )
    varied = raw.get("factors")
    factors = varied if isinstance(varied, dict) else {}
    wanted = entry.get("factors")
    for name, value in wanted.items() if isinstance(wanted, dict) else ():
        values = [_factor_text(each) for each in _list(factors.get(name))]
        if value not in values:
            expected = f"one of {joined(values, ' or ')}" if values else "a factor of this scenario"
            yield f"{key}.factors.{name}", repr(value), expected


def _missing_reruns(raw: Mapping[str, Any], entry: object, key: str) -> Iterator[Found]:
    """Yield what is expected of runs that the scenario does not have."""
    if not isinstance(entry, dict):
        return
    if entry.get("recovers") is not None and raw.get("run_again_after_ms") is None:
        yield f"{key}.recovers", repr(entry["recovers"]), "run_again_after_ms in the scenario"
    last, times = 2, raw.get("run_again_times", 1)
    if isinstance(times, int):
        last = times + 1
    for name in ("recovers_from_run", "recovers_by_run"):
        if isinstance(number := entry.get(name), int) and number > last:
            yield (
                f"{key}.{name}",
                f"{number}, of {last} runs",
                "a higher run_again_times, or a lower number",
            )


def _factor_text(value: object) -> str:
    """Spell the value of a factor as trials have it."""
    return spell_number(value) if isinstance(value, int | float) else str(value)


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _shared(one: Expectation, other: Expectation) -> str | None:
    """Return a strategy of which both say something for the same trials."""
    if not (_meet(one.profiles, other.profiles) and _meet(one.platforms, other.platforms)):
        return None
    if any(other.factors.get(name, value) != value for name, value in one.factors.items()):
        return None
    return next((name for name in one.strategies if name in other.strategies), None)


def _meet(one: Sequence[str] | None, other: Sequence[str] | None) -> bool:
    return one is None or other is None or not {*one}.isdisjoint(other)
