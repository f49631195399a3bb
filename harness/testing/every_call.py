"""``pytest --held-every``: each call on files fails once, in a run of its test of its own.

A test runs undisturbed first, and the calls that the code under test makes are noted: one for each kind
of call and each place in the code. Then the test runs again for each of them, and that call fails as if
its file were held. `harness.testing.finding` judges what the code makes of it. A run that takes much
longer than the undisturbed one is ended.
"""

from __future__ import annotations

import gc
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from _pytest.runner import runtestprotocol

from harness.testing.finding import Finding, Judged, add_finding, judge, read_findings, report_lines
from harness.testing.folders import Folders
from harness.testing.refused_call import CallPlace, Watched
from harness.testing.time_limit import TimeLimit
from harness.testing.watch import listening, not_listening

if TYPE_CHECKING:
    from harness.file_tree import Tree

_OUTPUT: Final = "held_every"
LEAST_LIMIT_S: Final = 10.0
"""A retry after a hold may take seconds, however short the test is without."""
TIMES_AS_LONG: Final = 10


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
        self._given_limit_s: float | None = config.getoption("held_limit")
        self._limit: TimeLimit | None = None
        self._watched: Watched | None = None
        self._temporary = Path()
        self._tmp_paths: list[Path] = []
        self._threads_are_left = False
        self._terminal = os.dup(2)  # before standard error is captured

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        """Run a test, and again for each of its calls."""
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        undisturbed = Watched(item.path)
        began = time.perf_counter()
        reports = self._run(item, nextitem, undisturbed)
        lasted_s = time.perf_counter() - began
        for report in reports:
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        if all(report.passed for report in reports):
            for place in self._chosen(item.nodeid, list(undisturbed.places)):
                limit_s = self._given_limit_s or LEAST_LIMIT_S + TIMES_AS_LONG * lasted_s
                self._note(self._tried(item, nextitem, undisturbed.after, place, limit_s))
                _forget_error()
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
        self,
        item: pytest.Item,
        nextitem: pytest.Item | None,
        undisturbed: Tree,
        place: CallPlace,
        limit_s: float,
    ) -> Finding:
        """Let one call fail in a run of its test, and judge that."""

        def finding(judged: Judged) -> Finding:
            call, site = place
            return Finding(
                test=item.nodeid, call=call, site=site, verdict=judged.verdict, details=judged.details
            )

        def give_up(limit: TimeLimit) -> None:
            self._note(finding(_unending(limit)))
            self._leave(item.nodeid)

        watched, limit = Watched(item.path, place), TimeLimit(limit_s, give_up)
        failed = [report for report in self._run_again(item, nextitem, watched, limit) if report.failed]
        if limit.site is not None:
            self._threads_are_left |= bool(limit.left)
            return finding(_unending(limit))
        judged = _judged(watched, failed, undisturbed)
        if judged.verdict == "claims success" and not failed:
            again = Watched(item.path)  # what differs between undisturbed runs, too, says nothing
            self._run_again(item, nextitem, again, TimeLimit(limit_s, give_up))
            same = dict(undisturbed.items() & again.after.items())
            judged = _judged(watched, failed, same)
        return finding(judged)

    def _run_again(
        self, item: pytest.Item, nextitem: pytest.Item | None, watched: Watched, limit: TimeLimit
    ) -> list[pytest.TestReport]:
        """Run a test within a limit, and remove the folder that pytest made for it."""
        self._limit = limit
        self._tmp_paths.clear()
        try:
            with limit.run():
                return self._run(item, nextitem, watched)
        finally:
            self._limit = None
            for path in self._tmp_paths:
                shutil.rmtree(path, ignore_errors=True)

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

    def _leave(self, test: str) -> None:
        """End the session: code that cannot be interrupted runs on."""
        goes_on = (
            "Run the same again: the journal has it, and goes on after it."
            if self._journal is not None
            else "Run it with --held-journal FILE twice: then it goes on after it."
        )
        text = f"\nheld files: {test} did not end, and cannot be interrupted. {goes_on}\n"
        os.write(self._terminal, text.encode())
        os._exit(pytest.ExitCode.INTERNAL_ERROR)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any]
    ) -> Generator[None, object, object]:
        """Remember the folder that a test was given."""
        made = yield
        if fixturedef.argname == "tmp_path" and isinstance(made, Path):
            self._tmp_paths.append(made)
        return made

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self) -> Generator[None, object, object]:
        """Let the fixtures be interrupted."""
        __tracebackhide__ = True  # pytest shows the test, not this
        with ExitStack() as stack:
            if self._limit is not None:
                stack.enter_context(self._limit.phase())
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Generator[None, object, object]:
        """Let the end of fixtures be interrupted."""
        __tracebackhide__ = True
        with ExitStack() as stack:
            if self._limit is not None:
                stack.enter_context(self._limit.phase())
            return (yield)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Listen while the test itself runs, not its fixtures."""
        __tracebackhide__ = True
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
                with ExitStack() as stack:
                    if self._limit is not None:
                        stack.enter_context(self._limit.phase())
                    stack.enter_context(listening(watched.hear))
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

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """End at once where threads are left that Python would wait for."""
        if self._threads_are_left:
            session = config.pluginmanager.get_plugin("session")
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(int(getattr(session, "exitstatus", pytest.ExitCode.TESTS_FAILED)))


def _forget_error() -> None:
    """Let files be closed that the frames of an error keep open: the next test may count them."""
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        vars(sys).pop(name, None)
    gc.collect()


def _unending(limit: TimeLimit) -> Judged:
    return Judged("did not end", f"the test still ran after {limit.seconds:.3g} s, at {limit.site}")


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
