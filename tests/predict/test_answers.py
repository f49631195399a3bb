"""The answer of a prediction: it says of each profile what the table says."""

from __future__ import annotations

import re

import pytest

from harness.predict.answers import overview_answers, rankings_answers
from harness.predict.overview import overview, rankings, read


@pytest.mark.parametrize("text", ["plain", "10ms x2 cap 250ms for 30s on 5,32", "uv", "rustup"])
def test_each_profile_is_named_once_with_what_its_row_says(text: str) -> None:
    for asked in read(text):
        found = overview(asked)
        for shape, answer in zip(found.shapes, overview_answers(found), strict=True):
            outcomes = answer.partition(": ")[2].rstrip(".").split("; ")
            said = {
                profile: outcome
                for outcome in outcomes
                for profile in re.split(r", | and ", re.sub(r"^.* under | \(.*", "", outcome))
            }
            assert list(said) == [*dict.fromkeys(said)]
            assert set(said) == {row.profile for row in shape.ranks}
            for row in shape.ranks:
                rate = row.prediction.success_rate
                expected = "always" if rate == 1 else "succeeds in" if rate else "never"
                assert said[row.profile].startswith(expected)
                assert (row.words in said[row.profile]) == (0 < rate < 1)


def test_a_ranking_names_the_best_unless_it_is_the_predicted_one() -> None:
    (ours,) = read("100ms for 2s on 5,32")
    answers = list(rankings_answers(rankings(ours, "cloud-verdict")))
    assert re.fullmatch(
        r"Renaming a directory: succeeds in 23.3 % of operations, (tied for )?\d+th (with \d+ )?of \d+; "
        r"the best is graceful-fs-60s with 100 %\.",
        answers[0],
    )
    (best,) = read("graceful-fs-60s")
    answer = next(rankings_answers(rankings(best, "cloud-verdict")))
    assert answer.startswith(
        "Renaming a directory: succeeds in 100 % of operations, tied for first with "
    )
    assert "the best is" not in answer
