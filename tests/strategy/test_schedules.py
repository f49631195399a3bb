"""When strategies try: golden times from the sources of other tools, and tenacity as the judge."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import pytest
import tenacity
from hypothesis import given, settings
from hypothesis import strategies as st
from tenacity import stop_after_attempt, stop_never, wait_exponential, wait_fixed

from harness.clock import NS_PER_MS, VirtualClock, to_ns
from harness.holds.handles import Hold, Share
from harness.platform.emulated.emulated_platform import EmulatedPlatform
from harness.strategy import (
    Strategy,
    get_strategy,
    retried_codes,
    retry_if_any_oserror,
    retry_if_winerror,
    schedule,
)
from harness.strategy.waits import wait_scaled
from harness.winerror import MESSAGES, Win32Error, win32_error, winerror_of

if TYPE_CHECKING:
    from tenacity.wait import wait_base


JITTER: Final = {"full": (0.0, 1.0), "equal": (0.5, 1.0), "spread": (0.5, 1.5)}


@dataclass(frozen=True)
class Golden:
    """A strategy of another tool: what it is here, and its attempt times at their source.

    `starts_ms` are the first attempts, all of them if `attempts` is no more.
    """

    tool: str
    source: str
    strategy: str
    starts_ms: list[float]
    attempts: int
    last_ms: float
    parameters: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.tool


def exponential(**parameters: Any) -> dict[str, Any]:
    return {"strategy": "exponential", "parameters": parameters}


def fixed_sleep(**parameters: Any) -> dict[str, Any]:
    return {"strategy": "fixed-sleep", "parameters": parameters}


# Names, sources and times as they were read in the source text of each tool, by hand:
# docs/evidence/retry-strategies.md#how-they-were-read.
DOUBLING_MS: Final = [0.0, 10, 30, 70, 150, 310, 630, 1270, 2550, 5110, 10230]
GOLDEN: Final = [
    Golden(
        "no-retry-rust",
        "rust-lang/rust library/std/src/sys/fs/windows.rs @ 00753590",
        strategy="plain",
        starts_ms=[0],
        attempts=1,
        last_ms=0,
    ),
    Golden(
        "uv-backon-10",
        "astral-sh/uv crates/uv-fs/src/lib.rs @ 26a9dd4b2125 l.466-478",
        starts_ms=DOUBLING_MS,
        attempts=11,
        last_ms=10_230,
        **exponential(initial_ms=10, factor=2, max_attempts=11, codes=[5]),
    ),
    Golden(
        "uv-backon-9",
        "astral-sh/uv crates/uv-fs/src/lib.rs @ e2c5526fbb",
        starts_ms=DOUBLING_MS[:10],
        attempts=10,
        last_ms=5110,
        **exponential(initial_ms=10, factor=2, max_attempts=10, codes=[5]),
    ),
    Golden(
        "uv-rename-backoff without its jitter",
        "astral-sh/uv crates/uv-fs/src/lib.rs @ d9b160b405",
        starts_ms=[0, 10, 25, 47.5, 81.25, 131.875, 207.8125],
        attempts=16,
        last_ms=8737.9,
        **exponential(initial_ms=10, factor=1.5, max_attempts=1000, max_time_ms=10_000, codes=[5]),
    ),
    Golden(
        "cpython-test-waitfor",
        "python/cpython Lib/test/support/os_helper.py @ 0890c1a4 _waitfor",
        starts_ms=[0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 1023],
        attempts=11,
        last_ms=1023,
        **exponential(initial_ms=1, factor=2, max_attempts=11),
    ),
    Golden(
        "svn-win32-retry",
        "apache/subversion subversion/libsvn_subr/io.c WIN32_RETRY_LOOP",
        starts_ms=[0, 1, 3, 7, 15, 31, 63, 127, 255, 383, 511, 639],
        attempts=101,
        last_ms=12_031,
        **exponential(initial_ms=1, factor=2, cap_ms=128, max_attempts=101),
    ),
    Golden(
        "git-lfs-rename without its jitter",
        "git-lfs/git-lfs tools/robustio_windows.go @ 023ef527434d",
        starts_ms=[0, 100, 300, 700, 1500, 3100, 6300, 12_700, 25_500, 51_100],
        attempts=10,
        last_ms=51_100,
        **exponential(initial_ms=100, factor=2, max_attempts=10, codes=[32]),
    ),
    Golden(
        "postgres-rename",
        "postgres/postgres src/port/dirmod.c @ 020794ee pgrename",
        starts_ms=[0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1100],
        attempts=101,
        last_ms=10_000,
        **fixed_sleep(wait_ms=100, max_attempts=101),
    ),
    Golden(
        "jgit-rename",
        "eclipse-jgit/jgit org/eclipse/jgit/util/FileUtils.java @ 041770cb",
        starts_ms=[0, 100, 200, 300, 400, 500, 600, 700, 800, 900],
        attempts=10,
        last_ms=900,
        **fixed_sleep(wait_ms=100, max_attempts=10),
    ),
    Golden(
        "pip-replace",
        "pypa/pip src/pip/_internal/utils/filesystem.py @ 6d309205 l.71",
        starts_ms=[0, 250, 500, 750, 1000],
        attempts=5,
        last_ms=1000,
        **fixed_sleep(wait_ms=250, max_attempts=5),
    ),
    Golden(
        "llvm-rename-source",
        "llvm/llvm-project llvm/lib/Support/Windows/Path.inc @ 002053fa rename",
        starts_ms=[0, 10, 20, 30, 40, 50],
        attempts=200,
        last_ms=1990,
        **fixed_sleep(wait_ms=10, max_attempts=200),
    ),
    Golden(
        "msbuild-copy",
        "dotnet/msbuild src/Tasks/Copy.cs @ 05f08912",
        starts_ms=[0, 1000, 2000],
        attempts=11,
        last_ms=10_000,
        **fixed_sleep(wait_ms=1000, max_attempts=11),
    ),
    Golden(
        "graceful-fs-60s",
        "isaacs/node-graceful-fs polyfills.js @ 2343799 l.87-124",
        strategy="graceful-fs",
        starts_ms=[0, 0, 10, 30, 60, 100, 150, 210, 280, 360, 450, 550],
        attempts=607,
        last_ms=60_050,
    ),
]


@pytest.mark.parametrize("golden", GOLDEN, ids=str)
def test_the_attempts_come_when_the_source_of_the_strategy_says(golden: Golden) -> None:
    strategy = get_strategy(golden.strategy, **golden.parameters)
    code = golden.parameters.get("codes", [5])[0]
    listed = schedule(strategy, code=code)
    assert listed.attempts_ms[: len(golden.starts_ms)] == pytest.approx(golden.starts_ms)
    assert len(listed.attempts_ms) == golden.attempts
    assert listed.budget_ms == pytest.approx(golden.last_ms, abs=0.05)
    assert listed.gave_up_ms == listed.budget_ms


def test_the_defaults_of_exponential_are_the_times_of_uv() -> None:
    assert list(schedule(get_strategy("exponential")).attempts_ms) == DOUBLING_MS


def test_the_defaults_of_fixed_sleep_are_a_tenth_of_the_budget_of_postgres() -> None:
    """PostgreSQL waits 100 ms up to 100 times (field_guide.toml, postgres-rename): 10 s."""
    listed = schedule(get_strategy("fixed-sleep"))
    assert list(listed.attempts_ms) == [100.0 * number for number in range(11)]


def test_graceful_fs_gives_a_replace_no_second_attempt() -> None:
    """No wait, no second attempt (docs/evidence/retry-strategies.md#targets-that-exist)."""
    listed = schedule(get_strategy("graceful-fs"), target_exists=True)
    assert (listed.attempts_ms, listed.gave_up_ms, listed.verdict) == ((0.0,), 0.0, "not-retried")


def test_a_strategy_may_wait_once_more_before_it_gives_up() -> None:
    late = get_strategy("graceful-fs")
    slow = Strategy("slow", late.retry, wait_fixed(0.5), stop_never, recheck=lambda _: False)
    listed = schedule(slow)
    assert (listed.attempts_ms, listed.gave_up_ms, listed.verdict) == ((0.0,), 500.0, "not-retried")


# Given a lock that is released L seconds after the first attempt: mean completion time in s, F where
# all fail. Attempts take no time. Computed from the sources by hand:
# docs/evidence/retry-strategies.md#how-they-were-read.
LOCKS_S: Final = (0.05, 0.2, 1, 2, 4, 10, 15, 23, 30, 60, 67)
F: Final = None
EVIDENCE_D3: Final[list[tuple[str, dict[str, Any], list[float | None]]]] = [
    ("plain", {"strategy": "plain"}, [F] * 11),
    ("Chromium ImportantFileWriter", fixed_sleep(wait_ms=100, max_attempts=6), [0.1, 0.2] + [F] * 9),
    ("Chromium NoVarySearch", fixed_sleep(wait_ms=10, max_attempts=50), [0.05, 0.2] + [F] * 9),
    ("libuv", fixed_sleep(wait_ms=250, max_attempts=5), [0.25, 0.25, 1] + [F] * 8),
    (
        "CPython tests",
        exponential(initial_ms=1, factor=2, max_attempts=11),
        [0.063, 0.255, 1.02] + [F] * 8,
    ),
    ("bk-lite", fixed_sleep(wait_ms=500, max_attempts=11), [0.5, 0.5, 1, 2, 4] + [F] * 6),
    ("habitat", fixed_sleep(wait_ms=200, max_attempts=26), [0.2, 0.2, 1, 2, 4] + [F] * 6),
    ("PostgreSQL", fixed_sleep(wait_ms=100, max_attempts=101), [0.1, 0.2, 1, 2, 4, 10] + [F] * 5),
    (
        "rattler/pixi",
        exponential(initial_ms=100, factor=2, cap_ms=2000, max_attempts=6),
        [0.1, 0.3, 1.5, 3.1] + [F] * 7,
    ),
    ("uv", exponential(), [0.07, 0.31, 1.27, 2.55, 5.11, 10.2] + [F] * 5),
    (
        "graceful-fs",
        {"strategy": "graceful-fs"},
        [0.06, 0.21, 1.05, 2.05, 4.05, 10, 15, 23.1, 30.1, 60.1, F],
    ),
    (
        "Signal Desktop",
        fixed_sleep(wait_ms=5000, max_attempts=61),
        [5, 5, 5, 5, 5, 10, 15, 25, 30, 60, 70],
    ),
]


def persist_against(strategy: Strategy, lock_s: float) -> float | None:
    """Rename a directory, a file of which is open for `lock_s`; when it succeeded, in seconds.

    All of it is real but the time: the directory, the rename, the loop, and the lock table's 5.
    """
    with TemporaryDirectory() as folder:
        source, target = Path(folder, "source"), Path(folder, "target")
        source.mkdir()
        (source / "library.dll").touch()
        platform = EmulatedPlatform()
        platform.begin_trial(attempt_cost_ms=0)
        hold = Hold("child", str(source / "library.dll"), duration_ns=to_ns(lock_s))
        platform.schedule_holds([hold])

        def rename(source: str, target: str) -> None:
            platform.files.rename(source, target, "move-replace")

        try:
            strategy.persist(rename, str(source), str(target), clock=platform.clock)
        except PermissionError as error:
            if winerror_of(error) != 5 or not source.exists():
                raise
            return None
        assert (target / "library.dll").exists()
        return platform.clock.now_ns() / to_ns(1)


@pytest.mark.parametrize(
    ("tool", "is_here", "completion_s"), EVIDENCE_D3, ids=[row[0] for row in EVIDENCE_D3]
)
def test_against_a_lock_a_strategy_completes_when_the_public_evidence_says(
    tool: str, is_here: dict[str, Any], completion_s: list[float | None]
) -> None:
    strategy = get_strategy(is_here["strategy"], **is_here.get("parameters", {}))
    completed = [persist_against(strategy, lock_s) for lock_s in LOCKS_S]
    # printed there with two or three digits: 10.2 is 10.23, and 10 is 10.05
    assert completed == [pytest.approx(value, rel=0.006) if value else F for value in completion_s], tool


def test_capping_the_wait_of_uv_completes_sooner_for_more_attempts() -> None:
    """A cap of 0.25 s, 45 attempts instead of 10 (retry-strategies.md#what-a-cap-on-the-wait-buys)."""
    capped = get_strategy("exponential", cap_ms=250, max_attempts=46)
    completed = [persist_against(capped, lock_s) for lock_s in (1, 2, 4, 5.2, 10)]
    assert completed == [1.06, 2.06, 4.06, 5.31, 10.06]
    assert schedule(capped).budget_ms >= schedule(get_strategy("exponential")).budget_ms


@settings(deadline=None, max_examples=60)
@given(
    lock_ms=st.integers(0, 1200),
    wait_ms=st.integers(1, 200),
    factor=st.sampled_from([1, 1.5, 2, 3]),
    max_attempts=st.integers(1, 12),
)
def test_a_strategy_outlasts_a_lock_exactly_up_to_its_budget(
    lock_ms: int, wait_ms: int, factor: float, max_attempts: int
) -> None:
    strategy = get_strategy("exponential", initial_ms=wait_ms, factor=factor, max_attempts=max_attempts)
    listed = schedule(strategy)
    outlasting = [start for start in listed.attempts_ms if start >= lock_ms]
    completed_s = persist_against(strategy, lock_ms / 1000)
    assert (completed_s is not None) == (lock_ms <= listed.budget_ms)
    if completed_s is not None:
        assert completed_s * 1000 == pytest.approx(outlasting[0])


# plain tenacity as the judge: the same parts in its own loop, with a sleep that only notes


def tenacitys_starts_ns(wait: wait_base, max_attempts: int, code: int, codes: list[int]) -> list[int]:
    """When `tenacity.Retrying` attempts a call that always fails, in nanoseconds."""
    waits: list[float] = []

    def fail() -> None:
        raise win32_error(code)

    retrying = tenacity.Retrying(
        wait=wait,
        stop=stop_after_attempt(max_attempts),
        retry=tenacity.retry_if_exception(lambda error: winerror_of(error) in codes),
        sleep=waits.append,
        reraise=True,
    )
    with pytest.raises(Win32Error):
        retrying(fail)
    return list(accumulate(map(to_ns, waits), initial=0))


def drivers_starts_ns(strategy: Strategy, seed: int) -> list[int]:
    """When `Strategy.persist` attempts a real rename whose source is held for ever (32)."""
    with TemporaryDirectory() as folder:
        source = Path(folder, "source")
        source.touch()
        platform = EmulatedPlatform()
        platform.begin_trial(attempt_cost_ms=0)
        platform.schedule_holds([Hold("source", str(source), share=Share.NONE)])
        starts_ns: list[int] = []

        def rename(source: str, target: str) -> None:
            starts_ns.append(platform.clock.now_ns())
            platform.files.rename(source, target, "move-replace")

        with pytest.raises(PermissionError):
            strategy.persist(
                rename,
                str(source),
                str(source.with_name("target")),
                clock=platform.clock,
                rng=random.Random(seed),
            )
        return starts_ns


def listed_starts_ns(strategy: Strategy, code: int, seed: int) -> list[int]:
    listed = schedule(strategy, code=code, seed=seed)
    return [round(start * NS_PER_MS) for start in listed.attempts_ms]


durations_ms = st.floats(0.001, 10_000)
code_lists = st.lists(st.sampled_from([5, 32, 33, 145]), min_size=1, max_size=4, unique=True)


@settings(deadline=None)
@given(
    initial_ms=durations_ms,
    factor=st.floats(1, 10),
    cap_ms=durations_ms,
    jitter=st.sampled_from(["none", *JITTER]),
    max_attempts=st.integers(1, 30),
    codes=code_lists,
    code=st.sampled_from([5, 32, 33, 145]),
    seed=st.integers(0, 2**32),
)
def test_exponential_tries_when_tenacity_would(
    initial_ms: float,
    factor: float,
    cap_ms: float,
    jitter: str,
    max_attempts: int,
    codes: list[int],
    code: int,
    seed: int,
) -> None:
    strategy = get_strategy(
        "exponential",
        initial_ms=initial_ms,
        factor=factor,
        cap_ms=cap_ms,
        jitter=jitter,
        max_attempts=max_attempts,
        codes=codes,
    )
    wait: wait_base = wait_exponential(multiplier=initial_ms / 1000, exp_base=factor, max=cap_ms / 1000)
    if jitter != "none":
        wait = wait_scaled(wait, *JITTER[jitter])
        random.seed(seed)  # in plain tenacity a part draws from Python's shared generator
    starts_ns = listed_starts_ns(strategy, code, seed)
    assert starts_ns == tenacitys_starts_ns(wait, max_attempts, code, codes)
    if code == 32:
        assert starts_ns == drivers_starts_ns(strategy, seed)


@settings(deadline=None)
@given(
    wait_ms=st.floats(0, 10_000),
    max_attempts=st.integers(1, 60),
    codes=code_lists,
    code=st.sampled_from([5, 32, 33, 145]),
)
def test_fixed_sleep_tries_when_tenacity_would(
    wait_ms: float, max_attempts: int, codes: list[int], code: int
) -> None:
    strategy = get_strategy("fixed-sleep", wait_ms=wait_ms, max_attempts=max_attempts, codes=codes)
    starts_ns = listed_starts_ns(strategy, code, seed=0)
    wait = wait_fixed(wait_ms / 1000)
    assert starts_ns == tenacitys_starts_ns(wait, max_attempts, code, codes)
    if code == 32:
        assert starts_ns == drivers_starts_ns(strategy, seed=0)


@settings(deadline=None)
@given(
    initial_ms=st.floats(0.1, 1000),
    factor=st.floats(1, 4),
    max_attempts=st.integers(1, 40),
    max_time_ms=st.floats(1, 100_000),
    seed=st.integers(0, 99),
    jitter=st.sampled_from(["none", *JITTER]),
)
def test_a_time_limit_cuts_off_the_attempts_that_would_come_at_or_after_it(
    initial_ms: float, factor: float, max_attempts: int, max_time_ms: float, seed: int, jitter: str
) -> None:
    parameters: dict[str, Any] = {
        "initial_ms": initial_ms,
        "factor": factor,
        "max_attempts": max_attempts,
        "jitter": jitter,
    }
    unlimited = schedule(get_strategy("exponential", **parameters), seed=seed).attempts_ms
    limited = schedule(
        get_strategy("exponential", **parameters, max_time_ms=max_time_ms), seed=seed
    ).attempts_ms
    limit_ns = to_ns(max_time_ms / 1000)
    assert limited == tuple(start for start in unlimited if round(start * NS_PER_MS) < limit_ns)


def test_a_time_limit_cuts_off_the_attempt_that_comes_at_that_very_time() -> None:
    strategy = get_strategy("exponential", initial_ms=100, factor=1, max_time_ms=800)
    assert schedule(strategy).budget_ms == 700


# what holds for every schedule


@settings(deadline=None)
@given(
    initial_ms=durations_ms,
    factor=st.floats(1, 10),
    cap_ms=durations_ms,
    jitter=st.sampled_from(["none", *JITTER]),
    seed=st.integers(0, 2**32),
    cost_ms=st.sampled_from([0, 0.3, 7]),
)
def test_attempts_begin_at_zero_ascend_and_wait_no_longer_than_the_cap_and_the_jitter_allow(
    initial_ms: float, factor: float, cap_ms: float, jitter: str, seed: int, cost_ms: float
) -> None:
    strategy = get_strategy(
        "exponential", initial_ms=initial_ms, factor=factor, cap_ms=cap_ms, jitter=jitter
    )
    listed = schedule(strategy, seed=seed, attempt_cost_ms=cost_ms)
    low, high = JITTER.get(jitter, (1, 1))
    assert listed.attempts_ms[0] == 0
    for number, (earlier, later) in enumerate(pairwise(listed.attempts_ms)):
        nominal_ms = min(cap_ms, initial_ms * factor**number)
        waited_ms = later - earlier - cost_ms
        assert waited_ms >= low * nominal_ms * (1 - 1e-9) - 1e-5
        assert waited_ms <= high * nominal_ms * (1 + 1e-9) + 1e-5
    assert listed.verdict == "exhausted"


@pytest.mark.parametrize("jitter", JITTER)
def test_jitter_is_the_same_for_the_same_seed_and_another_for_another(jitter: str) -> None:
    strategy = get_strategy("exponential", jitter=jitter)
    assert schedule(strategy, seed=1) == schedule(strategy, seed=1)
    assert schedule(strategy, seed=1) != schedule(strategy, seed=2)


def test_full_jitter_halves_the_budget_on_average() -> None:
    """The mean of a draw from 0 to 1 (docs/evidence/retry-strategies.md#jitter-and-budgets)."""
    nominal = schedule(get_strategy("exponential")).budget_ms
    full = get_strategy("exponential", jitter="full")
    budgets = [schedule(full, seed=seed).budget_ms for seed in range(400)]
    assert sum(budgets) / len(budgets) == pytest.approx(nominal / 2, rel=0.05)


def test_the_cost_of_an_attempt_delays_the_next_one() -> None:
    listed = schedule(get_strategy("fixed-sleep", max_attempts=3), attempt_cost_ms=0.3)
    assert listed.attempts_ms == (0, 100.3, 200.6)
    assert listed.gave_up_ms == 200.9


def test_a_code_that_is_not_retried_has_one_attempt() -> None:
    listed = schedule(get_strategy("exponential", codes=[5]), code=32)
    assert (listed.codes, listed.attempts_ms, listed.verdict) == ((32,), (0.0,), "not-retried")


def test_a_strategy_that_never_gives_up_is_listed_up_to_a_limit() -> None:
    for_ever = Strategy("for-ever", retry_if_any_oserror(), wait_fixed(1))
    listed = schedule(for_ever, max_attempts=5)
    assert listed.attempts_ms == (0, 1000, 2000, 3000, 4000)
    assert listed.verdict is None


def test_listing_a_schedule_waits_on_no_clock_but_its_own() -> None:
    an_hour = get_strategy("fixed-sleep", wait_ms=3_600_000, max_attempts=1000)
    assert schedule(an_hour).budget_ms == 999 * 3_600_000


@pytest.mark.parametrize(
    ("strategy", "codes"),
    [
        (get_strategy("plain"), set()),
        (get_strategy("exponential"), {5, 32, 33}),
        (get_strategy("exponential", codes=[5]), {5}),
        # 5 is EPERM, 32 and 33 are EBUSY in libuv: windows-sharing.md#how-languages-name-the-codes
        (get_strategy("graceful-fs"), {5, 32, 33}),
        (Strategy("any", retry_if_any_oserror()), set(MESSAGES)),
        (Strategy("one", retry_if_winerror(1224)), {1224}),
    ],
    ids=["plain", "exponential", "exponential of 5", "graceful-fs", "any", "one"],
)
def test_the_codes_that_a_strategy_retries_are_found_by_asking_it(
    strategy: Strategy, codes: set[int]
) -> None:
    assert set(retried_codes(strategy)) == codes


def test_a_virtual_clock_adds_up_waits_without_error() -> None:
    clock = VirtualClock()
    for _ in range(600):
        clock.sleep(0.1)
    assert clock.now_ns() == 60 * to_ns(1)
