"""Holds from profiles: what is tuned, and what is refused with its reason."""

from __future__ import annotations

import pytest

from harness.errors import InvalidInputError
from harness.scenario.load import shipped_profiles
from harness.tune.profile_holds import modelled_holds


def test_a_profile_says_which_errors_and_what_is_assumed() -> None:
    found = modelled_holds("scanner-mix", shipped_profiles()["scanner-mix"])
    assert {case.shape.name: case.code for case in found.cases} == {"directory": 5, "file": 32}
    assert found.releases.free == pytest.approx(0.9)
    text = " ".join(found.conditional)
    assert "only assumed: who is held, and how, how often, from when and how long" in text
    assert "10.0 % of operations being held at all" in text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("permanent", "never end"),
        ("quarantine", "deleted in the end"),
        ("in-use", "does not block"),
        ("archive-scan", "size of the held file"),
        ("delayed", "begins after the first attempt"),
        ("none", "injects no holds"),
    ],
)
def test_what_cannot_be_tuned_is_refused_with_the_reason(name: str, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words) as refused:
        modelled_holds(name, shipped_profiles()[name])
    assert refused.value.hint


def test_overlapping_holds_are_not_reduced_to_one() -> None:
    profile = shipped_profiles()["brief"]
    twice = profile.model_copy(update={"holds": [*profile.holds, *profile.holds]})
    with pytest.raises(InvalidInputError, match="several holds overlap"):
        modelled_holds("twice", twice)
