"""``pytest --held-every``: each call on files fails once, in a run of its test of its own.

A test runs undisturbed first, and the calls that the code under test makes are noted: one for each kind
of call and each place in the code. Then the test runs again for each of them, and that call fails as if
its file were held. `harness.testing.finding` judges what the code makes of it.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from _pytest.runner import runtestprotocol

from harness.testing.finding import Finding, Judged, add_finding, judge, read_findings, report_lines
from harness.testing.folders import Folders
from harness.testing.refused_call import CallPlace, Watched
from harness.testing.watch import listening, not_listening

if TYPE_CHECKING:
    from harness.file_tree import Tree

_OUTPUT: Final = "held_every"


class EveryCall:
    """The plugin of one process: runs tests again, and tells what was found."""

    def __init__(self, config: pytest.Config, seed: int) -> None:
        self._config = config
        self._seed = seed
        self._budget: int | None = config.getoption("held_budget")
        journal = config.getoption("held_journal")
        self._journal = Path(journal) if journal else None
        self._known = {each.key: each for each in read_findings(self._journal)} if self._journal else {}
        self._found: list[Finding] = []
        self._watched: Watched | None = None
        self._temporary = Path()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        """Run a test, and again for each of its calls."""
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        undisturbed = Watched(item.path)
        reports = self._run(item, nextitem, undisturbed)
        for report in reports:
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        if all(report.passed for report in reports):
            for place in self._chosen(item.nodeid, list(undisturbed.places)):
                self._note(self._tried(item, nextitem, undisturbed.after, place))
        return True

    def _chosen(self, test: str, places: list[CallPlace]) -> Iterator[CallPlace]:
        """Yield the places to try; what the journal has of them is taken from there."""
        if self._budget is not None and len(places) > self._budget:
            drawn = random.Random(f"{self._seed}/{test}").sample(places, self._budget)
            places = [place for place in places if place in drawn]
        for place in places:
            known = self._known.get((test, *place))
            if known is None:
                yield place
            else:
                self._found.append(known)

    def _tried(
        self, item: pytest.Item, nextitem: pytest.Item | None, undisturbed: Tree, place: CallPlace
    ) -> Finding:
        """Let one call fail in a run of its test, and judge that."""
        watched = Watched(item.path, place)
        failed = [report for report in self._run(item, nextitem, watched) if report.failed]
        judged = _judged(watched, failed, undisturbed)
        if judged.verdict == "claims success" and not failed:
            again = Watched(item.path)  # what differs between undisturbed runs, too, says nothing
            self._run(item, nextitem, again)
            same = dict(undisturbed.items() & again.after.items())
            judged = _judged(watched, failed, same)
        call, site = place
        return Finding(
            test=item.nodeid, call=call, site=site, verdict=judged.verdict, details=judged.details
        )

    def _run(
        self, item: pytest.Item, nextitem: pytest.Item | None, watched: Watched
    ) -> list[pytest.TestReport]:
        """Run a test with its fixtures; what it leaves in its own temporary folder goes after them."""
        with tempfile.TemporaryDirectory(prefix="held-every-", ignore_cleanup_errors=True) as temporary:
            self._watched, self._temporary = watched, Path(temporary)
            try:
                return runtestprotocol(item, log=False, nextitem=nextitem)
            finally:
                self._watched = None

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Listen while the test itself runs, not its fixtures."""
        watched = self._watched
        if watched is None:
            return (yield)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tempfile, "tempdir", str(self._temporary))
            folders = {"temporary": self._temporary}
            if (tmp_path := getattr(item, "funcargs", {}).get("tmp_path")) is not None:
                folders["tmp_path"] = tmp_path
            watched.begin(Folders(folders))
            try:
                with listening(watched.hear):
                    return (yield)
            except BaseException as error:
                watched.ended_with(error)
                raise
            finally:
                with not_listening():
                    watched.end()

    def _note(self, finding: Finding) -> None:
        self._found.append(finding)
        if self._journal is not None:
            add_finding(self._journal, finding)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand findings of a worker to the controller; a session with bad ones fails."""
        output: dict[str, Any] | None = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[_OUTPUT] = [each.model_dump_json() for each in self._found]
        elif any(each.is_bad for each in self._found) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over the findings of a worker of pytest-xdist."""
        lines = getattr(node, "workeroutput", {}).get(_OUTPUT, [])
        self._found += [Finding.model_validate_json(line) for line in lines]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what was found, the worst first."""
        terminalreporter.section("held files: each call failed once")
        for line in report_lines(self._found):
            terminalreporter.write_line(line)


def _judged(watched: Watched, failed: list[pytest.TestReport], undisturbed: Tree) -> Judged:
    if watched.error is None:
        return Judged("not reached", "the test did otherwise this time")
    message = failed[0].longreprtext.strip().rpartition("\n")[2] if failed else ""
    return judge(
        passed=not failed,
        arrived=watched.arrived,
        message=message,
        existed=watched.existed,
        written=watched.written,
        after=watched.after,
        undisturbed=undisturbed,
    )
