"""The checks of Windows: each says what it asks and means, and finds what it should.

The table of sharing rules has a test of its own, which tries the same cases.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from harness.platform.emulated import self_test as emulated
from harness.platform.self_test import runner
from harness.platform.self_test.check import Check, checks_in
from harness.platform.self_test.report import CheckResult
from harness.platform.windows import self_test as windows
from harness.platform.windows.self_test import structures
from harness.platform.windows.windows_platform import WindowsPlatform

CHECKS = checks_in(windows)
ELSEWHERE = {"sharing_rules", "leftovers"}
"""The table's own test; and what starts the whole harness, which takes too long under Wine."""
needs_windows = pytest.mark.skipif(sys.platform != "win32", reason="needs Windows, or Wine")


@pytest.mark.parametrize("package", [windows, emulated])
def test_checks_have_an_order_and_say_what_a_difference_means(package: object) -> None:
    checks = checks_in(package)  # type: ignore[arg-type]
    orders = [check.order for check in checks.values()]
    assert orders == sorted(set(orders)), "each has a place of its own"
    for check in checks.values():
        assert check.title.endswith("?")
        assert check.means.endswith(".")
        assert check.run.__doc__


def test_what_numbers_depend_on_is_asked_first() -> None:
    bearings = [check.bearing for check in CHECKS.values()]
    assert "outcomes" not in bearings[bearings.index("context") :]


@pytest.fixture(scope="module")
def platform() -> Iterator[WindowsPlatform]:
    with closing(WindowsPlatform()) as made:
        yield made


def made(name: str, platform: WindowsPlatform, folder: Path) -> CheckResult:
    """The check of that name, with all the time it wants."""
    check = CHECKS[name]
    patient = Check(check.order, check.title, check.means, check.bearing, check.run, seconds=120)
    ((result,), _) = runner.run_checks({name: patient}, platform, folder, limit_s=120)
    return result


@needs_windows
@pytest.mark.parametrize("name", sorted(set(CHECKS) - ELSEWHERE))
def test_a_check_comes_to_an_end_and_leaves_nothing(
    name: str, platform: WindowsPlatform, tmp_path: Path
) -> None:
    result = made(name, platform, tmp_path)
    assert result.findings
    assert not [each.found for each in result.findings if "failed" in each.found]
    assert list(tmp_path.iterdir()) == []


@needs_windows
@pytest.mark.parametrize("name", ["structures", "statuses"])
def test_what_holds_on_every_windows_is_found(
    name: str, platform: WindowsPlatform, tmp_path: Path
) -> None:
    assert {each.verdict for each in made(name, platform, tmp_path).findings} == {"as expected"}


@needs_windows
def test_primitives_work_where_the_platform_says_that_they_do(
    platform: WindowsPlatform, tmp_path: Path
) -> None:
    broken = {
        primitive
        for each in made("primitives", platform, tmp_path).findings
        if each.verdict == "differs"
        for primitive in each.primitives
    }
    assert broken <= {"posix-rename", "posix-delete"} & set(platform.cannot)


@needs_windows
def test_a_wrong_structure_is_found(
    platform: WindowsPlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(structures, "_IS_64_BIT", False)
    first, *_ = made("structures", platform, tmp_path).findings
    assert first.verdict == "differs"
    assert "OVERLAPPED has 32 bytes, not 20" in first.found
