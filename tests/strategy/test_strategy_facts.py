"""What is known of strategies, as `harness strategies --json` prints it."""

from __future__ import annotations

import json
from dataclasses import asdict

from pydantic import TypeAdapter

from harness.strategy import catalogue
from harness.strategy.lookup import listed
from harness.strategy.strategy_facts import StrategyList, facts_list


def test_it_is_complete_and_plain() -> None:
    found = facts_list(listed())
    assert found.schema == 1
    json.dumps(asdict(found), allow_nan=False)
    data = {each.name: each for each in found.strategies}
    graceful = data["graceful-fs-60s"]
    assert graceful.notation == str(catalogue.entries()["graceful-fs-60s"].spec)
    assert graceful.over_target is not None
    assert (graceful.over_target.attempts.most, graceful.over_target.budget_ms.most) == (1, 0)
    assert graceful.catalogue == catalogue.entries()["graceful-fs-60s"]
    assert (graceful.codes, graceful.retries) == ((5, 32, 33), "5, 32, 33")
    assert (data["exponential"].budget_ms.median, data["exponential"].catalogue) == (10_230, None)
    assert data["exponential"].parameters["factor"] == 2.0
    rustup = data["rustup-rename"]
    assert rustup.jitter
    assert rustup.budget_ms.p5 < rustup.attempts_ms[-1] < rustup.budget_ms.p95
    assert data["graceful-fs-1s"].attempt_cost_ms == 0.3
    assert data["llvm-rename-source"].retries == "any but 2"
    assert (data["shared-budget"].notation, data["shared-budget"].explanation) == (None, [])


def test_its_types_can_be_documented() -> None:
    schema = TypeAdapter(StrategyList).json_schema()
    assert {"schema", "strategies"} == set(schema["properties"])
    assert "attempts_ms" in schema["$defs"]["StrategyFacts"]["properties"]
