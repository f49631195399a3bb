"""Pydantic's errors in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from harness.holds.profile import Profile
from harness.reproduce.model import ProgramScenario
from harness.scenario.model import Scenario
from harness.scenario.names import PATTERNS
from harness.scenario.operations import OPERATION_MODELS
from harness.scenario.problems import _OTHER_NAMES, MOST_PROBLEMS, first_problem, problems_of

BASE = {
    "schema": 2,
    "title": "A title",
    "about": "Some words",
    "reports": ["https://example.org/1"],
    "blocks": 1,
    "strategies": ["plain"],
    "profiles": ["none"],
    "payload": [{"kind": "files", "name": "entry", "sizes": [1]}],
    "operations": [{"kind": "rename", "to": "x/{file}"}],
}


def said(changes: dict[str, Any]) -> str:
    """Return the only problem of a scenario with these changes; ``None`` leaves a key out."""
    data = {key: value for key, value in {**BASE, **changes}.items() if value is not None}
    with pytest.raises(ValidationError) as caught:
        Scenario.model_validate(data)
    (problem,) = problems_of(caught.value, "a.toml", Scenario)
    return str(problem)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"quik": True}, "quik: unknown key. Did you mean quick?"),
        ({"margin": {"x": 1}}, "margin.x: unknown key. Available: failures, time."),
        (
            {"payload": [{"kind": "files", "nam": "b", "name": "a", "sizes": [1]}]},
            "payload[0].nam: unknown key. Did you mean name?",
        ),
        ({"title": None}, "title: this key is required but missing"),
        (
            {"schema": 9},
            (
                "schema: 9 is newer than this version of persist-harness reads (1 to 2): "
                "update persist-harness"
            ),
        ),
        ({"schema": "2"}, "schema: found '2'; expected 2"),
        ({"blocks": 1.5}, "blocks: found 1.5; expected a whole number"),
        ({"quick": 1}, "quick: found 1; expected true or false"),
        ({"attempt_cost_ms": True}, "attempt_cost_ms: found true; expected a number"),
        ({"title": "a"}, "title: found 'a'; expected text of at least 3 characters"),
        ({"profiles": "brief"}, "profiles: found 'brief'; expected a list in square brackets"),
        ({"profiles": []}, "profiles: found []; expected a list with at least 1 of them"),
        ({"profiles": {}}, "profiles: found a table; expected a list in square brackets"),
        ({"margin": 1}, "margin: found 1; expected a table"),
        (
            {"reports": ["example.org"]},
            "reports[0]: found 'example.org'; expected an address that begins with https://",
        ),
        (
            {"operations": [{"kind": "rename", "to": "staging/x"}]},
            "operations[0].to: 'staging/x' must not begin with staging, which the harness uses itself",
        ),
        (
            {"operations": [{"kind": "rename", "to": "x/{wat}"}]},
            (
                "operations[0].to: found 'x/{wat}'; expected only the placeholders {name}, {version} "
                "and {file}"
            ),
        ),
    ],
)
def test_a_problem_is_said_in_plain_words(changes: dict[str, Any], words: str) -> None:
    assert said(changes) == f"a.toml: {words}"


def test_a_rule_about_a_whole_table_shows_no_table() -> None:
    files = {"files": 1, "sizes": [8, 7, 6, 5, 4, 3, 2, 1]}
    tree = {"kind": "tree", "name": "lib", "shape": {"folders": 1, "other": files}}
    words = "a.toml: payload[0].shape.other: sizes must ascend: they are quantiles"
    assert said({"payload": [tree]}) == words


def test_the_first_problem_is_one_line() -> None:
    with pytest.raises(ValidationError) as caught:
        Scenario.model_validate({**BASE, "blocks": 0, "title": "a"})
    assert first_problem(caught.value) == "found 'a'; expected text of at least 3 characters"


def patterns(schema: Any) -> Iterator[str]:
    parts = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    for part in parts:
        yield from patterns(part)
    if isinstance(schema, dict):
        yield from schema.get("patternProperties", {})
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"]


def test_every_pattern_has_words() -> None:
    found = {*patterns(Scenario.model_json_schema()), *patterns(Profile.model_json_schema())}
    assert found <= set(PATTERNS)
    assert set(PATTERNS) <= found | {*patterns(ProgramScenario.model_json_schema())}


def test_of_many_problems_the_first_are_said_and_the_others_counted() -> None:
    wrong = {**BASE, "reports": [str(number) for number in range(100)], "blocks": 0, "profiles": [1, 2]}
    with pytest.raises(ValidationError) as caught:
        Scenario.model_validate(wrong)
    *shown, last = problems_of(caught.value, "made.toml", Scenario)
    assert len(shown) == MOST_PROBLEMS == 100
    assert str(last) == "made.toml: the file: 3 more such problems"


@pytest.mark.parametrize(
    ("word", "kind"), [("spawn", "start"), ("mkdir", "make-directory"), ("chmod", "clear-read-only")]
)
def test_the_word_of_another_program_is_answered_with_the_kind(word: str, kind: str) -> None:
    assert said({"operations": [{"kind": word, "to": "x"}]}).endswith(f". {word!r} is {kind!r} here")


def test_the_words_of_other_programs_stand_for_kinds_and_are_none() -> None:
    assert set(_OTHER_NAMES.values()) <= set(OPERATION_MODELS)
    assert set(OPERATION_MODELS).isdisjoint(_OTHER_NAMES)
