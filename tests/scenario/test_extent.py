"""Products of numbers that are fine by themselves are refused before anything is expanded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.api import run_scenarios
from harness.errors import InvalidFilesError, InvalidInputError
from harness.run.start import resume
from harness.scenario.bounds import MOST_BLOCKS
from harness.scenario.load import load_scenario

if TYPE_CHECKING:
    from conftest import MakeScenario, RunScenario


def strategies(count: int) -> str:
    return str([f"{number}ms for 1s" for number in range(1, count + 1)])


def tree(name: str, files: int) -> str:
    shape = f"{{ folders = 1, other = {{ files = {files}, sizes = {[1] * 8} }} }}"
    return f'[[payload]]\nkind = "tree"\nname = "{name}"\nshape = {shape}\n'


def entries(name: str) -> str:
    return f'[[payload]]\nkind = "files"\nname = "{name}"\nsizes = {[1] * 1000}\n'


def place(to: str) -> str:
    return f'[[operations]]\nkind = "place"\nto = "{to}"\n'


WRITE = '[[operations]]\nkind = "write-replace"\nto = "{file}"\n'


@pytest.mark.parametrize(
    ("keys", "key", "found", "expected"),
    [
        (
            {"strategies": strategies(200), "factors": f"{{ pause_ms = {list(range(100))} }}"},
            "strategies",
            "20,000 variants: 200 strategies x 100 of pause_ms",
            "at most 10,000 in a case",
        ),
        (
            {"strategies": strategies(11), "blocks": "1_000_000"},
            "blocks",
            "11,000,000 trials: 11 variants x 1 profile x 1,000,000 blocks",
            "at most 10,000,000 in a run",
        ),
        (
            {"body": "".join(tree(f"t{n}", 100_000) for n in range(500)) + place("{name}")},
            "payload",
            "50,000,500 files: in 500 payloads, folders included",
            "at most 200,000 in a scenario",
        ),
        (
            {"body": tree("t", 100_000) + "".join(place(f"{n}") for n in range(11))},
            "operations",
            "1,100,011 steps: 100,001 files x 11 operations",
            "at most 1,000,000 in a trial",
        ),
        (
            {"body": "".join(entries(f"f{n}") for n in range(150)) + WRITE},
            "payload",
            "more than 100,000 items x 1 operation",
            "at most 100,000 operations in a trial",
        ),
    ],
    ids=["variants", "trials", "files", "steps", "installs"],
)
def test_a_product_is_bounded_with_the_file(
    keys: dict[str, str], key: str, found: str, expected: str, make_scenario: MakeScenario
) -> None:
    with pytest.raises(InvalidFilesError) as refused:
        load_scenario(make_scenario(**keys))
    (problem,) = refused.value.problems
    assert (problem.key, problem.found, problem.expected) == (key, found, expected)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"blocks": MOST_BLOCKS},
            r"found 20,000,000 trials: made \(20 variants x 1 profile x 1,000,000",
        ),
        ({"factors": {"pause_ms": [str(n) for n in range(100)]}}, "trials: made"),
    ],
)
def test_options_cannot_make_a_run_larger(
    options: dict[str, Any], words: str, make_scenario: MakeScenario, tmp_path: Path
) -> None:
    loaded = load_scenario(make_scenario(strategies=strategies(20), blocks="10_000"))
    results = tmp_path / "results"
    with pytest.raises(InvalidInputError, match=words):
        run_scenarios([loaded], platform="emulated", results=results, **options)
    assert not results.exists()


@pytest.mark.parametrize("blocks", [0, -1, MOST_BLOCKS + 1])
def test_blocks_that_were_changed_after_loading_are_checked(
    blocks: int, make_scenario: MakeScenario, tmp_path: Path
) -> None:
    loaded = load_scenario(make_scenario()).changed(blocks=blocks)
    with pytest.raises(InvalidInputError, match="expected 1 to 1,000,000"):
        run_scenarios([loaded], platform="emulated", results=tmp_path / "results")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('"blocks":1,', '"blocks":0,', "blocks: found 0; expected at least 1"),
        ('"blocks":1,', f'"blocks":{10**30},', "expected at most 1000000"),
        ('"seed":1,', f'"seed":{10**18},', "seed: found 1000000000000000000; expected"),
        ('"seed":1,', f'"seed":{10**4000},', "seed: found a whole number of more than 64 bits"),
        ('"max_time_s":null', '"max_time_s":1e999', "max_time_s: found inf; expected a finite number"),
        ('"max_time_s":null', '"max_time_s":NaN', "max_time_s: found nan; expected a finite number"),
    ],
)
def test_the_numbers_of_a_manifest_are_bounded(
    before: str, after: str, words: str, make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    folder = run_scenario(make_scenario(), blocks=1).folder
    path = folder / "manifest.json"
    text = path.read_text(encoding="utf-8").replace(": ", ":")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(InvalidInputError, match=words):
        resume(folder)
