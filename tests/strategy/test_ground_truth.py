"""What each strategy outlasts follows from its schedule, as it was computed by hand from its source.

The table is ground_truth.toml: docs/evidence/retry-strategies.md#how-they-were-read.
"""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any, Final

import pytest

from harness.strategy import catalogue, retried_codes, schedule
from harness.strategy.notation import parse

if TYPE_CHECKING:
    from harness.strategy.spec import StrategySpec

TABLE: Final[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "ground_truth.toml").read_text(encoding="utf-8")
)
ENDS_S: Final[list[float]] = TABLE["ends_s"]
ROWS: Final[list[dict[str, Any]]] = TABLE["row"]
DRAWS: Final = 2000  # as in the document
SIGMAS: Final = 4.0  # both the document and the test draw


def schedules(spec: StrategySpec) -> list[tuple[float, ...]]:
    strategy = spec.strategy("it")
    code = next(iter(retried_codes(strategy)), 5)
    draws = DRAWS if spec.is_random else 1
    return [schedule(strategy, code=code, seed=seed).attempts_ms for seed in range(draws)]


def differing(spec: StrategySpec, cells: list[str]) -> list[float]:
    """The lengths of the lock for which the cells are not what the spec gives."""
    listed = schedules(spec)
    return [end for end, cell in zip(ENDS_S, cells, strict=True) if not agrees(listed, end, cell)]


def agrees(listed: list[tuple[float, ...]], end_s: float, cell: str) -> bool:
    """Whether a cell, printed to three digits, is what the schedules give; up to chance if drawn."""
    ends_ms = end_s * 1000 - 1e-6
    reached = (next((time for time in times if time >= ends_ms), None) for times in listed)
    done = [time / 1000 for time in reached if time is not None]
    if cell == "F":
        return not done
    mean_s, _, share = cell.partition(":")
    wanted = float(mean_s)
    if not done:
        return False
    chance = math.sqrt(2 / len(done)) * SIGMAS
    rounding = 0.5 * 10 ** (math.floor(math.log10(wanted)) - 2) + 1e-9
    noise = chance * stdev(done) if len(done) > 1 else 0.0
    succeeds = float(share or 100) / 100
    rate = len(done) / len(listed)
    spread = math.sqrt(2 * rate * (1 - rate) / len(listed)) * SIGMAS
    return abs(fmean(done) - wanted) <= rounding + noise and abs(rate - succeeds) <= spread + 0.005


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["catalogue"])
def test_a_strategy_as_the_document_states_it_gives_every_cell(row: dict[str, Any]) -> None:
    assert differing(parse(row["stated"]), row["cells"].split()) == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["catalogue"])
def test_a_strategy_as_its_source_has_it_gives_every_cell_that_is_not_explained(
    row: dict[str, Any],
) -> None:
    entry = catalogue.entries()[row["catalogue"]]
    found = differing(entry.spec, row["cells"].split())
    assert found == row.get("differs_s", [])
    assert bool(found) == bool(row.get("because"))


@pytest.mark.parametrize("cell", ["5.2", "4.9", "F", "5:90"])
def test_a_wrong_cell_would_be_seen(cell: str) -> None:
    listed = schedules(parse("10ms x2 10 retries"))
    assert agrees(listed, 4, "5.11")
    assert not agrees(listed, 4, cell)
