"""The playground replays what happened, and its JavaScript computes what Python does."""

from __future__ import annotations

import itertools
import json
import math
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any, get_args

import pytest
from report_lab import LABELS, SHIFTING, Browser, Made, make_run

import harness.report
from harness.analysis.selection import case_keys, select
from harness.frames import load
from harness.report.playground import Holds, holds_of, page_data, steps
from harness.strategy import catalogue
from harness.strategy.notation import parse
from harness.strategy.schedules import schedule
from harness.summary.statistics import quantile, wilson
from harness.text import Rounding, milliseconds, percent

SCRIPT = Path(harness.report.__file__).with_name("playground.js")
COST_MS = 0.3

FIRST = (0.5, 1, 7, 10, 100, 5000)
FACTOR = (1, 1.1, 1.5, 1.7, 2, 3, 5)
CAP = (None, 5, 250, 3000)
LIMIT = (20, 999, 10_000, 120_000)
GRID: list[dict[str, Any]] = [
    {"first": first, "factor": factor, "cap": cap, "limit": limit, "kind": kind, "codes": codes}
    for first, factor, cap, limit in itertools.product(FIRST, FACTOR, CAP, LIMIT)
    for kind, codes in (("within", [5, 32, 33]), ("for", [32]))
    if limit / (cap or limit) <= 1000 and limit / first <= 12_000
]


def spelled(policy: dict[str, Any]) -> str:
    """The sentence of a policy, put together here in the plainest way."""
    cap = f" cap {policy['cap']}ms" if policy["cap"] else ""
    codes = ",".join(map(str, policy["codes"]))
    factor = f" x{policy['factor']}" if policy["factor"] != 1 else ""
    return f"{policy['first']}ms{factor}{cap} {policy['kind']} {policy['limit']}ms on {codes}"


def attempts(sentence: str, code: int, cost_ms: float = COST_MS) -> tuple[float, ...]:
    strategy = parse(sentence).strategy("made")
    return schedule(strategy, code=code, attempt_cost_ms=cost_ms).attempts_ms


def succeeds_at(times: tuple[float, ...], hold: Any, *, ambient: bool = False) -> float:
    """The first attempt that nothing is in the way of: looked for one by one."""
    ends = [math.inf if end is None else end for end in hold[1:]]
    if ambient:  # the best case: gone as soon as the last failed attempt was over
        return next((time for time in times if time > ends[0]), math.inf)
    spans = (
        [(0.0, ends[0]), *itertools.batched(ends[1:], 2)]
        if hasattr(itertools, "batched")
        else [(0.0, ends[0]), *zip(ends[1::2], ends[2::2], strict=True)]
    )
    return next(
        (time for time in times if not any(begin <= time < end for begin, end in spans)), math.inf
    )


def lost(sentence: str, holds: list[Any]) -> int:
    """The number of holds under which it fails."""
    codes = parse(sentence).codes or ()
    return sum(
        hold[0] not in codes or succeeds_at(attempts(sentence, hold[0]), hold) == math.inf
        for hold in holds
    )


def node(work: str, given: Any) -> Any:
    """What JavaScript makes of `given` with the functions of the page."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("no node here; schedules are compared in Chromium too")
    program = f"""
        const page = require({json.dumps(str(SCRIPT))});
        const all = JSON.parse(require("fs").readFileSync(0, "utf8"));
        console.log(JSON.stringify(all.map((given) => ({work}))));
    """
    command = [found, "-e", program]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def expected() -> list[list[float]]:
    return [list(attempts(spelled(policy), policy["codes"][0])) for policy in GRID]


def test_schedules_in_javascript_are_those_of_python(expected: list[list[float]]) -> None:
    assert len(GRID) > 1000
    assert max(map(len, expected)) > 1000
    assert node(f"page.attemptTimes(given, {COST_MS})", GRID) == expected


def test_attempts_without_a_cost_end_at_the_budget_itself() -> None:
    free = [policy for policy in GRID if policy["factor"] in {1, 1.5, 2} and policy["first"] >= 1]
    found = node("page.attemptTimes(given, 0)", free)
    assert found == [list(attempts(spelled(policy), policy["codes"][0], 0.0)) for policy in free]
    assert any(times[-1] == policy["limit"] for policy, times in zip(free, found, strict=True))


def test_schedules_in_chromium_are_those_of_python(
    expected: list[list[float]], made: Made, browser: Browser
) -> None:
    browser.open(made.folder / "playground.html")
    found = browser.run(
        "return arguments[0].map((p) => attemptTimes(p, arguments[1]))", GRID[::9], COST_MS
    )
    assert found == expected[::9]


def test_a_strategy_is_written_in_its_notation() -> None:
    assert node("page.notation(given)", GRID) == [str(parse(spelled(policy))) for policy in GRID]
    assert node("page.notation(given)", [{**GRID[0], "codes": []}]) == [str(parse("plain"))]


def test_where_listing_stops_is_the_same() -> None:
    policy = {**GRID[0], "first": 1, "factor": 1, "cap": None, "limit": 600_000, "kind": "within"}
    [times] = node(f"page.attemptTimes(given, {COST_MS})", [policy])
    assert times == list(attempts(spelled(policy), 5))
    assert len(times) == 10_000


def test_steps_give_the_times_back() -> None:
    times = attempts("10ms x2 cap 100ms for 9s", 5)
    [[*back]] = node("page.expand(given)", [steps(times)])
    assert back == pytest.approx(times, abs=0.0005)
    assert len(steps(times)) < 20, "what repeats is said once"


def made_up_holds() -> list[Any]:
    draws = random.Random(1)
    holds: list[Any] = []
    for _ in range(300):
        times = sorted(round(draws.lognormvariate(4, 2), 3) for _ in range(draws.choice((1, 1, 3, 5))))
        last = [None] if draws.random() < 0.1 else [times[-1]]
        holds.append([draws.choice((5, 32, 33)), *times[:-1], *last])
    return holds


@pytest.mark.parametrize(
    "sentence", ["10ms x2 cap 250ms within 10s on 5,32", "20ms for 500ms on 33", "3,20ms"]
)
def test_success_and_times_are_as_defined(sentence: str) -> None:
    holds, codes = made_up_holds(), list(parse(sentence).codes or ())
    times = attempts(sentence, codes[0])
    reached = [succeeds_at(times, hold) if hold[0] in codes else math.inf for hold in holds]
    given = {"times": [times], "codes": codes, "case": {"holds": holds, "ambient": False}}
    [found] = node(
        "((o) => ({...o, median: String(o.median), p95: String(o.p95)}))"
        "(page.outcome(given.times, given.codes, given.case))",
        [given],
    )
    done = sum(time < math.inf for time in reached)
    assert found["succeeded"] == done
    assert 0 < done < len(holds)
    assert found["interval"] == list(wilson(done, len(holds)))
    assert float(found["median"].replace("Infinity", "inf")) == quantile(reached, 0.5)
    assert float(found["p95"].replace("Infinity", "inf")) == quantile(reached, 0.95)


def test_ambient_holds_have_a_best_and_a_worst_case() -> None:
    holds = [[5, 10.0, 30.0], [5, 10.3, None], [32, 0.0, 1.0]]
    given = [{"times": [[0, 10, 10.3, 20, 30]], "codes": [5], "case": {"holds": holds, "ambient": True}}]
    best = node("page.outcome(given.times, given.codes, given.case, true).succeeded", given)
    worst = node("page.outcome(given.times, given.codes, given.case, false).succeeded", given)
    assert (best, worst) == ([2], [1])
    [median] = node("page.outcome(given.times, given.codes, given.case, true).median", given)
    assert median == 20, "an attempt at the very time of the last failure is that failure"


@pytest.fixture(scope="module")
def cases(made: Made) -> dict[str, Holds]:
    frames = load(made.runs)
    found = {}
    for key in case_keys(frames):
        case = select(frames, **key)
        found["ambient" if case.is_ambient else "injected"] = holds_of(case)
    return found


def test_a_replay_of_the_run_s_own_strategies_gives_what_the_run_recorded(
    made: Made, cases: dict[str, Holds]
) -> None:
    trials = load(made.runs[0]).trials
    holds = cases["injected"]
    assert any(len(row) > 2 for row in holds.holds), "some holds come after a gap"
    for sentence, label in LABELS.items():
        failed = int(((trials["strategy"] == label) & (trials["outcome"] != "ok")).sum())
        assert lost(sentence, holds.holds) == failed, sentence


def test_holds_that_do_not_block_a_call_are_not_waited_for(tmp_path: Path) -> None:
    head, strict, lenient = SHIFTING.split("[[holds]]")
    strict = strict.replace('share = "none"', 'access = "read", share = "r"')
    lenient = (
        lenient.replace('share = "none"', 'access = "read", share = "rwd"')
        .replace("150", "0")
        .replace("= 90", "= 9000")
    )
    profile = f"{head}[[holds]]{strict}[[holds]]{lenient}"
    run = make_run(tmp_path / "scenarios", tmp_path / "results", LABELS, 30, profile)
    frames = load(run)
    both = frames.holds[frames.holds["opened_ms"].notna()].groupby(["trial", "operation"]).size()
    assert (both == 2).any()
    rows = holds_of(select(frames)).holds
    for sentence, label in LABELS.items():
        failed = int(((frames.trials["strategy"] == label) & (frames.trials["outcome"] != "ok")).sum())
        assert lost(sentence, rows) == failed, sentence


def test_each_draw_counts_once(made: Made, cases: dict[str, Holds]) -> None:
    trials = load(made.runs[0]).trials
    holds = cases["injected"]
    assert holds.operations == trials["block"].nunique()
    plain = trials[(trials["strategy"] == LABELS["plain"]) & (trials["outcome"] != "ok")]
    assert holds.held == len(holds.holds) == len(plain)
    assert holds.attempt == COST_MS


def test_ambient_holds_are_those_that_a_strategy_waited_for(made: Made, cases: dict[str, Holds]) -> None:
    frames = load(made.runs[1])
    waiting = frames.trials[frames.trials["strategy"] != LABELS["plain"]]
    holds = cases["ambient"]
    assert holds.operations == len(waiting)
    blocked = waiting[waiting["attempts"] > 1]
    assert holds.held == len(blocked)
    gave_up = sum(row[2] is None for row in holds.holds)
    assert gave_up == int((waiting["outcome"] != "ok").sum())
    assert all(row[2] is None or row[1] < row[2] for row in holds.holds)


def test_many_holds_are_sampled(made: Made) -> None:
    frames = load(made.runs[0])
    case = select(frames)
    holds = holds_of(case, most=10)
    assert len(holds.holds) == 10
    assert holds.held > 10
    assert set(holds.holds) <= set(holds_of(case).holds)


def test_all_strategies_are_there_and_those_for_other_operations_say_so(made: Made) -> None:
    shown = {each["id"]: each["name"] for each in page_data(load(made.runs[0]))["strategies"]}
    assert shown.keys() == catalogue.entries().keys()
    assert shown["bazel-rmdir"].endswith(" (delete)")
    assert shown["cargo-plain"] == f"Cargo: {catalogue.entries()['cargo-plain'].title}"


HELD: dict[str, Any] = {"held": 2, "holds": [[5, 10.0], [5, 30.0]]}


@pytest.mark.parametrize(
    ("held", "codes", "succeeded", "words"),
    [
        ({"held": 0, "holds": []}, [5], 0, "No operation of this case was hit by a hold"),
        ({"held": 3, "holds": []}, [5], 0, "No hold of this case has a known end"),
        (HELD, [32], 0, "deny with 5, which this strategy does not retry: tick it above."),
        (HELD, [5], 0, "over by the last attempt, at 8 ms: a larger budget"),
        (HELD, [5], 1, ""),
    ],
)
def test_an_empty_chart_is_explained(
    held: dict[str, Any], codes: list[int], succeeded: int, words: str
) -> None:
    (said,) = node("page.whyEmpty(...given, 8)", [(held, codes, succeeded)])
    assert (words in said) if words else said == ""


PAIRS = [(k, n) for n in (1, 3, 20, 148, 1000, 98_765) for k in {0, 1, n // 7, n - 1, n} if k <= n]


def test_intervals_in_javascript_have_the_digits_of_python() -> None:
    found = node("page.wilson(...given)", PAIRS)
    assert found == [list(wilson(*pair)) for pair in PAIRS]


def test_quantiles_in_javascript_are_those_of_python() -> None:
    draws = random.Random(2)
    given = [sorted(draws.random() for _ in range(size)) for size in (1, 2, 3, 19, 20, 21, 40, 100, 101)]
    for share in (0.5, 0.95):
        assert node(f"page.quantile(given, {share})", given) == [quantile(each, share) for each in given]


def values() -> list[float]:
    """From fractions of a microsecond to days, and halves that a rule of rounding must decide."""
    draws = random.Random(3)
    found = [10 ** draws.uniform(-5, 8) for _ in range(500)]
    return [*found, 0.0, 0.125, 2.125, 2.5, 99.95, 999.4, 999.5, 1005.0, 2125.0, 99_999.0, 100_500.0]


@pytest.mark.parametrize("rounding", get_args(Rounding))
def test_numbers_in_javascript_are_written_as_in_python(rounding: Rounding) -> None:
    times = values()
    assert node(f'page.milliseconds(given, "{rounding}")', times) == [
        milliseconds(time, rounding) for time in times
    ]
    shares = [share for k, n in PAIRS for share in (k / n, *wilson(k, n))]
    shares += [0.0625, 0.00125, 0.9996, 1e-9]
    assert node(f'page.percent(given, "{rounding}")', shares) == [
        percent(share, rounding) for share in shares
    ]
