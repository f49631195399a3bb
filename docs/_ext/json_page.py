"""What commands print with ``--json``, as Markdown: the object of each command, then its parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from model_tables import model_table, reachable, schema_of, title_of

from harness.check.checked import CheckReport
from harness.cli.cache import CacheReport
from harness.cli.doctor import DoctorReport
from harness.cli.list import ReportList, ScenarioList
from harness.diagnose.diagnosis import Diagnosis
from harness.observe.observed import Observed
from harness.platform.self_test.report import SelfTestReport
from harness.predict.overview import Overview, Rankings
from harness.record.seen_rules import RulesReport
from harness.reproduce.bisection import BisectReport
from harness.reproduce.outcome import ReproduceReport
from harness.reproduce.probed import Probed
from harness.strategy.strategy_facts import StrategyList
from harness.summary.model import RunSummary
from harness.summary.run_comparison import RunComparison
from harness.tune.no_data import WithoutData
from harness.tune.tuning import Tuning

OUTPUTS: Final[Mapping[str, type]] = {
    "harness list --json": ScenarioList,
    "harness list --reports --json": ReportList,
    "harness strategies --json": StrategyList,
    "harness predict STRATEGY --json": Overview,
    "harness predict STRATEGY --profile NAME --json": Rankings,
    "harness tune RUN --json": Tuning,
    "harness tune --json": WithoutData,
    "harness show RUN --json": RunSummary,
    "harness compare RUN RUN --json": RunComparison,
    "harness check --json": CheckReport,
    "harness doctor --json": DoctorReport,
    "harness doctor --self-test --json": SelfTestReport,
    "harness rules --json": RulesReport,
    "harness cache --json": CacheReport,
    "harness observe LOG --json": Observed,
    "harness reproduce --json": ReproduceReport,
    "harness reproduce REPORT --bisect --json": BisectReport,
    "harness probe --json -- COMMAND": Probed,
    "harness diagnose --json -- COMMAND": Diagnosis,
}


def json_outputs() -> Iterator[str]:
    """Yield the page, line by line."""
    for command, model in OUTPUTS.items():
        yield f"## `{command}`"
        yield ""
        yield f"Schema {schema_of(model)}. {title_of(model)}"
        yield ""
        yield from model_table(model, defaults=False)
    yield "## Parts"
    yield ""
    parts = dict.fromkeys(part for model in OUTPUTS.values() for part in reachable(model))
    for part in (part for part in parts if part not in OUTPUTS.values()):
        yield f"### {part.__name__}"
        yield ""
        yield title_of(part)
        yield ""
        yield from model_table(part, defaults=False)
