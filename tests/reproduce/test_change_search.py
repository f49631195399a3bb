"""A bisection finds the release in which the verdict changes, and asks few of them."""

from __future__ import annotations

from itertools import pairwise, repeat
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.reproduce.change_search import Change, Verdict, changes

BAD: Final[Verdict] = "bad"
GOOD: Final[Verdict] = "good"
VERDICTS = st.lists(st.sampled_from(["good", "bad", "unknown"]), max_size=24)
OF_LETTERS: dict[str, Verdict] = {"g": "good", "b": "bad", "?": "unknown"}


class Asked:
    """Releases ``0``, ``1`` … with these verdicts, and which of them were asked."""

    def __init__(self, verdicts: list[Verdict]) -> None:
        self.verdicts = verdicts
        self.asked: list[str] = []

    @property
    def versions(self) -> list[str]:
        return [str(place) for place in range(len(self.verdicts))]

    def ask(self, version: str) -> Verdict:
        assert version not in self.asked, "a release runs once"
        self.asked.append(version)
        return self.verdicts[int(version)]


def found(letters: str, *asked_first: str) -> list[Change]:
    releases = Asked([OF_LETTERS[letter] for letter in letters])
    return changes(releases.versions, releases.ask, asked_first)


@given(bad=st.integers(1, 200), good=st.integers(1, 200))
def test_one_change_takes_two_runs_and_the_logarithm_of_the_rest(bad: int, good: int) -> None:
    releases = Asked([*repeat(BAD, bad), *repeat(GOOD, good)])
    assert changes(releases.versions, releases.ask) == [Change(str(bad - 1), str(bad), ())]
    assert len(releases.asked) <= 2 + (bad + good - 1).bit_length()


@given(verdicts=VERDICTS, data=st.data())
def test_whatever_the_verdicts_each_change_is_one(verdicts: list[Verdict], data: st.DataObject) -> None:
    releases = Asked(verdicts)
    first = data.draw(st.lists(st.sampled_from(releases.versions)) if verdicts else st.just([]))
    places = {version: place for place, version in enumerate(releases.versions)}
    for change in changes(releases.versions, releases.ask, first):
        before, after = verdicts[places[change.before]], verdicts[places[change.first]]
        assert {before, after} == {"good", "bad"}
        inside = releases.versions[places[change.before] + 1 : places[change.first]]
        assert list(change.between) == inside
        assert {verdicts[places[version]] for version in inside} <= {"unknown"}
    assert set(first) <= set(releases.asked)


@given(verdicts=VERDICTS)
def test_if_all_are_asked_all_changes_are_found(verdicts: list[Verdict]) -> None:
    releases = Asked(verdicts)
    known = [each for each in verdicts if each != "unknown"]
    expected = sum(one != other for one, other in pairwise(known))
    assert len(changes(releases.versions, releases.ask, releases.versions)) == expected


@pytest.mark.parametrize(
    ("letters", "asked_first", "expected"),
    [
        ("", (), []),
        ("b", (), []),
        ("bbbb", (), []),
        ("b??g", (), [Change("0", "3", ("1", "2"))]),
        ("???", (), []),
        ("bgbb", (), []),
        ("bgbb", ("1",), [Change("0", "1", ()), Change("1", "2", ())]),
    ],
)
def test_what_is_unknown_is_passed_over(
    letters: str, asked_first: tuple[str, ...], expected: list[Change]
) -> None:
    assert found(letters, *asked_first) == expected
