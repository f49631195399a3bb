"""Steps that do not fit each other are refused before anything runs, with what would."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.errors import InvalidFilesError
from harness.scenario.load import load_scenario

if TYPE_CHECKING:
    from conftest import MakeScenario

TREE = """
[[payload]]
kind = "tree"
name = "app"
shape = { folders = 2, other = { files = 5, sizes = [10, 20, 30, 40, 50, 60, 70, 80] } }
"""


def step(**keys: str) -> str:
    """An operation; `of` is the key ``from``."""
    named = {("from" if key == "of" else key): value for key, value in keys.items()}
    return "[[operations]]\n" + "".join(f"{key} = {value}\n" for key, value in named.items())


def rename(**keys: str) -> str:
    return step(kind='"rename"', **keys)


@pytest.mark.parametrize(
    ("body", "key", "found"),
    [
        (
            rename(of='"a"', to='"b"') + step(kind='"remove"', at='"a"'),
            "operations[1].at",
            "'a', where operations[0] leaves nothing",
        ),
        (
            step(kind='"remove"', at='"A"') + rename(of='"A"', to='"b"'),
            "operations[1].from",
            "'A', where operations[0] leaves nothing",
        ),
        (rename(of='"a"', to='"a/b"'), "operations[0].to", "'a/b', in what is renamed"),
        (rename(of='"a"', to='"A"'), "operations[0].to", "differ in more than case"),
        (
            rename(to='"a"', on_failure='[{ kind = "rename", to = "a" }]'),
            "operations[0].on_failure[0].kind",
            "'rename' without `from`",
        ),
        (
            rename(to='"a"', on_failure='[{ kind = "place", to = "b" }]'),
            "operations[0].on_failure[0].kind",
            "'place'",
        ),
        (
            rename(
                to='"a"',
                on_failure='[{ kind = "remove", at = "a", on_failure = [{ kind = "remove" }] }]',
            ),
            "operations[0].on_failure[0].on_failure",
            "steps after steps",
        ),
        (
            rename(to='"a"', may_fail="true", on_failure='[{ kind = "remove", at = "b" }]'),
            "operations[0].on_failure",
            "steps for a failure that does not matter",
        ),
        (rename(to='"a"', strategy='"uvv"'), "operations[0].strategy", "no strategy is called 'uvv'"),
        (rename(to='"a"', strategy='"10ms x"'), "operations[0].strategy", "character"),
        (rename(to='"a"', only_if='"it rains"'), "operations[0].only_if", "'it rains'"),
    ],
)
def test_steps_that_do_not_fit_are_refused(
    make_scenario: MakeScenario, body: str, key: str, found: str
) -> None:
    with pytest.raises(InvalidFilesError) as caught:
        load_scenario(make_scenario(TREE + body))
    told = [str(problem) for problem in caught.value.problems if problem.key == key]
    assert any(found in each for each in told)


@pytest.mark.parametrize(
    "body",
    [
        rename(of='"a"', to='"b"') + rename(to='"a"') + step(kind='"remove"', at='"b"'),
        step(kind='"remove"', at='"a"') + rename(to='"a"'),
        rename(to='"a"') + step(kind='"remove"', at='"a"'),
        rename(of='"a"', to='"b"') + rename(to='"a"') + rename(of='"a"', to='"c"') + rename(to='"a"'),
        rename(of='"a"', to='"b"', may_fail="true") + rename(of='"a"', to='"c"'),
        rename(of='"a"', to='"b"') + rename(of='"a"', to='"c"', only_if='"source is there"'),
    ],
)
def test_any_sequence_that_fits_is_taken(make_scenario: MakeScenario, body: str) -> None:
    assert load_scenario(make_scenario(TREE + body)).scenario.operations
