"""The page of the study: what it can claim comes first, and defaults by situation end it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from committed_study import committed_trials

from harness.holds.profile import Profile
from harness.scenario.load import shipped_profiles
from harness.study import situations as situations_module
from harness.study.definition import ABOUT
from harness.study.page import study_page
from harness.study.situations import situations
from harness.study.trials import read_about

if TYPE_CHECKING:
    import pytest


def test_the_page_says_what_it_can_claim_and_ends_in_defaults(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def two() -> dict[str, Profile]:
        return {name: shipped_profiles()[name] for name in ("brief", "permanent")}

    trials = committed_trials()
    monkeypatch.setattr(situations_module, "shipped_profiles", two)
    own = trials[trials["case"] == "copy-onto-file"]
    text = study_page(own, read_about(ABOUT), [], list(situations()))
    claims, defaults = text.index("They cannot show how often"), text.index('id="defaults"')
    assert claims < text.index('id="cases"') < text.index('id="losses"') < defaults
    assert "never end: no wait helps" in text
    assert "retries on 5,32" in text[defaults:]
