"""The committed study: as its definition says, repeated identically, and as predicted."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from harness.errors import InvalidInputError
from harness.holds.profile import Profile
from harness.run.events import ignore
from harness.scenario.load import load_scenarios, shipped_profiles
from harness.study import situations as situations_module
from harness.study.definition import ABOUT, CASES, TRIALS, case_names, repeated_blocks
from harness.study.page import study_page
from harness.study.predictions import Checked, checked
from harness.study.repeat import differing
from harness.study.situations import situations
from harness.study.trials import COLUMNS, KEY, MOST_BYTES, read, read_about, write

QUICK = ("read-file", "copy-onto-file", "rewrite-file")
"""Cases of few strategies; `nox -s study -- repeat` runs all."""


@pytest.fixture(scope="module")
def trials() -> pd.DataFrame:
    return read(TRIALS)


def test_every_case_has_all_injected_profiles_and_a_plain_attempt() -> None:
    injecting = sorted(name for name, profile in shipped_profiles().items() if profile.holds)
    for loaded in load_scenarios([CASES / f"{name}.toml" for name in case_names()]):
        assert sorted(loaded.scenario.profiles) == injecting
        assert loaded.scenario.strategies[0].display == "plain"
        assert loaded.scenario.blocks >= 200


def test_the_data_are_all_trials_of_the_definition(trials: pd.DataFrame) -> None:
    about = read_about(ABOUT)
    assert TRIALS.stat().st_size <= MOST_BYTES
    assert len(trials) == about.trials
    assert not trials.duplicated(KEY).any()
    for loaded in load_scenarios([CASES / f"{name}.toml" for name in case_names()]):
        own = trials[trials["case"] == loaded.name]
        variants = len(loaded.scenario.strategies) * len(loaded.scenario.profiles)
        assert len(own) == variants * about.blocks


def test_a_part_of_the_trials_repeats_identically(trials: pd.DataFrame, tmp_path: Path) -> None:
    for name in QUICK:
        (tmp_path / f"{name}.toml").write_bytes((CASES / f"{name}.toml").read_bytes())
    own = trials[trials["case"].isin(QUICK)]
    differ, compared = differing(own, read_about(ABOUT).blocks, cases=tmp_path, on_event=ignore)
    assert differ.empty
    assert compared == repeated_blocks(read_about(ABOUT).blocks) * own.groupby("block").size().iloc[0]


def test_a_trial_that_is_not_the_same_is_found(trials: pd.DataFrame, tmp_path: Path) -> None:
    name = "copy-onto-file"
    (tmp_path / f"{name}.toml").write_bytes((CASES / f"{name}.toml").read_bytes())
    own = trials[trials["case"] == name].reset_index(drop=True)
    own.loc[own.index[own["block"] == 0][3], "elapsed_us"] += 1
    differ, _ = differing(own, 1, cases=tmp_path, on_event=ignore)
    assert len(differ) == 1


def test_predictions_agree_with_the_trials(trials: pd.DataFrame) -> None:
    some = sorted(set(trials["strategy"]))[::4]  # the page has all
    own = trials[trials["strategy"].isin(some)]
    found = list(checked(own, read_about(ABOUT).call_ms))
    assert len(found) > 200
    assert sum(each.agrees for each in found) >= 0.995 * len(found)
    certain = [each for each in found if each.is_certain]
    assert len(certain) > 100
    assert all(each.agrees for each in certain)


def test_a_wrong_prediction_does_not_agree() -> None:
    assert not Checked("c", "p", "s", 0.0, 1, 200, 0.0).agrees
    assert not Checked("c", "p", "s", 0.1, 60, 200, 1e-9).agrees
    assert Checked("c", "p", "s", 1.0, 200, 200, 1.0).agrees


def test_the_page_says_what_it_can_claim_and_ends_in_defaults(
    trials: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    def two() -> dict[str, Profile]:
        return {name: shipped_profiles()[name] for name in ("brief", "permanent")}

    monkeypatch.setattr(situations_module, "shipped_profiles", two)
    own = trials[trials["case"] == "copy-onto-file"]
    text = study_page(own, read_about(ABOUT), [], list(situations()))
    claims, defaults = text.index("They cannot show how often"), text.index('id="defaults"')
    assert claims < text.index('id="cases"') < text.index('id="losses"') < defaults
    assert "never end: no wait helps" in text
    assert "retries on 5,32" in text[defaults:]


def test_other_files_are_refused(tmp_path: Path) -> None:
    for name, content in {"no.parquet": None, "text.parquet": b"not parquet"}.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(InvalidInputError, match="is not the table of the study"):
            read(tmp_path / name)
    write(pd.DataFrame({name: [] for name in COLUMNS}), tmp_path / "empty.parquet")
    pd.DataFrame({"other": [1]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(InvalidInputError, match="expected the columns case"):
        read(tmp_path / "other.parquet")
    with pytest.raises(InvalidInputError, match="does not say how"):
        read_about(tmp_path / "study.json")
