"""What a run measures: what was asked for and can be had here; the rest is left out with its reason."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest
from typing_extensions import override

from harness.errors import InvalidFilesError, InvalidInputError, NotSupportedError
from harness.platform.base import Capability, Platform
from harness.platform.emulated.emulated_platform import EmulatedPlatform
from harness.platform.windows.environment.volumes import find_folder
from harness.record.read import read_run
from harness.run import select as select_module
from harness.run import start
from harness.run.events import Event, LeftOut
from harness.run.options import RunOptions
from harness.run.select import needs, select, with_factors
from harness.scenario.load import load_scenario

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario


FILE = """
[[payload]]
kind = "files"
name = "entry"
sizes = [50]
"""
TREE = """
[[payload]]
kind = "tree"
name = "lib"
shape = { folders = 1, other = { files = 2, sizes = [1, 1, 1, 1, 1, 1, 1, 1] } }
"""
LAUNCHER = '[[payload]]\nkind = "launcher"\nname = "httpx"\nentry_point = "httpx = httpx:main"\n'
REPLACE = '[[operations]]\nkind = "write-replace"\nto = "cache/{file}"\n'
PLACE = '[[operations]]\nkind = "place"\nto = "site"\n'
RENAME = '[[operations]]\nkind = "rename"\nto = "store/{name}"\n'
REMOVE = '[[operations]]\nkind = "remove"\nat = "site-packages"\n'
ADD_RESOURCE = '[[operations]]\nkind = "add-resource"\nto = "Scripts/{file}"\n'
AMBIENT = 'schema = 2\ntitle = "Whatever is there"\nambient = { freshness = "original", quiet_ms = 0 }\n'


class RealTime(EmulatedPlatform):
    """Says that its times are real; what it cannot do is up to the test."""

    is_real_time = True

    def __init__(self, cannot: Mapping[Capability, str] | None = None) -> None:
        super().__init__()
        self.cannot = cannot or {}

    @override
    def find_folder(self, location: str) -> Path:
        return find_folder(location)


def test_an_emulation_leaves_out_what_it_cannot_measure_and_says_why(
    make_scenario: MakeScenario,
) -> None:
    loaded = load_scenario(make_scenario(profiles='["ambient-warm", "brief", "ambient-unique"]'))
    selection = select([loaded], EmulatedPlatform())
    (kept,) = selection.scenarios
    assert list(kept.profiles) == ["brief"]
    assert selection.left_out == [
        "made/ambient-warm: no antivirus takes part in an emulation",
        "made/ambient-unique: no antivirus takes part in an emulation",
    ]


@pytest.mark.parametrize(
    ("body", "factors", "reason"),
    [
        (FILE + REPLACE, '{ path_style = ["plain", "verbatim"] }', "path_style has no effect"),
        (FILE + REPLACE, '{ location = ["%TEMP%"] }', "location has no effect"),
    ],
)
def test_a_scenario_that_an_emulation_cannot_run_at_all_is_refused_with_the_reason(
    make_scenario: MakeScenario, body: str, factors: str, reason: str
) -> None:
    loaded = load_scenario(make_scenario(body, factors=factors, profiles='["brief", "none"]'))
    with pytest.raises(NotSupportedError, match="nothing to run on the emulated platform") as caught:
        select([loaded], EmulatedPlatform())
    for profile in ("brief", "none"):
        assert f"made/{profile}: " in caught.value.message
    assert caught.value.message.count(reason) == 2
    assert "--factor" in str(caught.value.hint)


def test_a_scenario_without_anything_to_measure_goes_and_the_others_stay(
    make_scenario: MakeScenario,
) -> None:
    spelled = make_scenario(FILE + REPLACE, factors='{ path_style = ["verbatim"] }', name="spelled")
    replace = load_scenario(make_scenario(FILE + REPLACE))
    selection = select([load_scenario(spelled), replace], EmulatedPlatform())
    assert [loaded.name for loaded in selection.scenarios] == ["made"]
    assert selection.left_out == ["spelled/none: path_style has no effect on the emulated platform"]


SITUATIONS: dict[str, tuple[str, dict[str, str], set[Capability]]] = {
    "a held child of a directory": (TREE + RENAME, {"object": "child"}, {"open-child-blocks-rename"}),
    "its largest program": (TREE + RENAME, {"object": "largest-pe"}, {"open-child-blocks-rename"}),
    "the directory itself": (TREE + RENAME, {"object": "directory"}, set()),
    "a mapped child": (
        TREE + RENAME,
        {"object": "child", "more": ', section = "image"'},
        {"sections-in-directories"},
    ),
    "a held file that is replaced": (FILE + REPLACE, {"object": "child"}, set()),
    "a folder that a file goes into": (
        FILE + REPLACE,
        {"object": "target-parent"},
        {"target-parent-holds"},
    ),
    "locked bytes": (FILE + REPLACE, {"more": ", byte_range_lock = true"}, {"range-locks"}),
    "a removal that the holder allows": (
        TREE + REMOVE,
        {"object": "child", "share": "rwd"},
        {"deletes-while-open"},
    ),
    "a removal that the holder denies": (TREE + REMOVE, {"object": "child", "share": "rw"}, set()),
    "a removal of what is open for its attributes": (
        TREE + REMOVE,
        {"object": "child", "more": ', access = "attributes"'},
        {"deletes-while-open"},
    ),
    "a classic removal that the holder allows": (
        TREE + REMOVE + '[volume]\ndeletes = "classic"\n',
        {"object": "child", "share": "rwd"},
        set(),
    ),
    "a classic removal before something else": (
        TREE + REMOVE + PLACE + '[volume]\ndeletes = "classic"\n',
        {"object": "child", "share": "rwd"},
        {"names-of-deleted-files"},
    ),
    "a file system": (
        FILE + REPLACE + '[volume]\nfile_system = "refs"\n',
        {},
        {"file-systems"},
    ),
    "another volume": (FILE + REPLACE + '[volume]\nstaging = "other"\n', {}, {"other-volume"}),
    "posix deletes": (FILE + REPLACE + '[volume]\ndeletes = "posix"\n', {}, {"posix-delete"}),
    "a posix removal": (
        TREE + REMOVE + 'primitive = "posix-delete"\n',
        {"object": "child", "share": "r"},
        {"posix-delete"},
    ),
    "a posix rename": (FILE + REPLACE + 'primitive = "posix-rename"\n', {}, {"posix-rename"}),
    "a rename that may become a posix one": (
        FILE + REPLACE + 'primitive = "rust-rename"\n',
        {},
        {"posix-rename"},
    ),
    "tempfile's rename": (FILE + REPLACE + 'primitive = "tempfile-persist"\n', {}, set()),
    "posix renames alone": (
        FILE + REPLACE + '[factors]\nprimitive = ["rust-rename", "posix-rename"]\n',
        {},
        {"posix-rename"},
    ),
    "a program's resources": (
        LAUNCHER + ADD_RESOURCE,
        {},
        {"resources-of-held-programs"},
    ),
    "a location": (FILE + REPLACE + '[factors]\nlocation = ["%TEMP%"]\n', {}, {"location"}),
    "a spelling of paths": (
        FILE + REPLACE + '[factors]\npath_style = ["verbatim"]\n',
        {},
        {"path-style"},
    ),
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_case_needs_just_what_its_calls_and_holds_make_use_of(
    make_scenario: MakeScenario, make_profile: MakeProfile, situation: str
) -> None:
    body, hold, needed = SITUATIONS[situation]
    make_profile("hold", 5, **hold)
    loaded = load_scenario(make_scenario(body, profiles='["hold"]'))
    assert set(needs(loaded.scenario, loaded.profiles["hold"])) == needed
    unable: dict[Capability, str] = {name: f"it lacks {name}" for name in needed}
    if needed:
        with pytest.raises(NotSupportedError, match="made/hold: it lacks "):
            select([loaded], RealTime(unable))
    able: dict[Capability, str] = {
        name: "not here" for name in get_args(Capability) if name not in unable
    }
    assert select([loaded], RealTime(able)).left_out == []


def test_a_primitive_that_is_one_of_several_is_left_out_alone(make_scenario: MakeScenario) -> None:
    body = FILE + REPLACE + '[factors]\nprimitive = ["move-replace", "posix-rename"]\n'
    loaded = load_scenario(make_scenario(body, profiles='["brief"]'))
    for profiles in ([], ["brief"]):
        found = select([loaded], RealTime({"posix-rename": "it has none"}), profiles=profiles)
        assert found.left_out == ["made primitive=posix-rename: it has none"]
        assert [left.scenario.factors.primitive for left in found.scenarios] == [["move-replace"]]


def test_ambient_cases_need_a_machine_that_brings_something(
    make_scenario: MakeScenario,
) -> None:
    loaded = load_scenario(make_scenario(profiles='["ambient-original"]'))
    assert set(needs(loaded.scenario, loaded.profiles["ambient-original"])) == {"ambient"}


def test_profiles_that_are_named_are_refused_and_not_just_left_out(make_scenario: MakeScenario) -> None:
    loaded = load_scenario(make_scenario(profiles='["brief"]'))
    with pytest.raises(NotSupportedError, match="made/ambient-original: no antivirus") as caught:
        select([loaded], EmulatedPlatform(), profiles=["brief", "ambient-original"])
    assert "made/brief" not in caught.value.message


def test_named_profiles_replace_those_of_the_scenario(make_scenario: MakeScenario) -> None:
    loaded = load_scenario(make_scenario(profiles='["brief", "none"]'))
    (kept,) = select([loaded], EmulatedPlatform(), profiles=["permanent", "none"]).scenarios
    assert list(kept.profiles) == ["permanent", "none"]


def test_a_named_profile_is_looked_for_beside_the_scenario_too(
    make_scenario: MakeScenario, make_profile: MakeProfile
) -> None:
    make_profile("mine", 7)
    loaded = load_scenario(make_scenario())
    (kept,) = select([loaded], EmulatedPlatform(), profiles=["mine"]).scenarios
    assert kept.profiles["mine"].title == "A profile made by a test"


def test_a_profile_that_does_not_exist_is_refused_with_the_names_there_are(
    make_scenario: MakeScenario,
) -> None:
    loaded = load_scenario(make_scenario())
    with pytest.raises(InvalidInputError) as caught:
        select([loaded], EmulatedPlatform(), profiles=["ambient"])
    assert caught.value.message == "--profile: no profile is called 'ambient'"
    assert "Available: ambient-original" in (caught.value.hint or "")
    with pytest.raises(
        InvalidInputError, match=r"(?s)2 mistakes.*'ambient'.*'brif'\. Did you mean brief"
    ):
        select([loaded], EmulatedPlatform(), profiles=["ambient", "none", "brif"])


@pytest.mark.parametrize(
    ("hold_ms", "lasts"), [(5_001, "up to 5 s"), (60_000, "up to 60 s"), (None, "forever")]
)
def test_in_real_time_long_holds_run_only_when_asked_for(
    make_scenario: MakeScenario, make_profile: MakeProfile, hold_ms: float | None, lasts: str
) -> None:
    make_profile("long", hold_ms)
    make_profile("short", 5_000)
    loaded = load_scenario(make_scenario(profiles='["long", "short"]'))

    def kept(platform: Platform, **options: Any) -> list[str]:
        return list(select([loaded], platform, **options).scenarios[0].profiles)

    assert kept(RealTime()) == ["short"]
    assert select([loaded], RealTime()).left_out == [
        f"made/long: its holds last {lasts}; --long-holds runs it"
    ]
    assert kept(RealTime(), long_holds=True) == ["long", "short"]
    assert kept(RealTime(), profiles=["long"]) == ["long"]
    assert kept(EmulatedPlatform()) == ["long", "short"]


def test_what_cannot_be_measured_is_no_matter_of_patience(
    make_scenario: MakeScenario, make_profile: MakeProfile
) -> None:
    make_profile("locks", None, more=", byte_range_lock = true")
    loaded = load_scenario(make_scenario(FILE + REPLACE, profiles='["locks"]'))
    with pytest.raises(NotSupportedError, match="made/locks: locks stop nothing"):
        select([loaded], RealTime({"range-locks": "locks stop nothing"}), long_holds=True)


def test_the_events_of_a_run_say_what_is_left_out(make_scenario: MakeScenario, tmp_path: Path) -> None:
    loaded = load_scenario(make_scenario(profiles='["none", "ambient-original"]'))
    options = RunOptions(platform="emulated", blocks=1, results=tmp_path / "results")
    events: list[Event] = []
    folder = start.start([loaded], options, events.append)
    left_out = [event.reason for event in events if isinstance(event, LeftOut)]
    assert left_out == ["made/ambient-original: no antivirus takes part in an emulation"]
    (entry,) = read_run(folder).manifest.scenarios
    assert list(entry.profiles) == ["none"]


# factors


def test_a_factor_replaces_that_of_the_scenario_and_keeps_the_others(
    make_scenario: MakeScenario,
) -> None:
    factors = '{ pause_ms = [0, 1], primitive = ["move-replace"] }'
    loaded = load_scenario(make_scenario(FILE + REPLACE, factors=factors))
    (changed,) = with_factors([loaded], {"pause_ms": ["2", "3.5"]})
    assert changed.scenario.factors.pause_ms == [2.0, 3.5]
    assert changed.scenario.factors.primitive == ["move-replace"]
    assert loaded.scenario.factors.pause_ms == [0, 1]
    assert changed.draw_key == loaded.draw_key


def test_a_factor_applies_to_those_scenarios_that_have_such_an_operation(
    make_scenario: MakeScenario,
) -> None:
    place = '[[operations]]\nkind = "place"\nto = "site-packages"\n'
    tree = load_scenario(make_scenario(TREE + place, name="tree"))
    file = load_scenario(make_scenario(FILE + REPLACE, name="file"))
    changed = with_factors([tree, file], {"link_mode": ["copy"]})
    assert [loaded.scenario.factors.link_mode for loaded in changed] == [["copy"], None]


def test_a_factor_that_applies_to_no_scenario_is_refused(make_scenario: MakeScenario) -> None:
    loaded = load_scenario(make_scenario(FILE + REPLACE))
    with pytest.raises(
        InvalidInputError, match="no scenario of this run has an operation of kind place"
    ):
        with_factors([loaded], {"link_mode": ["copy"]})


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("colour", ["red"], "--factor colour: unknown key"),
        ("path_style", ["short"], "--factor path_style: found 'short'; expected 'plain' or 'verbatim'"),
        ("path_style", ["plain", "plain"], "expected a list without repetitions"),
        ("pause_ms", ["soon"], "--factor pause_ms: found 'soon'; expected a number"),
        ("pause_ms", ["-1"], "--factor pause_ms: found '-1'; expected"),
    ],
)
def test_a_factor_that_cannot_be_is_refused_with_what_was_expected(
    make_scenario: MakeScenario, name: str, values: list[str], words: str
) -> None:
    loaded = load_scenario(make_scenario(FILE + REPLACE))
    with pytest.raises(InvalidInputError, match=words) as caught:
        with_factors([loaded], {name: values})
    assert str(caught.value.hint).startswith("The factors are link_mode, ")


@pytest.mark.parametrize(
    ("body", "primitive", "words"),
    [
        (FILE + REPLACE, "replace-file", "'replace-file' where nothing is"),
        (FILE + REPLACE + "existing = true\n", "move", "'move' over an existing file"),
    ],
)
def test_a_primitive_that_windows_refuses_whatever_holds_the_files_is_no_factor(
    make_scenario: MakeScenario, body: str, primitive: str, words: str
) -> None:
    """As in a scenario file; else strategies would be blamed for what none of them can do."""
    loaded = load_scenario(make_scenario(body))
    with pytest.raises(InvalidInputError, match=words):
        with_factors([loaded], {"primitive": ["posix-rename", primitive]})


# Opening a share sends one's credentials, and a scenario may come from a stranger.
ELSEWHERE = [
    r"\\server\share",
    "//server/share",
    r"\\?\UNC\server\share",
    r"\\.\pipe\x",
    r"C:\a\..\\?\b",
    "relative",
    r"..\up",
    "C:relative",
    "/mnt/share",
    "file://server/share",
    "%TEMP%x",
    "~someone",
    "",
]


@pytest.mark.parametrize("location", ELSEWHERE)
def test_a_location_that_is_on_no_volume_of_this_machine_is_refused_in_a_scenario_and_as_an_option(
    make_scenario: MakeScenario, location: str
) -> None:
    written = make_scenario(FILE + REPLACE, factors=f"{{ location = ['{location}'] }}")
    with pytest.raises(InvalidFilesError, match=r"factors\.location\[0\].*a folder on a volume"):
        load_scenario(written)
    loaded = load_scenario(make_scenario(FILE + REPLACE))
    with pytest.raises(InvalidInputError, match=r"--factor location: .*a folder on a volume"):
        with_factors([loaded], {"location": [location]})


@pytest.mark.parametrize("location", ["%TEMP%", r"%LocalAppData%\uv", "~", r"~\x", "D:", r"D:\a b/c"])
def test_a_folder_on_a_volume_is_a_location(make_scenario: MakeScenario, location: str) -> None:
    loaded = load_scenario(make_scenario(FILE + REPLACE, factors=f"{{ location = ['{location}'] }}"))
    assert loaded.scenario.factors.location == [location]


def test_a_location_that_is_no_folder_here_is_said_before_the_first_trial(
    make_scenario: MakeScenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "get_platform", lambda _: RealTime())
    monkeypatch.setenv("NOT_THERE", str(tmp_path / "nothing"))
    loaded = load_scenario(make_scenario(FILE + REPLACE, factors='{ location = ["%TEMP%"] }'))
    options = RunOptions(
        factors={"location": ["%NOT_THERE%"]}, platform="emulated", results=tmp_path / "results"
    )
    reason = "location %NOT_THERE% is not a folder of this machine"
    with pytest.raises(InvalidInputError, match=reason):
        start.start([loaded], options)
    assert not (tmp_path / "results").exists()


class OldVolumes(RealTime):
    """A machine on whose drive E: there are no POSIX renames."""

    @override
    def cannot_in(self, locations: Sequence[str]) -> Mapping[Capability, str]:
        return {"posix-rename": "the volume of E: has none"} if "E:" in locations else {}


def test_what_a_volume_cannot_is_asked_of_the_volumes_that_are_measured(
    make_scenario: MakeScenario,
) -> None:
    """Else a strategy would be blamed for exFAT."""
    factors = {"location": ["C:", "E:"], "primitive": ["move-replace", "posix-rename"]}
    loaded = load_scenario(make_scenario(profiles='["brief"]'))
    (both,) = with_factors([loaded], factors)
    (kept,) = select([both], OldVolumes()).scenarios
    assert kept.scenario.factors.primitive == ["move-replace"]
    (other,) = with_factors([loaded], {**factors, "location": ["C:"]})
    (kept,) = select([other], OldVolumes()).scenarios
    assert kept.scenario.factors.primitive == ["move-replace", "posix-rename"]


def test_a_folder_below_the_home_folder_is_spelled_without_it_however_it_is_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows has a second name for each long one, such as JOHNDO~1; here it is a link."""
    home = tmp_path / "john.doe-of-somewhere"
    (home / "work").mkdir(parents=True)
    try:
        (tmp_path / "JOHNDO~1").symlink_to(home, target_is_directory=True)
    except OSError:
        pytest.skip("no links here")
    monkeypatch.setenv("USERPROFILE" if sys.platform == "win32" else "HOME", str(home))
    for name in ("john.doe-of-somewhere", "JOHNDO~1"):
        assert select_module._without_home(str(tmp_path / name / "work")) == f"~{os.sep}work"
    for elsewhere in (str(tmp_path), "%TEMP%", "~", "Q:\\work", "\\\\server\\share"):
        assert select_module._without_home(elsewhere) == elsewhere
