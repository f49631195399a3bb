"""Profiles that are fitted to runs: the holds that were there, how sure that is, and no names."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest
from report_lab import make_ambient

import harness
from harness.analysis.selection import Case, select
from harness.errors import InvalidInputError
from harness.frames import load
from harness.holds.distributions import Mixture
from harness.holds.profile import Profile
from harness.record.redaction import Redaction
from harness.tune.fitted_profile import FittedProfile, fitted_profile
from harness.tune.observed import Observations
from harness.tune.profile_holds import modelled_holds
from harness.tune.recorded_holds import recorded_holds

SCENARIO = """
schema = 2
title = "A file that is replaced"
about = "By one strategy that tries for long, and one that does not."
reports = ["https://github.com/astral-sh/uv/issues/1491"]
blocks = 80
profiles = ["scanner-mix"]
strategies = ["1ms 40 retries", "plain"]

[[payload]]
kind = "files"
name = "entry"
sizes = [16, 16, 16]

[[operations]]
kind = "write-replace"
to = "cache/{file}"
existing = true
"""
NOTHING = Redaction()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fit")
    path = folder / "replaced.toml"
    path.write_text(SCENARIO, encoding="utf-8")
    scenario = harness.load_scenario(path)
    return harness.run_scenarios([scenario], platform="emulated", results=folder, seed=5).folder


@pytest.fixture(scope="module")
def ambient(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Case:
    return select(load(make_ambient(run, tmp_path_factory.mktemp("ambient") / "run")))


@pytest.fixture(scope="module")
def fitted(ambient: Case) -> FittedProfile:
    return fitted_profile(ambient, NOTHING)


def test_the_file_is_the_profile(fitted: FittedProfile) -> None:
    assert Profile.model_validate(tomllib.loads(fitted.text)) == fitted.profile


def test_everything_that_attempts_show_is_measured_with_its_interval(fitted: FittedProfile) -> None:
    (hold,) = fitted.profile.holds
    measured = {hold.probability.evidence, hold.delay.evidence, hold.duration.evidence}
    assert measured == {"measured"}
    assert hold.handle.evidence == "assumed"
    assert "95 %]" in hold.probability.source
    assert "median" in hold.duration.source
    assert "[" in hold.duration.source
    assert "may last longer than the longest watch" in hold.duration.source


def test_what_was_not_seen_to_end_has_no_end(fitted: FittedProfile, ambient: Case) -> None:
    """Seven of eight holds last longer than the single attempt of plain watches."""
    observed = recorded_holds(ambient)
    unreleased = observed.counts[~np.isfinite(observed.high_ms)].sum()
    assert unreleased > 0
    lengths = fitted.profile.holds[0].duration.of
    assert isinstance(lengths, Mixture) == (fitted_endless(observed) > 0)


def fitted_endless(observed: Observations) -> float:
    _, right, mass = observed.pieces()
    return round(float(mass[~np.isfinite(right)].sum()), 6)


def test_tuning_on_the_profile_is_tuning_on_the_run(fitted: FittedProfile, ambient: Case) -> None:
    model = modelled_holds("fitted", fitted.profile).releases
    times = np.array([0.0, 5, 10, 15, 20, 30, 40])
    own = recorded_holds(ambient).releases()
    assert model.share_by(times) == pytest.approx(own.share_by(times), abs=0.01)


def test_the_error_is_that_of_the_run(fitted: FittedProfile) -> None:
    cases = modelled_holds("fitted", fitted.profile).cases
    assert 32 in {case.code for case in cases}


def test_injected_holds_are_refused_or_labelled(run: Path) -> None:
    case = select(load(run))
    with pytest.raises(InvalidInputError, match="only gives their own profile back") as refused:
        fitted_profile(case, NOTHING)
    assert "--injected" in str(refused.value.hint)
    (hold,) = fitted_profile(case, NOTHING, injected=True).profile.holds
    for each in (hold.handle, hold.probability, hold.delay, hold.duration):
        assert each.evidence == "assumed"
        assert each.source.startswith("injected from the profile scanner-mix, not measured")


def test_names_are_redacted(ambient: Case) -> None:
    told = Redaction(words=[("replaced", "[host]")])
    text = fitted_profile(ambient, told).text
    assert "replaced" not in text
    assert "[host]" in text
