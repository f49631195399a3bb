"""Predictions against the trials of the study: within their intervals, and exact where certain."""

from __future__ import annotations

from committed_study import committed_trials

from harness.study.definition import ABOUT
from harness.study.predictions import Checked, checked
from harness.study.trials import read_about


def test_predictions_agree_with_the_trials() -> None:
    trials = committed_trials()
    some = sorted(set(trials["strategy"]))[::12]  # the page has all
    own = trials[trials["strategy"].isin(some)]
    found = list(checked(own, read_about(ABOUT).call_ms))
    assert len(found) > 200
    assert sum(each.agrees for each in found) >= 0.995 * len(found)
    certain = [each for each in found if each.is_certain]
    assert len(certain) > 100
    assert all(each.agrees for each in certain)


def test_operations_of_one_call_are_predicted() -> None:
    trials = committed_trials()
    own = trials[trials["strategy"] == "plain"]
    found = {each.case for each in checked(own, read_about(ABOUT).call_ms)}
    assert {"rename-directory", "replace-file", "remove-file", "read-file"} <= found
    assert "remove-directory" not in found


def test_a_wrong_prediction_does_not_agree() -> None:
    assert not Checked("c", "p", "s", 0.0, 1, 200, 0.0).agrees
    assert not Checked("c", "p", "s", 0.1, 60, 200, 1e-9).agrees
    assert Checked("c", "p", "s", 1.0, 200, 200, 1.0).agrees
