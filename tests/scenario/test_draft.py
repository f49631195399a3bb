"""Drafts of scenarios: of each operation and each object there is one, valid at once or refused."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.check.check import check_scenarios
from harness.errors import InvalidFilesError
from harness.run.options import RunOptions
from harness.scenario.draft import OBJECTS, Draft, PayloadKind, drafted
from harness.scenario.load import load_scenario
from harness.scenario.operations import OPERATION_MODELS

if TYPE_CHECKING:
    from harness.scenario.load import LoadedScenario

FIRST: dict[str, Any] = {"title": "A report", "report": "https://example.org/1", "operation": "rename"}


def loaded(draft: Draft, folder: Path) -> LoadedScenario:
    path = folder / "draft.toml"
    path.write_text(drafted(draft), encoding="utf-8")
    return load_scenario(path)


@pytest.mark.parametrize("held", [None, *OBJECTS])
@pytest.mark.parametrize("operation", OPERATION_MODELS)
def test_each_operation_with_each_object_is_valid_at_once(
    operation: str, held: Any, tmp_path: Path
) -> None:
    draft = Draft(
        **{**FIRST, "operation": operation}, held=held, codes=["EPERM", 32], fix="10ms x2 for 5s"
    )
    model = OPERATION_MODELS[operation]
    on_files = model.works_on == "files" or model.on_program
    if held == "directory" and on_files:
        with pytest.raises(InvalidFilesError, match="something these operations touch"):
            loaded(draft, tmp_path)
        return
    found = loaded(draft, tmp_path)
    assert [each.fails for each in found.scenario.expect] == ["always", "never"]
    assert found.scenario.operations[0].kind == operation
    holds = [hold for profile in found.profiles.values() for hold in profile.holds]
    assert [hold.handle.object for hold in holds] == ([] if held is None else [held])
    assert {hold.duration.evidence for hold in holds} <= {"assumed"}


@pytest.mark.parametrize("payload", get_args(PayloadKind))
def test_each_payload_needs_no_network(payload: PayloadKind, tmp_path: Path) -> None:
    found = loaded(Draft(**FIRST, payload=payload), tmp_path)
    assert [each.kind for each in found.scenario.payload] == [payload]


@given(title=st.text(min_size=3, max_size=40), strategy=st.text(max_size=20))
def test_whatever_is_typed_stays_text(title: str, strategy: str) -> None:
    try:
        content = tomllib.loads(drafted(Draft(**{**FIRST, "title": title}, strategy=strategy)))
    except tomllib.TOMLDecodeError:
        assert any(ord(each) == 0x7F or 0xD800 <= ord(each) < 0xE000 for each in title + strategy)
        return
    assert (content["title"], content["strategies"][:1]) == (title, [strategy] * bool(strategy))


@pytest.mark.parametrize(
    "draft",
    [
        Draft(**{**FIRST, "operation": "write-replace"}, held="target", share="rw", codes=[5]),
        Draft(**{**FIRST, "operation": "write-replace"}, held="source", codes=["EBUSY"]),
        Draft(**FIRST, held="child", codes=["ERROR_ACCESS_DENIED"], fix="10ms x2 within 5s on 5"),
        Draft(**FIRST, held="directory", share="rw", lasts_ms=None, codes=[32]),
        Draft(**FIRST, taken="other", codes=["EEXIST"]),
        Draft(**FIRST, payload="files", other_volume=True, codes=["EXDEV"], fix="plain else copy"),
        Draft(
            **{**FIRST, "operation": "remove"}, held="child", share="rwd", deletes="classic", codes=[145]
        ),
        Draft(
            **{**FIRST, "operation": "rewrite"}, held="child", share="rwd", section="data", codes=[1224]
        ),
        Draft(**{**FIRST, "operation": "remove-file"}, held="source", section="image", codes=[5]),
    ],
)
def test_a_report_of_each_common_error_is_as_expected_as_it_is_drafted(
    draft: Draft, tmp_path: Path
) -> None:
    options = RunOptions(platform="emulated", seed=1, blocks=3, results=tmp_path / "results")
    report = check_scenarios([loaded(draft, tmp_path)], options)
    assert report.answer.startswith("As expected"), report.scenarios
