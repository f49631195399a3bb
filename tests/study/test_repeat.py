"""Repeating a fixed part of the study: identical, and a trial that is not is found."""

from __future__ import annotations

from committed_study import committed_trials

from harness.study.definition import ABOUT, CASES, repeated_blocks
from harness.study.repeat import differing
from harness.study.trials import read_about

QUICK = [CASES / f"{name}.toml" for name in ("link-files", "truncate-file")]
"""Cases of few strategies and short trials; `nox -s study -- repeat` runs all."""


def test_a_part_of_the_trials_repeats_identically() -> None:
    trials = committed_trials()
    own = trials[trials["case"].isin([file.stem for file in QUICK])]
    blocks = read_about(ABOUT).blocks
    differ, compared = differing(own, blocks, files=QUICK, jobs=1, tell=lambda *_: None)
    assert differ.empty
    assert compared == len(repeated_blocks(blocks)) * own.groupby("block").size().iloc[0]


def test_a_trial_that_is_not_the_same_is_found() -> None:
    trials = committed_trials()
    own = trials[trials["case"] == QUICK[0].stem].reset_index(drop=True)
    own.loc[own.index[own["block"] == 0][3], "elapsed_us"] += 1
    differ, _ = differing(own, 1, files=QUICK[:1], jobs=1, tell=lambda *_: None)
    assert len(differ) == 1
