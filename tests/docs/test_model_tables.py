"""The reference of files, records and JSON: every key has a type and a meaning."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from json_page import OUTPUTS, json_outputs
from model_tables import fields_of, model_table, reachable, schema_of

from harness.holds.profile import Profile
from harness.record.manifest import Manifest
from harness.record.trial_record import TrialRecord
from harness.scenario.model import NotationChoice, Scenario
from harness.summary.model import RunSummary

ROOTS = (Scenario, NotationChoice, Profile, TrialRecord, Manifest, *OUTPUTS.values())
MODELS = list(dict.fromkeys(model for root in ROOTS for model in reachable(root)))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_key_has_a_type_and_a_meaning(model: type) -> None:
    fields = list(fields_of(model))
    assert all(field.meaning.endswith(".") for field in fields)
    assert not [field.key for field in fields if "<" in field.type or "ForwardRef" in field.type]


@pytest.mark.parametrize("command", OUTPUTS)
def test_every_json_has_a_number_of_its_format(command: str) -> None:
    assert schema_of(OUTPUTS[command]) >= 1


def test_the_page_of_the_json_has_every_part_once() -> None:
    headings = [line for line in json_outputs() if line.startswith("### ")]
    assert len(headings) == len(set(headings)) > 10
    assert {"### Range", "### CaseSummary", "### CatalogueEntry"} < set(headings)


def test_computed_keys_are_there_and_the_schema_comes_first() -> None:
    assert list(model_table(RunSummary, defaults=False))[2].startswith("| `schema` | `1` |")
    variant = next(model for model in reachable(RunSummary) if model.__name__ == "VariantSummary")
    assert {"failure_rate", "failure_rate_95"} < {field.key for field in fields_of(variant)}


def test_types_are_spelled_for_people() -> None:
    found = {field.key: field for field in fields_of(Scenario)}
    assert found["blocks"].type == "whole number, at least 1, at most 1,000,000"
    assert found["attempt_cost_ms"].default == "`0.3`"
    assert found["margin"].type == "[Margin](#margin)"
    assert "`null`" not in " ".join(model_table(Scenario, defaults=True))


def test_what_is_written_as_text_is_called_text() -> None:
    """Sentences are phrases in Python, and text in JSON."""
    sentence = next(model for model in reachable(RunSummary) if model.__name__ == "Sentence")
    assert {field.key: field.type for field in fields_of(sentence)}["phrase"] == "text"
    assert not {"Value", "Command"} & {model.__name__ for model in MODELS}


def test_a_key_without_a_meaning_is_an_error() -> None:
    with pytest.raises(LookupError, match=r"ScenarioRow\.name has no docstring"):
        list(fields_of(_undocumented()))


def _undocumented() -> type:
    @dataclass
    class ScenarioRow:
        name: str

    ScenarioRow.__qualname__ = "ScenarioRow"
    ScenarioRow.__module__ = "elsewhere"
    return ScenarioRow
