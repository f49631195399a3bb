"""Checks are made within their time, what they find is kept, and nothing is left behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from harness.platform.emulated.emulated_platform import EmulatedPlatform
from harness.platform.self_test.check import Check, Site
from harness.platform.self_test.report import CheckResult, Finding, SeenCase
from harness.platform.self_test.runner import PREFIX, remove, run_checks
from harness.winerror import win32_error


def made(run: object, seconds: float = 60, order: int = 1) -> Check:
    return Check(order, "Is it so?", "It is not so.", "outcomes", run, seconds)  # type: ignore[arg-type]


def check_it(location: Path, limit_s: float = 60, **checks: Check) -> dict[str, CheckResult]:
    results, _ = run_checks(checks, EmulatedPlatform(), location, limit_s=limit_s)
    return {result.name: result for result in results}


def good(site: Site, check: Check) -> Iterator[Finding]:
    (site.folder / "read-only").write_bytes(b"")
    (site.folder / "read-only").chmod(0o400)
    yield check.finding("one", "1", "1", verdict=True)
    yield check.finding("two", "2", "3", verdict=False, means="Another thing.")


def test_each_check_has_a_folder_of_its_own_and_none_is_left(tmp_path: Path) -> None:
    results = check_it(tmp_path, first=made(good), second=made(good))
    for result in results.values():
        assert [each.verdict for each in result.findings] == ["as expected", "differs"]
        assert [each.means for each in result.findings] == ["It is not so.", "Another thing."]
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_self_test_left_is_removed_by_the_next(tmp_path: Path) -> None:
    left = tmp_path / f"{PREFIX}0123456789ab"
    left.mkdir()
    (left / "file").write_bytes(b"")
    check_it(tmp_path, only=made(good))
    assert not left.exists()


def test_a_check_that_never_ends_is_stopped_and_what_it_found_is_kept(tmp_path: Path) -> None:
    ended = threading.Event()

    def hangs(_site: Site, check: Check) -> Iterator[Finding]:
        yield check.finding("one", "1", "1", verdict=True)
        ended.wait()

    results = check_it(tmp_path, hangs=made(hangs, seconds=0.1), after=made(good))
    ended.set()
    assert [each.verdict for each in results["hangs"].findings] == ["as expected", "out of time"]
    assert "stopped after" in results["hangs"].findings[1].found
    assert len(results["after"].findings) == 2


def test_checks_beyond_the_time_of_all_are_not_made(tmp_path: Path) -> None:
    results = check_it(tmp_path, limit_s=0, only=made(good))
    (only,) = results["only"].findings
    assert (only.verdict, only.found) == ("out of time", "the time of the self-test was over")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (win32_error(5, "C:\\Users\\Erika\\secret"), "error 5, "),
        (OSError(28, "No space left on device", "/home/erika"), "errno 28, No space left"),
        (KeyError("/home/erika"), "KeyError in the harness itself"),
    ],
)
def test_a_check_that_fails_is_a_finding_without_a_path(
    tmp_path: Path, error: Exception, words: str
) -> None:
    def fails(_site: Site, _check: Check) -> Iterator[Finding]:
        raise error
        yield

    (failed,) = check_it(tmp_path, fails=made(fails))["fails"].findings
    assert failed.verdict == "not asked"
    assert words in failed.found
    assert "rika" not in failed.found


def test_what_cases_gave_is_kept_apart(tmp_path: Path) -> None:
    def sees(_site: Site, check: Check) -> Iterator[Finding | SeenCase]:
        yield SeenCase(case="a1, MoveFileExW", code=32)
        yield check.finding("one", "1", "1", verdict=True)

    with closing(EmulatedPlatform()) as platform:
        results, seen = run_checks({"sees": made(sees)}, platform, tmp_path)
    assert [each.code for each in seen] == [32]
    assert len(results[0].findings) == 1


def test_a_folder_that_is_gone_is_removed_already(tmp_path: Path) -> None:
    remove(tmp_path / "gone")
