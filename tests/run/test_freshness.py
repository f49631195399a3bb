"""Original, unique and warm: which bytes the trials of an ambient case bring to a scanner."""

from __future__ import annotations

import hashlib
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from scenario_lab import LAUNCHER

from harness.payload.prepare import Item, items_of
from harness.platform.emulated.emulated_platform import EmulatedPlatform
from harness.record.read import read_run
from harness.run import freshness, start
from harness.run.clearing import clear_away
from harness.run.freshness import TrialPayloads
from harness.run.options import RunOptions
from harness.run.plan import Case, Trial, cases_of
from harness.run.steps import InstallSite
from harness.run.trial import TrialRun
from harness.run.verify import Verifier
from harness.scenario.load import load_scenario
from harness.strategy import get_strategy

if TYPE_CHECKING:
    from conftest import MakeScenario

    from harness.strategy.file_calls import RenamePrimitive


TREE = """
[[payload]]
kind = "tree"
name = "lib"
[payload.shape]
folders = 3
other = { files = 4, sizes = [0, 10, 20, 30, 40, 50, 60, 70] }
pe = { files = 2, sizes = [2000, 2000, 2000, 2000, 2000, 2000, 2000, 9000] }
[[operations]]
kind = "rename"
to = "store/{name}"
[[operations]]
kind = "place"
to = "site-packages"
"""
AMBIENT = 'schema = 2\ntitle = "Whatever is there"\nambient = {{ freshness = "{}", quiet_ms = {} }}\n'


class Setting:
    """A scenario under one ambient profile, its items, and what a trial of it lays down."""

    def __init__(self, make_scenario: MakeScenario, folder: Path) -> None:
        self.make_scenario = make_scenario
        self.folder = folder
        self.made: list[Item] = []
        (folder / "profiles").mkdir()

    def case(self, kind: str, *, quiet_ms: float = 0, body: str = TREE) -> Case:
        (self.folder / "profiles" / "mine.toml").write_text(AMBIENT.format(kind, quiet_ms))
        loaded = load_scenario(self.make_scenario(body, profiles='["mine"]'))
        strategies = {name: get_strategy(name) for name in ("plain", "exponential")}
        (case,) = cases_of(loaded, strategies, seed=1)
        return case

    def items(self, case: Case) -> list[Item]:
        if not self.made:
            (payload,) = case.loaded.scenario.payload
            self.made += items_of(payload, self.folder / "work", generated=False)
        return self.made

    def payloads(self, case: Case, run: str = "this run") -> TrialPayloads:
        return TrialPayloads(run, {case.loaded.name: self.items(case)}, self.folder / "warm-up")


@pytest.fixture
def setting(make_scenario: MakeScenario, tmp_path: Path) -> Setting:
    return Setting(make_scenario, tmp_path)


def hashes(payloads: TrialPayloads, trial: Trial) -> dict[str, str]:
    """What a trial lays down: the hash of each file, by path."""
    (item,) = payloads.items_of(trial)
    return {file.path: file.sha256 for file in item.files}


def published(setting: Setting, case: Case) -> dict[str, str]:
    (item,) = setting.items(case)
    return {file.path: file.sha256 for file in item.files}


def programs(setting: Setting, case: Case) -> set[str]:
    (item,) = setting.items(case)
    return {file.path for file in item.files if file.is_pe}


def trials(case: Case) -> Iterator[Trial]:
    for number in range(3):
        yield from case.block(number)


def test_original_is_what_everybody_downloads(setting: Setting) -> None:
    case = setting.case("original")
    payloads = setting.payloads(case)
    for trial in trials(case):
        assert hashes(payloads, trial) == published(setting, case)


def test_unique_programs_are_others_in_every_trial_and_other_files_are_the_published_ones(
    setting: Setting,
) -> None:
    case = setting.case("unique")
    payloads, before = setting.payloads(case), published(setting, case)
    found = [hashes(payloads, trial) for trial in trials(case)]
    assert len(found) == 6
    for path, sha256 in before.items():
        if path in programs(setting, case):
            assert len({sha256, *(trial[path] for trial in found)}) == 7
        else:
            assert {trial[path] for trial in found} == {sha256}


def test_a_unique_trial_that_is_run_again_brings_the_same_bytes_and_another_run_brings_others(
    setting: Setting,
) -> None:
    case = setting.case("unique")
    (trial, _) = case.block(0)
    again = [hashes(setting.payloads(case), trial) for _ in range(2)]
    other = hashes(setting.payloads(case, "another run"), trial)
    assert again[0] == again[1]
    for path in programs(setting, case):
        assert other[path] != again[0][path]


def test_warm_programs_are_the_same_in_all_trials_of_a_run_and_in_no_other(setting: Setting) -> None:
    case = setting.case("warm")
    payloads, before = setting.payloads(case), published(setting, case)
    found = [hashes(payloads, trial) for trial in trials(case)]
    assert all(trial == found[0] for trial in found)
    other = hashes(setting.payloads(case, "another run"), next(trials(case)))
    for path, sha256 in before.items():
        different = len({sha256, found[0][path], other[path]})
        assert different == (3 if path in programs(setting, case) else 1)


def test_warm_bytes_were_laid_down_once_before_the_first_trial_and_are_gone_by_then(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    laid_down: list[dict[str, str]] = []

    def look_and_clear(folder: Path) -> None:
        laid_down.append(
            {
                path.relative_to(folder / "0").as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
                for path in folder.rglob("*")
                if path.is_file()
            }
        )
        clear_away(folder)

    monkeypatch.setattr(freshness, "clear_away", look_and_clear)
    case = setting.case("warm")
    payloads = setting.payloads(case)
    found = [hashes(payloads, trial) for trial in trials(case)]
    assert laid_down == [found[0]]
    assert not (setting.folder / "warm-up").exists()


@pytest.mark.parametrize("kind", ["original", "unique"])
def test_nothing_else_is_laid_down_before(setting: Setting, kind: str) -> None:
    case = setting.case(kind)
    payloads = setting.payloads(case)
    in_the_way = setting.folder / "warm-up"
    in_the_way.touch()  # making the folder would fail
    assert all(payloads.items_of(trial) for trial in trials(case))
    assert in_the_way.is_file()


@pytest.mark.parametrize("kind", ["unique", "warm"])
def test_the_check_accepts_exactly_the_bytes_of_this_trial(setting: Setting, kind: str) -> None:
    case = setting.case(kind)
    trial, other = case.block(0)
    payloads, folder = setting.payloads(case), setting.folder
    (item,), (before,) = payloads.items_of(trial), setting.items(case)
    item.write(folder / "new")
    before.write(folder / "published")
    assert Verifier().state(folder / "new", item) == "new"
    assert Verifier().state(folder / "published", item) == "mixed"
    assert Verifier().state(folder / "new", before) == "mixed"
    assert Verifier().state(folder / "published", before) == "new"
    (its,) = payloads.items_of(other)
    assert Verifier().state(folder / "new", its) == ("new" if kind == "warm" else "mixed")


@pytest.mark.parametrize("kind", ["unique", "warm"])
def test_one_wrong_byte_in_an_overlay_is_found(setting: Setting, kind: str) -> None:
    case = setting.case(kind)
    (item,) = setting.payloads(case).items_of(next(trials(case)))
    item.write(setting.folder / "new")
    path = setting.folder / "new" / min(programs(setting, case))
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert Verifier().state(setting.folder / "new", item) == "mixed"


def image_end(content: bytes) -> int:
    """Where the last section of a program ends in its file (Microsoft, "PE Format")."""
    (start,) = struct.unpack_from("<I", content, 0x3C)
    assert content[start : start + 4] == b"PE\0\0"
    (count,) = struct.unpack_from("<H", content, start + 6)
    (optional_size,) = struct.unpack_from("<H", content, start + 20)
    table = start + 24 + optional_size
    end: int = max(
        sum(struct.unpack_from("<II", content, table + 40 * number + 16)) for number in range(count)
    )
    assert 0 < end <= len(content)
    return end


@pytest.mark.parametrize("kind", ["unique", "warm"])
@pytest.mark.parametrize("body", [TREE, LAUNCHER])
def test_headers_and_sections_stay_as_they_were_and_no_loader_reads_what_is_new(
    setting: Setting, kind: str, body: str
) -> None:
    case = setting.case(kind, body=body)
    (item,) = setting.payloads(case).items_of(next(trials(case)))
    (before,) = setting.items(case)
    item.write(setting.folder / "new")
    checked = 0
    for file in before.files:
        if file.is_pe:
            old, new = (  # the path of a single file is ``.``
                (folder / file.path).read_bytes() for folder in (before.pristine, setting.folder / "new")
            )
            assert image_end(new) == image_end(old) <= len(old)
            assert new[: image_end(old)] == old[: image_end(old)]
            assert len(new) > len(old)
            checked += 1
    assert checked in {1, 2}


@pytest.mark.parametrize("kind", ["original", "unique", "warm"])
def test_before_each_trial_a_quiet_time_passes(setting: Setting, kind: str) -> None:
    case = setting.case(kind, quiet_ms=60)
    payloads = setting.payloads(case)
    for trial in case.block(0):
        began = time.perf_counter()
        payloads.items_of(trial)
        assert time.perf_counter() - began >= 0.059


def test_where_holds_are_injected_the_bytes_are_the_published_ones_and_nothing_waits(
    make_scenario: MakeScenario, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load_scenario(make_scenario(TREE, profiles='["brief"]'))
    (case,) = cases_of(loaded, {"plain": get_strategy("plain")}, seed=1)
    payloads = setting.payloads(case)
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("it waits"))
    for number in range(20):
        (trial,) = case.block(number)
        assert hashes(payloads, trial) == published(setting, case)
    assert case.freshness is None


class RealTime(EmulatedPlatform):
    """Real files under a virtual clock; every trial writes its bytes anew, as on Windows."""

    is_real_time = True

    def __init__(self) -> None:
        super().__init__()
        self.cannot = {}


@pytest.mark.parametrize("kind", ["original", "unique", "warm"])
@pytest.mark.parametrize("link_mode", ["hardlink", "copy"])
def test_trials_of_each_kind_end_with_their_own_bytes_at_the_destination_and_say_their_kind(
    make_scenario: MakeScenario,
    setting: Setting,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    link_mode: str,
) -> None:
    """A whole run: what is laid down is what is checked, for a rename, a place and a replacement."""
    monkeypatch.setattr(start, "get_platform", lambda _: RealTime())
    setting.case(kind)
    bodies = {"tree": TREE + f'link_mode = "{link_mode}"\n', "file": LAUNCHER + "existing = true\n"}
    loaded = [
        load_scenario(make_scenario(body, name=name, profiles='["mine"]'))
        for name, body in bodies.items()
    ]
    run = read_run(
        start.start(
            loaded, RunOptions(blocks=2, platform="emulated", results=setting.folder / "results", seed=1)
        )
    )
    assert len(run.trials) == 4
    for trial in run.trials:
        assert (trial.outcome, trial.freshness) == ("ok", kind)
        assert {operation.dest_state for operation in trial.operations} == {"new"}


def test_warm_bytes_are_read_before_they_are_deleted(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scanner caches what was opened; what was only written and deleted stays unknown to it."""
    read: list[str] = []
    whole = Path.read_bytes

    def noted(path: Path) -> bytes:
        read.append(path.name)
        return whole(path)

    case = setting.case("warm")
    (trial, *_) = case.block(0)
    items = {case.loaded.name: setting.items(case)}
    payloads = TrialPayloads("run", items, setting.folder / "warm-up")
    monkeypatch.setattr(Path, "read_bytes", noted)
    (item,) = payloads.items_of(trial)
    assert sorted(read) == sorted(Path(file.path).name for file in item.files)
    assert not (setting.folder / "warm-up").exists()


def test_each_item_is_laid_down_just_before_its_first_operation(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As installers do: what waits for the others' renames has had its quiet."""
    order: list[str] = []
    platform = RealTime()
    lay_down, rename = InstallSite.lay_down, platform.files.rename

    def laid(site: InstallSite, *arguments: Any, **more: Any) -> None:
        order.append(f"lay {site.item.name}")
        lay_down(site, *arguments, **more)

    def renamed(source: str, target: str, primitive: RenamePrimitive) -> str:
        order.append(f"rename {Path(source).name}")
        return rename(source, target, primitive)

    monkeypatch.setattr(InstallSite, "lay_down", laid)
    monkeypatch.setattr(platform.files, "rename", renamed)
    trees, operations = TREE.split("[[operations]]", 1)
    body = f"{trees}{trees.replace('lib', 'more')}[[operations]]{operations}"
    case = setting.case("original", body=body)
    (trial, *_) = case.block(0)
    items = [
        item
        for payload in case.loaded.scenario.payload
        for item in items_of(payload, setting.folder / payload.name, generated=False)
    ]
    record = TrialRun(trial, items, platform, setting.folder / "trial", run="made").run()
    assert record.outcome == "ok"
    assert order == ["lay lib", "rename lib", "lay more", "rename more"]


def test_the_old_file_of_a_replacement_is_read_and_left_in_quiet_before_the_new_one_is_written(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the scan of the old file would be what is measured."""
    slept: list[tuple[float, bool]] = []
    case = setting.case("original", quiet_ms=300, body=LAUNCHER + "existing = true\n")
    (trial, *_) = case.block(0)
    folder = setting.folder / "trial"
    run = TrialRun(trial, setting.items(case), RealTime(), folder, run="made")

    def sleep(seconds: float) -> None:
        slept.append((seconds, any(".tmp-" in path.name for path in folder.rglob("*"))))

    monkeypatch.setattr("harness.run.trial.time.sleep", sleep)
    assert run.run().outcome == "ok"
    assert slept == [(0.3, False)]
